"""loyalty.csv: how many people opted in to just the episodes of each combination."""

from collections.abc import Iterator

from pipeline_lib.analysis.published_numbers import Participation
from pipeline_lib.analysis.tables.rows import Row

HEADER = ("Episode Combination", "Participants")


def loyalty(participation: Participation) -> Iterator[Row]:
    """A row per combination of episodes, the small ones first; people who opted in to none are in no row (Q19)."""
    yield HEADER
    for names, people in zip(participation.combinations, participation.loyalty.cells(), strict=True):
        yield [", ".join(names), people.text]
