"""sample_messages.csv and impact_messages.csv: what people wrote, by code, without who wrote it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from random import Random
from typing import NamedTuple

import polars as pl

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.tables.rows import Row
from pipeline_lib.model.code_scheme import Code

HEADER = ("Episode", "Code Scheme", "Code", "Message")
MOST_PER_CODE = 100

_IMPACT = ("gratitude", "about_conversation", "impact")


class Privacy(NamedTuple):
    """What a sample may not tell; by default it may tell all."""

    fewest_people: int = 1
    """How many people there must be behind a code's sample. So many messages are drawn at once, since their number
    would say how many there are."""
    hidden: Collection[tuple[str, str]] = ()
    """Keys of codings with a code's string value: codes without a sample, as their number of people is not shown."""


def sample_messages(
    messages: pl.DataFrame,
    episodes: Sequence[Analysed],
    privacy: Privacy,
    individuals: pl.DataFrame | None = None,
) -> Iterator[Row]:
    """Up to a hundred labelled messages of each code of each episode, by chance, and the same ones every time.

    Args:
        messages: The frame of messages.
        episodes: The codings.
        privacy: What may not be told.
        individuals: The frame of individuals, where those of a theme are by people whom it counts: the relevant ones.
    """
    yield HEADER
    yield from _drawn(messages, episodes, privacy, _Draw(lambda _: True, MOST_PER_CODE, individuals))


def impact_messages(messages: pl.DataFrame, episodes: Sequence[Analysed], privacy: Privacy) -> Iterator[Row]:
    """The same of every message that is about the conversation or its effects."""
    yield HEADER
    yield from _drawn(messages, episodes, privacy, _Draw(lambda code: code.string_value in _IMPACT, None, None))


class _Draw(NamedTuple):
    is_wanted: Callable[[Code], bool]
    most: int | None
    """Messages of a code; None: all."""
    individuals: pl.DataFrame | None
    """Where themes are of relevant people alone, all people."""


def _drawn(messages: pl.DataFrame, episodes: Sequence[Analysed], privacy: Privacy, draw: _Draw) -> Iterator[Row]:
    chance = Random(0)  # noqa: S311 - the predecessors' seed, so that their samples can be compared
    for episode in episodes:
        labelled = messages.filter(episode.labelled).select("participant", "text", code=episode.key)
        with_code = labelled.with_row_index("row").explode("code")
        if draw.individuals is not None:
            is_relevant = draw.individuals.select(episode.relevant).to_series().gather(with_code["participant"])
            with_code = with_code.filter(
                is_relevant | ~pl.col("code").is_in([code.string_value for code in episode.themes])
            )
        found = with_code.group_by("code").agg("row", pl.col("participant").n_unique().alias("people"))
        number_of = {code: number for number, code in enumerate(found["code"])}
        for code in filter(draw.is_wanted, episode.codes):
            number = number_of.get(code.string_value)
            if number is None or found["people"][number] < privacy.fewest_people:
                continue
            if (episode.key, code.string_value) in privacy.hidden:
                continue
            rows = found["row"][number]
            count = min(draw.most or rows.len(), rows.len())
            drawn = chance.sample(range(rows.len()), count - count % privacy.fewest_people)
            for text in labelled["text"].gather(rows.gather(drawn)):
                yield [episode.key, episode.coding.code_scheme.name, code.string_value, text or ""]
