"""What stands beside a word and takes its meaning away: "not a man", "nin ma ihi", "every man"."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, NamedTuple

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read

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


def with_values_cancelled(found: pl.DataFrame, *, reach: int, when_negated: Mapping[str, str]) -> pl.DataFrame:
    """What was found in texts, without the values that a neighbour takes away.

    Args:
        found: In the texts' order: `row` of the text; `value` (null = none); `has_cue`; `start` and `end`, how many
            words stand before the phrase, and with it, all texts counted together; and what a `Canceller` says, false
            where it is none.
        reach: How many words on a negation's side are looked at. What does not negate takes away the word right beside
            it, and none with a cue.
        when_negated: The value that a negated one turns into; without one it has none.

    Returns:
        The rows that keep a value. A canceller that is itself a word of the list loses its own where it takes one away.
    """
    value, negates = pl.col("value"), pl.col("negates")
    linked = (
        found.filter(value.is_not_null() | pl.col("takes_next") | pl.col("takes_previous"))
        .with_columns(
            can_take_previous=pl.col("takes_previous") & _is_near(-1, reach) & _can_be_taken(-1),
            can_take_next=pl.col("takes_next") & _is_near(1, reach) & _can_be_taken(1),
        )
        .with_columns(must_choose=pl.col("can_take_previous") & pl.col("can_take_next") & negates)
        .with_columns(
            previous=pl.col("can_take_previous") & (pl.col("must_choose").not_() | pl.col("previous_first")),
            next=pl.col("can_take_next") & (pl.col("must_choose") & pl.col("previous_first")).not_(),
        )
    )
    taken_by_next = pl.col("previous").shift(-1, fill_value=False)
    taken_by_previous = pl.col("next").shift(1, fill_value=False)
    negated = (taken_by_next & negates.shift(-1)) | (taken_by_previous & negates.shift(1))
    kept = (
        pl.when(pl.col("previous") | pl.col("next"))
        .then(None)
        .when(negated)
        .then(value.replace_strict(when_negated, default=None, return_dtype=pl.String))
        .when(taken_by_next | taken_by_previous)
        .then(None)
        .otherwise(value)
    )
    return linked.with_columns(value=kept).filter(value.is_not_null())


def _is_near(step: Literal[-1, 1], reach: int) -> pl.Expr:
    """Whether the neighbour on that side is of the same text and within reach."""
    here, there = pl.col("row"), pl.col("row").shift(-step)
    between = pl.col("start") - pl.col("end").shift(1) if step < 0 else pl.col("start").shift(-1) - pl.col("end")
    at_most = pl.when("negates").then(reach).otherwise(1)
    return ((here == there) & (between < at_most)).fill_null(value=False)


def _can_be_taken(step: Literal[-1, 1]) -> pl.Expr:
    """Whether the neighbour on that side has a value that may be taken away."""
    has_cue = pl.col("has_cue").shift(-step, fill_value=False)
    return pl.col("value").shift(-step).is_not_null() & (has_cue.not_() | pl.col("negates"))
