"""What stands beside a word and takes its meaning away: "not a man", "nin ma ihi", "every man"."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.phrases_found import PhrasesFound, of_next, of_previous, words_between

Language = Literal["english", "somali", "swahili"]
Side = Literal["next", "previous"]


class LanguageNegations(DataFile):
    """The words and phrases that negate in one language."""

    next: list[str] = Field(default_factory=list)
    """What negates a word that follows it."""
    previous: list[str] = Field(default_factory=list)
    """What negates a word that it follows."""
    first: Side = "next"
    """Which of the two is negated by what stands in both."""


class NegationsFile(DataFile):
    """How each language negates, as `data/negations.toml` has it."""

    english: LanguageNegations
    somali: LanguageNegations
    swahili: LanguageNegations


class Canceller(NamedTuple):
    """A phrase that takes away the meaning of a word beside it."""

    phrase: str
    takes_next: bool
    takes_previous: bool
    previous_first: bool = False
    negates: bool = True
    """If not, it only shows that the word is not said of the sender."""


def negations(language: Language) -> Iterator[Canceller]:
    """The phrases that negate in a language."""
    listed: LanguageNegations = getattr(_packaged(), language)
    for phrase in dict.fromkeys([*listed.next, *listed.previous]):
        yield Canceller(phrase, phrase in listed.next, phrase in listed.previous, listed.first == "previous")


@cache
def _packaged() -> NegationsFile:
    return read(DATA_FOLDER / "negations.toml", NegationsFile)


def with_values_cancelled(found: PhrasesFound, *, reach: int, when_negated: Mapping[int, int]) -> PhrasesFound:
    """What was found in texts, without the values that a neighbour takes away.

    Args:
        found: The phrases, cues heard; `says` what a `Canceller` does, false where it is none.
        reach: How many words on a negation's side are looked at. What does not negate takes away the word right beside
            it, and none with a cue.
        when_negated: The value that a negated one turns into; without one it has none.

    Returns:
        The phrases that keep a value. A canceller that is itself a word of the list loses its own where it takes one
        away.
    """
    linked = found.only((found.value >= 0) | found.says["takes_next"] | found.says["takes_previous"])
    negates, value = linked.says["negates"], linked.value
    at_most = np.where(negates, reach, 1)
    from_previous = words_between(linked)
    is_near_previous, is_near_next = from_previous < at_most, of_next(from_previous < of_previous(at_most))
    has_value, has_cue = value >= 0, linked.has_cue
    can_take_previous = (
        linked.says["takes_previous"] & is_near_previous & of_previous(has_value) & (negates | ~of_previous(has_cue))
    )
    can_take_next = linked.says["takes_next"] & is_near_next & of_next(has_value) & (negates | ~of_next(has_cue))
    must_choose, previous_first = can_take_previous & can_take_next & negates, linked.says["previous_first"]
    takes_previous = can_take_previous & (~must_choose | previous_first)
    takes_next = can_take_next & ~(must_choose & previous_first)

    negated = of_next(takes_previous & negates) | of_previous(takes_next & negates)
    taken = of_next(takes_previous) | of_previous(takes_next)
    turned = np.full_like(value, -1)
    for said, meant in when_negated.items():
        turned[value == said] = meant
    kept = np.where(negated, turned, np.where(taken, -1, value))
    kept = np.where(takes_previous | takes_next, -1, kept)
    return replace(linked, value=kept).only(kept >= 0)
