"""sample_messages.csv and impact_messages.csv: what people wrote, by code, without who wrote it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from random import Random
from typing import NamedTuple

import polars as pl

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.frames import Frames
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


def sample_messages(messages: pl.DataFrame, episodes: Sequence[Analysed], privacy: Privacy) -> Iterator[Row]:
    """Up to a hundred labelled messages of each code of each episode, by chance, and the same ones every time."""
    yield HEADER
    yield from _drawn(messages, episodes, lambda _: True, MOST_PER_CODE, privacy)


def without_themes_of_the_partly_reviewed(frames: Frames, episodes: Sequence[Analysed]) -> pl.DataFrame:
    """The messages, of which those have a theme whose senders a table counts under it: the relevant ones."""
    partly = frames.individuals.select(each.partly_reviewed.alias(each.key) for each in episodes)
    senders = frames.messages["participant"]
    return frames.messages.with_columns(
        pl.when(partly[each.key].gather(senders)).then(each.without_themes).otherwise(each.key).alias(each.key)
        for each in episodes
    )


def impact_messages(messages: pl.DataFrame, episodes: Sequence[Analysed], privacy: Privacy) -> Iterator[Row]:
    """The same of every message that is about the conversation or its effects."""
    yield HEADER
    yield from _drawn(messages, episodes, lambda code: code.string_value in _IMPACT, None, privacy)


def _drawn(
    messages: pl.DataFrame,
    episodes: Sequence[Analysed],
    is_wanted: Callable[[Code], bool],
    most: int | None,
    privacy: Privacy,
) -> Iterator[Row]:
    chance = Random(0)  # noqa: S311 - the predecessors' seed, so that their samples can be compared
    for episode in episodes:
        labelled = messages.filter(episode.labelled).select("participant", "text", code=episode.key)
        with_code = labelled.with_row_index("row").explode("code").group_by("code")
        found = with_code.agg("row", pl.col("participant").n_unique().alias("people"))
        number_of = {code: number for number, code in enumerate(found["code"])}
        for code in filter(is_wanted, episode.codes):
            number = number_of.get(code.string_value)
            if number is None or found["people"][number] < privacy.fewest_people:
                continue
            if (episode.key, code.string_value) in privacy.hidden:
                continue
            rows = found["row"][number]
            count = min(most or rows.len(), rows.len())
            drawn = chance.sample(range(rows.len()), count - count % privacy.fewest_people)
            for text in labelled["text"].gather(rows.gather(drawn)):
                yield [episode.key, episode.coding.code_scheme.name, code.string_value, text or ""]
