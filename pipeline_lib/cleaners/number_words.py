"""Numbers that are written in words, as digits."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.misspellings import misheard, missing_or_mistaken, split, swapped_or_doubled
from pipeline_lib.cleaners.phrase_index import FirstWords

Numbers = dict[int, list[str]]

OTHER_NUMBER = "#"
"""Stands for a number that is not from 0 to 99."""

_TENS_APART_FROM_UNIT = "[2-9]0 [^ ]+ (?:[^ ]+ )?n?[1-9] "
_LARGER = "nl"
_TEN = 10
"""From here on a number is an age."""
_SHORT = 4
"""From this many letters on, a word is recognized after a slip."""


class NumberWordsFile(DataFile):
    """How numbers are said in one language, as `data/numbers_<language>.toml` has it."""

    units: Numbers
    tens: Numbers
    """Round numbers that a unit can follow."""
    whole: Numbers = Field(default_factory=dict)
    """Numbers from 10 that no unit follows."""
    joined_by: list[str]
    """Words between tens and units."""
    joined_apart: list[str] = Field(default_factory=list)
    """Phrases between tens and units that are not written against them."""
    glued_before: list[str] = Field(default_factory=list)
    glued_after: list[str] = Field(default_factory=list)
    """Words for years that are written against a number, before and after it."""
    unit_may_come_first: bool = False
    larger: list[str]
    """Words for hundreds and thousands: what stands beside them is no age."""


def in_digits(texts: pl.Series, languages: tuple[str, ...]) -> pl.Series:
    """The texts with numbers up to 99 in digits; larger ones are `#`.

    Args:
        texts: Words and digits, with single spaces between them and one at both ends.
        languages: Those whose number words count.
    """
    written, becomes, first_words, rules = _rules(languages)
    present = first_words.present(texts.str.split(" ").explode().drop_nulls().unique())
    phrases = written.gather(present)
    firsts = pl.Series([f" {phrase.split(maxsplit=1)[0]} " for phrase in phrases], dtype=pl.String).unique()
    has_some = texts.str.contains_any(firsts.implode()) | texts.str.contains(_TENS_APART_FROM_UNIT)
    if not has_some.any():
        return texts
    found = texts.filter(has_some).str.replace_all(" ", "  ", literal=True)
    if not phrases.is_empty():
        found = found.str.replace_many(phrases.implode(), becomes.gather(present).implode(), leftmost=True)
    found = found.str.replace_all(" +", " ")
    for pattern, digits in rules:
        found = found.str.replace_all(pattern, digits)
    return texts.clone().scatter(has_some.arg_true(), found)


@cache
def _rules(languages: tuple[str, ...]) -> tuple[pl.Series, pl.Series, FirstWords, list[tuple[str, str]]]:
    """Number words, longest first, with what each becomes (`n20` is a word for 20), and how they make a number."""
    files = [read(DATA_FOLDER / f"numbers_{language}.toml", NumberWordsFile) for language in languages]
    listed = [each for file in files for each in _listed(file)]
    words = [*listed, *_varied(listed), *(each for file in files for each in _run_together(file))]
    found = {f" {word} ": f" {_LARGER} " for file in files for word in file.larger}
    for word, number in words:
        found.setdefault(f" {word.replace(' ', '  ')} ", f" n{number} ")
    for file in files:
        found = dict(_with_years(file)) | found
    units = ((word, number) for word, number in listed if number < _TEN)
    for slip, number in ((slip, number) for word, number in units for slip in _unit_slips(word)):
        found.setdefault(f" {slip} ", f" {slip}  m{number} ")
    for file in files:
        for join, (unit, unit_words) in product(file.joined_by * file.unit_may_come_first, file.units.items()):
            found |= {f" {word}{join} ": f" n{unit}  {join} " for word in unit_words if f" {word}{join} " not in found}
        for join, (unit, unit_words) in product(file.joined_by, file.units.items()):
            found |= {f" {join}{word} ": f" {join} n{unit} " for word in unit_words if f" {join}{word} " not in found}
    joins = "|".join(sorted({join for file in files for join in (*file.joined_by, *file.joined_apart)}))
    first = "".join(sorted({f"{join} |" for file in files if file.unit_may_come_first for join in file.joined_by}))
    any_number = rf"(?:n?\d+|{_LARGER})"
    larger = rf"\b(?:{any_number} (?:(?:{joins}|-) )?)*{_LARGER}\b(?: (?:(?:{joins}) )?{any_number}\b)*"
    rules = [
        (larger, OTHER_NUMBER),
        (rf"\bn([1-9])0 (?:(?:{joins}|-) )?[a-z]+ m([1-9])\b", "$1$2"),
        (r" m[1-9]\b", ""),
        (rf"\bn([1-9])0 (?:{joins}|-) n?([1-9])\b", "$1$2"),
        (rf"\b([2-9])0 (?:(?:{joins}|-) n?|n)([1-9])\b", "$1$2"),
        (r"\bn([2-9])0 n?([1-9])\b", "$1$2"),
        *([(rf"\bn([1-9]) (?:{first})n([1-9])0\b", "$2$1")] if first else []),
        (r"\bn(\d+)\b", "$1"),
    ]
    longest_first = sorted(found.items(), key=lambda each: -len(each[0]))
    written, becomes = (pl.Series(each, dtype=pl.String) for each in zip(*longest_first, strict=True))
    return written, becomes, FirstWords(written), rules


def _listed(file: NumberWordsFile) -> Iterator[tuple[str, int]]:
    for number, words in (file.units | file.tens | file.whole).items():
        yield from ((word, number) for word in words)


def _varied(listed: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """The words after a slip, except those that are then other words: `even` is not a slip for seven."""
    for word, number in listed:
        if len(word) >= _SHORT:
            yield from ((form, number) for form in swapped_or_doubled(word))
        if len(word) > _SHORT:
            yield word[:-1], number
            if number >= _TEN:
                yield from ((form, number) for form in (*missing_or_mistaken(word), *misheard(word), *split(word)))


def _unit_slips(word: str) -> Iterator[str]:
    """What a unit looks like after a slip: it only counts right after tens, where hardly another word stands."""
    slips = (word[:-1], *swapped_or_doubled(word), *missing_or_mistaken(word), *misheard(word))
    return (slip for slip in slips if len(slip) > 2 and slip != "for")  # noqa: PLR2004 - shorter ones are other words


def _run_together(file: NumberWordsFile) -> Iterator[tuple[str, int]]:
    """`labaataniyoshan`, `ishirininatano`, `twentyfive`; and `labaataniyo shan`."""
    for ten, ten_words in file.tens.items():
        yield from ((f"{word}{join}", ten) for word, join in product(ten_words, file.joined_by))
        for unit, unit_words in file.units.items():
            for ten_word, unit_word, join in product(ten_words, unit_words, ["", *file.joined_by]):
                yield f"{ten_word}{join}{unit_word}", ten + unit
                if file.unit_may_come_first and join:
                    yield f"{unit_word}{join}{ten_word}", ten + unit


def _with_years(file: NumberWordsFile) -> Iterator[tuple[str, str]]:
    """`labaatanjir`, `miakaishirini`: what each becomes."""
    for word, number in _listed(file):
        yield from ((f" {word}{years} ", f" n{number}  {years} ") for years in file.glued_after)
        yield from ((f" {years}{word} ", f" {years}  n{number} ") for years in file.glued_before)
