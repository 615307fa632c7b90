import polars as pl
import pytest

from pipeline_lib.cleaners.data_files import DATA_FOLDER, read
from pipeline_lib.cleaners.stop_words import StopWordsFile, are_stop_words


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", " Stop!! ", "S.T.O.P", "stop stop STOP", "\uff33\uff34\uff2f\uff30", "STOP \U0001f6d1", "jooji",
     "Jooji.", "JOOJI\n", "acha", "Acha SMS", "acha-sms", "Unsubscribe",
     "stop\u2764\ufe0f", "\u270b\U0001f3fd stop", "st\u00f3p", "sto\u0301p", "jooji fadlan",
     "Tafadhali acha", "acha tafadhali"],
)  # fmt: skip
def test_a_stop_word_is_one_in_any_case_punctuation_and_space(text: str) -> None:
    assert are_stop_words(pl.Series([text])).to_list() == [True]


@pytest.mark.parametrize(
    "text", ["", "!!", "stop the war", "ha jooji biyaha", "achari", "nonstop", "no", "maya", "STOP " * 100 + "now"]
)
def test_a_text_that_says_anything_else_is_none(text: str) -> None:
    assert are_stop_words(pl.Series([text])).to_list() == [False]


def test_a_project_adds_words_of_its_own_and_a_text_that_is_not_there_is_not_told() -> None:
    texts = pl.Series(["KA NOQO", None, "stop"])
    assert are_stop_words(texts, ["Ka noqo!"]).to_list() == [True, None, True]
    assert are_stop_words(texts).to_list() == [False, None, True]


def test_every_language_has_its_words_and_none_is_that_of_another() -> None:
    words = read(DATA_FOLDER / "stop_words.toml", StopWordsFile).words
    assert words.keys() == {"english", "somali", "swahili"}
    listed = [word for of_language in words.values() for word in of_language]
    assert len(listed) == len(set(listed))
    assert all(are_stop_words(pl.Series(listed)))
