"""Random samples of what people wrote, by code, without their senders."""

from collections.abc import Callable, Sequence
from random import Random

import polars as pl

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.published_numbers import Sample
from pipeline_lib.model.code_scheme import Code

SizeOf = Callable[[Analysed, Code, int], int]
"""How many messages to draw for an episode's code, given how many there are."""


def draw_samples(
    messages: pl.DataFrame, episodes: Sequence[Analysed], size_of: SizeOf, individuals: pl.DataFrame | None = None
) -> list[Sample]:
    """Random samples of labelled messages for the codes of some episodes; every call draws the same ones.

    Args:
        messages: The frame of messages.
        episodes: The samples come in this order, and within an episode in the scheme's order of codes.
        size_of: How many to draw.
        individuals: The frame of individuals. If it is given, only relevant people's messages are drawn for a
            theme, since a theme counts no others.
    """
    chance, samples = Random(0), []  # noqa: S311 - the predecessors' seed, so that their samples can be compared
    for episode in episodes:
        labelled = messages.filter(episode.labelled).select("participant", "text", code=episode.key)
        with_code = labelled.with_row_index("row").explode("code")
        if individuals is not None:
            is_relevant = individuals.select(episode.relevant).to_series().gather(with_code["participant"])
            is_theme = pl.col("code").is_in([code.string_value for code in episode.themes])
            with_code = with_code.filter(is_relevant | ~is_theme)
        rows_of = dict(with_code.group_by("code").agg("row").iter_rows())
        for code in episode.codes:
            rows = rows_of.get(code.string_value, [])
            size = size_of(episode, code, len(rows))
            if size:
                drawn = chance.sample(range(len(rows)), size)
                texts = labelled["text"].gather([rows[number] for number in drawn])
                samples.append(Sample(episode, code, tuple(text or "" for text in texts)))
    return samples
