"""A person's age, written in digits, in digits and letters that look like digits, or in words."""

from collections.abc import Iterator
from functools import cache
from itertools import product

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.word_list import WordList, build, match
from pipeline_lib.cleaners.word_list_file import WordListFile

Numbers = dict[int, list[str]]

_LOOKALIKES = {"o": "0", "i": "1", "j": "1", "l": "1", "z": "2", "t": "7"}
_OTHER_DIGITS = {chr(first + digit): str(digit) for first in (0x0660, 0x06F0) for digit in range(10)}
_NO_AGE = (
    r"\+?\d(?:[ -]?\d){6,}"  # a phone number, also in groups
    r"|\d+(?:[.,:/-]\d+)+"  # a date, a time, a fraction, a range, thousands
)
_WHOLE_WITH_A_POINT = r"(^|[^\d.,:/-])(\d+)\.0+($|[^\d,:/-])"
"""A whole number as calculators and spreadsheets write it: `23.0`."""

_LOOKS_LIKE_TWO_DIGITS = r"[1-9][0-9oijlzt]|[ijlzt][0-9]"


class NumberWordsFile(DataFile):
    """How numbers are said in one language, as `data/numbers_<language>.toml` has it."""

    units: Numbers
    tens: Numbers
    """Round numbers that a unit can follow."""
    whole: Numbers = Field(default_factory=dict)
    """Numbers from 10 that no unit follows."""
    joined_by: list[str]
    """Words between tens and units."""
    unit_may_come_first: bool = False
    larger: list[str]
    """Words for hundreds and thousands: what stands beside them is no age."""


class DigitsFile(DataFile):
    """What is written against an age in digits without a space, as `data/ages_in_digits.toml` has it."""

    before: list[str]
    after: list[str]


def age_10_to_99(texts: pl.Series, *, languages: tuple[str, ...]) -> pl.Series:
    """The first age from 10 to 99 in each text, null where there is none; one in digits comes before one in words.

    Number words count in the `languages`, digits in any.
    """
    in_digits = _in_digits(texts)
    in_words = match(texts, _number_words(languages))
    return in_digits.zip_with(in_digits.is_not_null(), in_words)


def _in_digits(texts: pl.Series) -> pl.Series:
    lowered = texts.str.normalize("NFKC").str.to_lowercase().str.replace_many({**_OTHER_DIGITS, "'": "", "\u2019": ""})
    with_digits = lowered.set(lowered.str.contains("[0-9]").not_(), None)
    return (
        with_digits.str.replace_all(_WHOLE_WITH_A_POINT, "$1$2$3")
        .str.replace_all(_NO_AGE, " ")
        .str.extract(_digits_pattern())
        .str.replace_many(_LOOKALIKES)
    )


@cache
def _digits_pattern() -> str:
    glued = read(DATA_FOLDER / "ages_in_digits.toml", DigitsFile)
    return rf"\b(?:{'|'.join(glued.before)})?({_LOOKS_LIKE_TWO_DIGITS})(?:{'|'.join(glued.after)})?\b"


@cache
def _number_words(languages: tuple[str, ...]) -> WordList:
    files = [read(DATA_FOLDER / f"numbers_{language}.toml", NumberWordsFile) for language in languages]
    words: dict[str, list[str]] = {}
    for number, phrase in (spoken for file in files for spoken in _spoken_numbers(file)):
        words.setdefault(str(number), []).append(phrase)
    file = WordListFile(
        spelling="exact",
        when_several="first",
        words=words,
        ignored=[phrase for file in files for phrase in _larger_numbers(file)],
    )
    return build(file, place=f"numbers in {', '.join(languages)}")


def _spoken_numbers(file: NumberWordsFile) -> Iterator[tuple[int, str]]:
    for number, words in (file.tens | file.whole).items():
        yield from ((number, word) for word in words)
    for (ten, ten_words), (unit, unit_words) in product(file.tens.items(), file.units.items()):
        for ten_word, unit_word in product(ten_words, unit_words):
            yield ten + unit, f"{ten_word} {unit_word}"
            for between in file.joined_by:
                yield ten + unit, f"{ten_word} {between} {unit_word}"
                if file.unit_may_come_first:
                    yield ten + unit, f"{unit_word} {between} {ten_word}"


def _larger_numbers(file: NumberWordsFile) -> Iterator[str]:
    rounds = [word for words in (file.tens | file.whole).values() for word in words]
    for larger, number in product(file.larger, rounds):
        yield f"{larger} {number}"
        yield f"{number} {larger}"
        yield from (f"{larger} {between} {number}" for between in file.joined_by)
