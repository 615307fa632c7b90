import polars as pl
import pytest

from pipeline_lib.cleaners.phrase_index import FirstWords, PhraseIndex

INDEX = PhraseIndex({"kin": ["my *", "*kayg*"], "age": ["years old", "jir*"], "dash": ["-"]})


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        (" my son ", ["kin"]),
        (" wiilkayga ", ["kin"]),
        (" 25 years ", ["age"]),
        (" 25 jirka ", ["age"]),
        (" my 25 - ", ["kin", "dash"]),
        (" old 25 ", []),
        (" ", []),
    ],
)
def test_a_text_may_hold_phrases_of_the_lists_whose_words_it_has(text: str, lists: list[str]) -> None:
    beside_another = INDEX.bits_of_texts(pl.Series(["jir", text]))
    assert beside_another.to_list() == [INDEX.mask(["age"]), INDEX.mask(lists)]


def test_phrases_are_present_by_their_first_word_in_the_order_in_which_they_were_given() -> None:
    phrases = FirstWords(pl.Series([" twenty  five ", " five ", " twenty "]))
    said = [["five", "twenty", "other"], ["five"], []]
    assert [phrases.present(pl.Series(words, dtype=pl.String)).to_list() for words in said] == [[0, 1, 2], [1], []]
