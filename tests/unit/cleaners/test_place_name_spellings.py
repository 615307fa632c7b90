import polars as pl

from pipeline_lib.cleaners.place_name_spellings import respelt
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


def test_r_stands_for_l_and_s_for_th() -> None:
    names = NAMES.vstack(NAMES.head(1).with_columns(name=pl.lit("thika"), whole=pl.lit("kiambu")))
    assert respelt(pl.Series(["  sika  westrands  "]), names, pl.Series([], dtype=pl.String), "exact").to_list() == [
        "  thika  westlands  "
    ]


def test_a_first_word_is_mended_before_the_right_last_word_of_a_name() -> None:
    names = NAMES.head(1).with_columns(name=pl.lit("homabay"), whole=pl.lit("homa bay"))
    said = pl.Series(["  huma  bay  ", "  huma  boy  "])
    found = respelt(said, names, pl.Series([], dtype=pl.String), "exact", ["bay"])
    assert found.to_list() == ["  homabay  ", "  huma  boy  "]


def test_an_unusual_name_is_mended_in_doubled_letters_only() -> None:
    assert mended("kombanni", "gombani", "kompani") == ["kombani", "gombani", "kompani"]


def test_a_known_word_and_another_consonant_are_no_misspellings() -> None:
    assert mended("turkena", "durkana", "turmana", known=("turkena",)) == ["turkena", "turkana", "turmana"]
