import polars as pl

from pipeline_lib.cleaners.place_name_spellings import NameSpellings
from pipeline_lib.cleaners.spelling import prepared_clauses

NAMES = pl.DataFrame(
    {
        "name": ["kakamega", "turkana", "westlands", "lari", "kombani"],
        "part": [None] * 5,
        "whole": ["kakamega", "turkana", "nairobi", "kiambu", "kwale"],
        "is_usual": [True, True, True, True, False],
        "is_sure": [True] * 5,
    },
    schema_overrides={"part": pl.String},
)


def mended(*texts: str, known: tuple[str, ...] = ()) -> list[str]:
    names = NameSpellings(NAMES, pl.Series(known, dtype=pl.String), "exact")
    said = names.mended(prepared_clauses(pl.Series(texts), "exact"))
    return [" ".join(text.split()) for text in said.str.strip_chars(" ,")]


def test_a_name_is_mended_that_sounds_alike_or_has_one_letter_wrong() -> None:
    assert mended("kakemega", "kakamenga", "kakmaega", "tulkana", "turkan", "laree") == [
        *("kakamega", "kakamega", "kakamega", "turkana", "turkana", "laree"),
    ]


def test_two_words_are_mended_that_are_a_name_together() -> None:
    assert mended("west lands", "west, lands", "west lambs") == ["westlands", "west , lands", "west lambs"]


def test_r_stands_for_l_and_s_for_th() -> None:
    names = NAMES.vstack(NAMES.head(1).with_columns(name=pl.lit("thika"), whole=pl.lit("kiambu")))
    spellings = NameSpellings(names, pl.Series([], dtype=pl.String), "exact")
    assert spellings.mended(pl.Series(["  sika  westrands  "])).to_list() == ["  thika  westlands  "]


def test_a_first_word_is_mended_before_the_right_last_word_of_a_name() -> None:
    names = NAMES.head(1).with_columns(name=pl.lit("homabay"), whole=pl.lit("homa bay"))
    said = pl.Series(["  huma  bay  ", "  huma  boy  "])
    spellings = NameSpellings(names, pl.Series([], dtype=pl.String), "exact", ["bay"])
    assert spellings.mended(said).to_list() == ["  homabay  ", "  huma  boy  "]


def test_an_unusual_name_is_mended_in_doubled_letters_only() -> None:
    assert mended("kombanni", "gombani", "kompani") == ["kombani", "gombani", "kompani"]


def test_a_known_word_and_another_consonant_are_no_misspellings() -> None:
    assert mended("turkena", "durkana", "turmana", known=("turkena",)) == ["turkena", "turkana", "turmana"]


def test_a_second_vowel_and_a_final_one_are_too_many_and_a_w_is_a_u() -> None:
    names = pl.DataFrame(
        {"name": ["wajir", "kitui", "marsabet"], "part": [None] * 3, "whole": ["wajir", "kitui", "marsabit"]},
        schema_overrides={"part": pl.String},
    ).with_columns(is_usual=pl.Series([True, True, False]), is_sure=True)
    spellings = NameSpellings(names, pl.Series([], dtype=pl.String), "exact")
    said = pl.Series(["  waijir  kitwi  marsabeti  ", "  wajnir  kitoi  marsobeti  "])
    assert spellings.mended(said).to_list() == ["  wajir  kitui  marsabet  ", said[1]]


def test_a_name_that_is_also_another_word_is_not_known_by_its_beginning() -> None:
    unsure = NAMES.with_columns(is_sure=False)
    spellings = NameSpellings(unsure, pl.Series([], dtype=pl.String), "exact")
    assert spellings.mended(pl.Series(["  kombana  kombanni  "])).to_list() == ["  kombana  kombani  "]
