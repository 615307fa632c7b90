"""What people write to a dataset: words that its cleaners know, its codes' own words, and what is neither."""

import tomllib
from functools import cache
from random import Random
from typing import NamedTuple

import polars as pl

from pipeline_lib.cleaners.data_files import DATA_FOLDER
from pipeline_lib.cleaners.stop_words import are_stop_words
from pipeline_lib.model.coding_plan import Coding, Dataset
from sandbox.dice import happens, weighted

STOPS = ("STOP", "Stop!", "jooji", "acha", "unsubscribe")

_NOISE = (
    *("ok", "asc", "Hello", "👍", "?", ".", "", " ", "asante sana", "mahadsanid", "nitarudi baadaye", "radio", "=1+1"),
    *("@home", "a;b", "line one\nline two", "x" * 200, "السلام عليكم", '"quoted", twice', "0", "-", "{}", "NULL"),
)
_TALK = (
    *("tunataka", "serikali", "waxaan", "rabaa", "we need", "people", "sana", "kwa sababu", "dadka", "because", "help"),
    *("watoto", "biyo", "shule", "our area", "community", "wazazi", "caafimaad", "in this season", "please", "tu"),
)
_DECORATIONS = {"{}": 60, "{}.": 8, " {} ": 5, "nina {}": 5, "waxaan ahay {}": 5, "{}!!": 3, "I say {}": 5}


class Written(NamedTuple):
    """A text and what it means to whoever reads it."""

    text: str
    coding: int = 0
    """The number of the coding whose code it says."""
    code_id: str | None = None
    """What it says; None: nothing that the coding has a code for."""


class Vocabulary:
    """What people write to one dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self._phrases = [
            (number, phrase, code_id)
            for number, coding in enumerate(dataset.codings)
            for phrase, code_id in _phrases(coding)
        ]
        self._is_talk = not dataset.is_survey

    def text(self, rng: Random) -> Written:
        """Something that somebody may write; a fifth of it means nothing."""
        if not self._phrases or happens(rng, 0.2):
            return Written(rng.choice(_NOISE) if happens(rng, 0.7) else _sentence(rng, ""))
        number, phrase, code_id = rng.choice(self._phrases)
        said = _sentence(rng, phrase) if self._is_talk else weighted(rng, _DECORATIONS).format(phrase)
        said = said.upper() if happens(rng, 0.1) else said
        return Written(said, number, code_id)


def _sentence(rng: Random, phrase: str) -> str:
    before, after = rng.randrange(4), rng.randrange(6)
    return " ".join([*rng.choices(_TALK, k=before), *([phrase] if phrase else []), *rng.choices(_TALK, k=after)])


def _phrases(coding: Coding) -> list[tuple[str, str | None]]:
    """What says one of the coding's normal codes, each with its code, without what would be a wish to stop."""
    said: dict[str, str | None] = {}
    for code in coding.code_scheme.codes:
        if code.is_normal:
            words = (*code.match_values, code.shown_text, code.string_value.replace("_", " "))
            said |= {word: code.code_id for word in words if word.strip()}
    for word, value in _words_of_cleaner(coding.cleaner or ""):
        meant = coding.code_scheme.by_match_value.get(value)
        said.setdefault(word, meant.code_id if meant is not None else None)
    stops = are_stop_words(pl.Series("text", list(said), dtype=pl.String))
    return [(word, code_id) for (word, code_id), is_stop in zip(said.items(), stops, strict=True) if not is_stop]


@cache
def _words_of_cleaner(name: str) -> tuple[tuple[str, str], ...]:
    """The words of the list that a cleaner is named after, each with its value; of others, none."""
    path = DATA_FOLDER / f"{name.replace('.', '_')}.toml"
    if not name or not path.exists():
        return ()
    words = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return tuple((phrase, value) for value, phrases in words.items() for phrase in phrases if phrase.isalpha())
