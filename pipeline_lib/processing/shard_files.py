"""The files of one shard: what was gathered of its participants, to be merged on a machine that may be another.

<name>.arrow    frames as Arrow IPC
facts.json      what was counted, and which shard of how many it is
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.shard import Shard
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.gather import Gathered
from pipeline_lib.processing.processed import Origins
from pipeline_lib.processing.raw_lines import FileObjects
from pipeline_lib.processing.selection import Selected

_FACTS = "facts.json"


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    shard: Shard
    counts: tuple[StepCount, ...]
    files: tuple[FileObjects, ...]
    undated_count: int
    fields_in_error: tuple[str, ...] | None
    """The raw fields that errors of people are known of; None where the project keeps no such quirk."""


def write_shard(folder: Path, gathered: Gathered, shard: Shard) -> dict[str, int]:
    """Writes what was gathered of a shard, and returns the number of rows by file."""
    in_error = gathered.in_error
    facts = _Facts(
        shard=shard,
        counts=gathered.counts,
        files=gathered.files,
        undated_count=gathered.selected.undated_count,
        fields_in_error=None if in_error is None else tuple(in_error),
    )
    rows = {}
    for name, frame in _frames(gathered).items():
        frame.write_ipc(folder / f"{name}.arrow", compression="zstd")
        rows[f"{name}.arrow"] = frame.height
    (folder / _FACTS).write_text(facts.model_dump_json(), encoding="utf-8")
    return rows


def read_shards(folders: Sequence[Path]) -> list[Gathered]:
    """What was gathered of all shards, in their order.

    Raises:
        DataError: A shard is missing, is there twice, or cannot be read.
    """
    facts = {folder: _read_facts(folder) for folder in folders}
    in_order = sorted(folders, key=lambda folder: facts[folder].shard)
    shards = [facts[folder].shard for folder in in_order]
    count = shards[0].shard_count if shards else 0
    if shards != [Shard(number, count) for number in range(count)]:
        wrong = f"are not all of a whole: {', '.join(map(str, shards))}"
        raise DataError(Problem("the shards", wrong, "run `process_shard` again, all of it"))
    return [_read(folder, facts[folder]) for folder in in_order]


def _frames(gathered: Gathered) -> Mapping[str, pl.DataFrame]:
    selected, origins = gathered.selected, gathered.origins
    in_error = gathered.in_error or {}
    return {
        "messages": selected.messages,
        "participants": selected.participants,
        "waiting": selected.waiting,
        "withdrawn": gathered.withdrawn.alias("uid").to_frame(),
        "senders": gathered.senders.alias("uid").to_frame(),
        "first_places": gathered.first_places,
        "moves": gathered.moves,
        "fetched": origins.fetched,
        "translated": origins.translated,
        "answers": origins.answers,
        "cuts": origins.cuts,
        "in_error": pl.concat(
            [
                pl.DataFrame(schema={"uid": pl.String, "field": pl.String}),
                *(uids.alias("uid").to_frame().with_columns(field=pl.lit(field)) for field, uids in in_error.items()),
            ]
        ),
    }


def _read_facts(folder: Path) -> _Facts:
    try:
        return _Facts.model_validate_json((folder / _FACTS).read_bytes())
    except (OSError, ValidationError):
        raise DataError(Problem(folder.name, "is no shard that can be read", "run its `process_shard` again")) from None


def _read(folder: Path, facts: _Facts) -> Gathered:
    def read(name: str) -> pl.DataFrame:
        return pl.read_ipc(folder / f"{name}.arrow")

    in_error, fields = read("in_error"), facts.fields_in_error
    return Gathered(
        selected=Selected(read("messages"), read("participants"), read("waiting"), undated_count=facts.undated_count),
        withdrawn=read("withdrawn")["uid"],
        in_error=None if fields is None else {field: in_error.filter(field=field)["uid"] for field in fields},
        senders=read("senders")["uid"],
        first_places=read("first_places"),
        files=facts.files,
        origins=Origins(**{name: read(name) for name in ("fetched", "translated", "answers", "cuts")}),
        moves=read("moves"),
        counts=facts.counts,
    )
