"""Texts that hold no answer: greetings, fillers, and whatever is too short to be one (semantics.md 13 and 14)."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from string import ascii_lowercase
from types import MappingProxyType

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners import age, word_list
from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.registry import clean
from pipeline_lib.cleaners.stop_words import folded
from pipeline_lib.model.noise_filter import NoiseFilter, NoiseWords, Recogniser

Recognise = Callable[[pl.Series], pl.Series]
"""From distinct texts to whether each holds an answer."""

_WITHOUT_WORDS = 2
"""A text of so few letters and digits says nothing by itself."""
_LONGEST_CHARACTERS = 100
"""A longer text says more than a greeting."""
_HALVINGS = 4
"""So often are doubled letters put together: enough for a letter that is said sixteen times."""
_YOUNGEST, _OLDEST = 11, 89


class NoiseFile(DataFile):
    """Words and phrases by language."""

    words: dict[str, list[str]] = Field(min_length=1)
    """What people write that answers no question."""


def are_noise(texts: pl.Series, rules: NoiseFilter, instead: Mapping[str, Recognise] | None = None) -> pl.Series:
    """Whether each text is noise by a project's filter.

    Args:
        texts: Strings without nulls.
        rules: The filter.
        instead: Recognisers by name that take the place of the usual ones.
    """
    is_suspect = texts.str.len_chars() < rules.min_length
    if rules.words:
        said = _said(texts)
        listed = pl.Series(sorted(frozenset[str]().union(*map(packaged_noise, rules.words))), dtype=pl.String)
        is_suspect |= folded(texts).str.len_chars() <= _WITHOUT_WORDS
        is_suspect |= said.is_in(listed.implode()) & (texts.str.len_chars() <= _LONGEST_CHARACTERS)
    suspects = texts.filter(is_suspect).unique()
    for name in rules.unless_recognised_by:
        recognise = (instead or {}).get(name) or recogniser(name)
        suspects = suspects.filter(~recognise(suspects))
    return texts.is_in(suspects.implode())


def recogniser(name: str) -> Recognise:
    """What finds answers in texts, by its name in a noise filter: a cleaner, or one that codes nothing."""
    return _RECOGNISERS.get(name) or partial(_cleaner_finds, name)


@cache
def packaged_noise(words: NoiseWords) -> frozenset[str]:
    """The words and phrases of a list, as `_said` gives texts. Whichever it is, people greet in English too."""
    file = read(DATA_FOLDER / "noise.toml", NoiseFile)
    language = words.removesuffix(".noise")
    return frozenset(_said(pl.Series([*file.words["english"], *file.words[language]])))


def is_of_age(ages: pl.Series) -> pl.Series:
    """Whether each age, as a cleaner gives it or null, is one that the recognisers of ages look for."""
    return ages.cast(pl.Int16).is_between(_YOUNGEST, _OLDEST).fill_null(value=False)


def _said(texts: pl.Series) -> pl.Series:
    """The texts folded, with each letter of the alphabet once where it is said several times: `Okkk!` is ok."""
    said = folded(texts.str.head(_LONGEST_CHARACTERS))
    for _ in range(_HALVINGS):
        said = said.str.replace_many([letter * 2 for letter in ascii_lowercase], list(ascii_lowercase))
    return said


def _cleaner_finds(name: str, texts: pl.Series) -> pl.Series:
    return clean(name, texts).is_not_null()


def _age(texts: pl.Series) -> pl.Series:
    return is_of_age(age.age_10_to_99(texts, languages=("somali", "english", "swahili")))


def _only_yes_no(texts: pl.Series) -> pl.Series:
    is_one_word = texts.str.strip_chars().str.count_matches(r"\s") == 0
    return is_one_word & _cleaner_finds("somali.yes_no", texts)


def _urban_rural(texts: pl.Series) -> pl.Series:
    return word_list.first_value("somali_urban_rural", texts).is_not_null()


_RECOGNISERS: Mapping[str, Recognise] = MappingProxyType(
    {
        Recogniser.AGE: _age,
        Recogniser.AGE_11_TO_89: _age,
        Recogniser.ONLY_YES_NO: _only_yes_no,
        Recogniser.URBAN_RURAL: _urban_rural,
    }
)
