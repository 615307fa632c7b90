import polars as pl

from pipeline_lib.cleaners.misspelt import respelt
from pipeline_lib.cleaners.spelling import prepared_clauses

NAMES = pl.DataFrame(
    {
        "name": ["kakamega", "turkana", "westlands", "lari", "kombani"],
        "part": [None] * 5,
        "whole": ["kakamega", "turkana", "nairobi", "kiambu", "kwale"],
        "is_usual": [True, True, True, True, False],
    },
    schema_overrides={"part": pl.String},
)


def mended(*texts: str, known: tuple[str, ...] = ()) -> list[str]:
    said = respelt(prepared_clauses(pl.Series(texts), "exact"), NAMES, pl.Series(known, dtype=pl.String), "exact")
    return [" ".join(text.split()) for text in said.str.strip_chars(" ,")]


def test_a_name_is_mended_that_sounds_alike_or_has_one_letter_wrong() -> None:
    assert mended("kakemega", "kakamenga", "kakmaega", "tulkana", "turkan", "laree") == [
        *("kakamega", "kakamega", "kakamega", "turkana", "turkana", "laree"),
    ]


def test_two_words_are_mended_that_are_a_name_together() -> None:
    assert mended("west lands", "west, lands", "west lambs") == ["westlands", "west , lands", "west lambs"]


def test_an_unusual_name_is_mended_in_doubled_letters_only() -> None:
    assert mended("kombanni", "gombani", "kompani") == ["kombani", "gombani", "kompani"]


def test_a_known_word_and_another_consonant_are_no_misspellings() -> None:
    assert mended("turkena", "durkana", "turmana", known=("turkena",)) == ["turkena", "turkana", "turmana"]
