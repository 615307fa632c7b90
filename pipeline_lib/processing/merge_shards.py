"""Merges what was gathered of each shard of participants: as if everybody had been gathered at once.

Steps that look at one participant at a time give each shard the same rows of its participants as they would give
everybody. What is left to do here: the order between participants, the sums, and what only all objects of a file tell.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import polars as pl

from pipeline_lib.errors import DataError
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.gather import Gathered
from pipeline_lib.processing.processed import Origins
from pipeline_lib.processing.raw_lines import FileObjects
from pipeline_lib.processing.selection import Selected
from pipeline_lib.processing.settings import RawFiles, Settings


def merge_shards(shards: Sequence[Gathered], settings: Settings, raw_files: RawFiles) -> Gathered:
    """What all participants sent and answered.

    Args:
        shards: What was gathered of each shard, all of one project and the same raw data.
        settings: The project's.
        raw_files: The raw data, by which problems are placed.

    Raises:
        DataError: Too many objects of a raw data file cannot be used.
    """
    files = _merged_files(shard.files for shard in shards)
    paths = {path.name: path for path in (*raw_files.activations, *raw_files.surveys)}
    limit = settings.quarantine_share_limit
    problems = [each for file in files for each in file.problems(limit, paths.get(file.file, Path(file.file)))]
    if problems:
        raise DataError(*problems)
    first_places = pl.concat(shard.first_places for shard in shards)
    # Texts that move leave the places of others in the files, and runs of surveys have none: both go by participant.
    goes_by_participant = settings.moves_wrong_scheme or settings.plans.has_surveys_only
    in_order = partial(_in_order, first_places=first_places if goes_by_participant else None)
    with_errors = [shard.in_error for shard in shards if shard.in_error is not None]
    return Gathered(
        selected=_merged_selected([shard.selected for shard in shards], in_order),
        withdrawn=pl.concat(shard.withdrawn for shard in shards).unique(),
        in_error={field: pl.concat(each[field] for each in with_errors) for field in with_errors[0]}
        if with_errors
        else None,
        senders=pl.concat(shard.senders for shard in shards),
        first_places=first_places,
        files=files,
        origins=Origins(
            fetched=pl.concat((shard.origins.fetched for shard in shards), how="diagonal"),
            translated=pl.concat(shard.origins.translated for shard in shards),
            answers=pl.concat(shard.origins.answers for shard in shards),
            cuts=pl.concat(shard.origins.cuts for shard in shards),
        ),
        moves=pl.concat(shard.moves for shard in shards),
        counts=merged_counts([shard.counts for shard in shards]),
    )


def merged_counts(shards: Sequence[Sequence[StepCount]]) -> tuple[StepCount, ...]:
    """The sum of whatever is told with the same facts, step by step."""
    sums: Counter[StepCount] = Counter()
    for each in chain.from_iterable(shards):
        sums[each.model_copy(update={"count": 0})] += each.count
    steps = _steps_in_order(shards)
    in_order = sorted(sums, key=lambda fact: steps.index(fact.step))
    return tuple(fact.model_copy(update={"count": sums[fact]}) for fact in in_order)


def _steps_in_order(shards: Iterable[Sequence[StepCount]]) -> list[str]:
    """The steps as they follow each other, though a shard lacks those that had nothing to count of its people.

    Of a measure that several steps count, readers are told what the last one says.
    """
    sorter = TopologicalSorter[str]()
    for counts in shards:
        steps = list(dict.fromkeys(each.step for each in counts))
        for number, step in enumerate(steps):
            sorter.add(step, *steps[:number])
    return list(sorter.static_order())


def _merged_files(shards: Iterable[Sequence[FileObjects]]) -> tuple[FileObjects, ...]:
    return tuple(
        FileObjects(
            parts[0].file,
            sum(part.object_count for part in parts),
            tuple(sorted(each for part in parts for each in part.set_aside)),
        )
        for parts in zip(*shards, strict=True)
    )


def _in_order(parts: Iterable[pl.DataFrame], first_places: pl.DataFrame | None) -> pl.DataFrame:
    """Messages in the order of the files or, with first places, participant by participant in the order of those."""
    messages = pl.concat(parts)
    if first_places is None:
        return messages.sort("file", "file_row", maintain_order=True)
    placed = messages.join(first_places, on="uid", how="left", maintain_order="left")
    return placed.sort("first_file", "first_row", maintain_order=True).select(messages.columns)


def _merged_selected(
    shards: Sequence[Selected], in_order: Callable[[Iterable[pl.DataFrame]], pl.DataFrame]
) -> Selected:
    dated = in_order(shard.messages.head(shard.messages.height - shard.undated_count) for shard in shards)
    undated = in_order(shard.messages.tail(shard.undated_count) for shard in shards)
    by_first_message = dated.select("uid").unique(maintain_order=True)
    participants = pl.concat(shard.participants for shard in shards)
    return Selected(
        messages=pl.concat([dated, undated]),
        participants=by_first_message.join(participants, on="uid", how="left", maintain_order="left"),
        waiting=pl.concat(shard.waiting for shard in shards).sort("dataset", "uid", "text", "sent_on"),
        undated_count=undated.height,
    )
