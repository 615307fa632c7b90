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
    negates_next: bool = False
    """If not, it only shows that the word is not said of the sender."""
    negates_previous: bool = False
    previous_first: bool = False


def negations(language: Language) -> Iterator[Canceller]:
    """The phrases that negate in a language."""
    listed: LanguageNegations = getattr(_packaged(), language)
    for phrase in dict.fromkeys([*listed.next, *listed.previous]):
        sides = (phrase in listed.next, phrase in listed.previous)
        yield Canceller(phrase, *sides, *sides, previous_first=listed.first == "previous")


@cache
def _packaged() -> NegationsFile:
    return read(DATA_FOLDER / "negations.toml", NegationsFile)


def with_values_cancelled(found: PhrasesFound, *, reach: int, when_negated: Mapping[int, int]) -> PhrasesFound:
    """What was found in texts, without the values that a neighbour takes away.

    Args:
        found: The phrases, with cues assigned; `says` is what a `Canceller` does, false for others.
        reach: How many words on a negation's side are looked at. A canceller that does not negate takes away only the
            word right beside it, and none with a cue.
        when_negated: The value that a negated one turns into; without one it has none.

    Returns:
        The phrases that keep a value. A canceller that is itself a word of the list, without a cue, loses its own value
        if it takes another's away.
    """
    takes_or_means = (found.value >= 0) | found.says["takes_next"] | found.says["takes_previous"]
    # "my *good* mother": what may stand between is not counted
    uncounted = np.cumsum(np.where(found.says["may_be_between"] & ~takes_or_means, found.end - found.start, 0))
    linked = replace(found, start=found.start - uncounted, end=found.end - uncounted).only(takes_or_means)
    value, has_value, has_cue = linked.value, linked.value >= 0, linked.has_cue
    negates_next, negates_previous = linked.says["negates_next"], linked.says["negates_previous"]
    from_previous = words_between(linked)
    is_near_previous = from_previous < np.where(negates_previous, reach, 1)
    is_near_next = of_next(from_previous < of_previous(np.where(negates_next, reach, 1)))
    can_take_previous = linked.says["takes_previous"] & is_near_previous & of_previous(has_value)
    can_take_previous &= negates_previous | ~of_previous(has_cue)
    can_take_next = linked.says["takes_next"] & is_near_next & of_next(has_value) & (negates_next | ~of_next(has_cue))
    must_choose = can_take_previous & can_take_next & negates_next & negates_previous
    takes_previous = can_take_previous & (~must_choose | linked.says["previous_first"])
    takes_next = can_take_next & ~(must_choose & linked.says["previous_first"])

    negated = of_next(takes_previous & negates_previous) | of_previous(takes_next & negates_next)
    taken = of_next(takes_previous) | of_previous(takes_next)
    turned = np.full_like(value, -1)
    for said, meant in when_negated.items():
        turned[value == said] = meant
    kept = np.where(negated, turned, np.where(taken, -1, value))
    kept = np.where((takes_previous | takes_next) & ~has_cue, -1, kept)
    return replace(found.only(takes_or_means), value=kept).only(kept >= 0)
