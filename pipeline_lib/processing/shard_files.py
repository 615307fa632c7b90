"""The files of one shard: what was gathered of its participants, to be merged later, perhaps on another machine.

<name>.arrow        frames as Arrow IPC
labels <n>.arrow    the labels of the project's datasets, which are everybody's: in the first shard's folder alone
facts.json          what was counted, which shard of how many it is, and the other files' checksums

A changed byte may be an error of Polars', as late as somebody asks for that column, or just another value. So checksums
are looked at before anything is read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import DataError, Problem, listed
from pipeline_lib.input_files import data_file, is_input, read_data
from pipeline_lib.model.shard import Shard
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.gather import Gathered
from pipeline_lib.processing.load_inputs import UsableLabels
from pipeline_lib.processing.processed import Origins
from pipeline_lib.processing.raw_lines import FileObjects
from pipeline_lib.processing.selection import Selected

_FACTS = "facts.json"
_REPEATED = ("uid", "dataset", "run_id_field", "scheme_id", "code_id", "coder")
"""Columns in which values repeat, stored as dictionaries (categoricals)."""

_ORIGINS = ("fetched", "translated", "answers", "cuts")


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    shard: Shard
    counts: tuple[StepCount, ...]
    files: tuple[FileObjects, ...]
    undated_count: int
    fields_in_error: tuple[str, ...] | None
    """The raw fields in `in_error`; None where the project does not keep that quirk."""
    label_fields: tuple[str, ...]
    """The raw fields of the datasets whose labels this shard's folder has."""
    label_counts: tuple[StepCount, ...]
    sha256: dict[str, str]
    """Of each other file of the shard, by its name."""


@dataclass(frozen=True)
class _LabelsOnDisk(Mapping[str, pl.DataFrame]):
    """Labels by raw field, read when they are asked for: those of all datasets would be a third of the memory."""

    files: Mapping[str, Path]

    def __getitem__(self, field: str) -> pl.DataFrame:
        return _scan_frame(self.files[field]).collect()

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


class Shards(NamedTuple):
    """What was gathered of all shards; it reads their files as it is used, so they have to stay until then."""

    gathered: list[Gathered]
    labels: UsableLabels


def write_shard(folder: Path, gathered: Gathered, labels: UsableLabels, shard: Shard) -> dict[str, int]:
    """Writes what was gathered of a shard, and returns the number of rows by file."""
    in_error = gathered.in_error
    own_labels = labels if shard.number == 0 else UsableLabels({}, ())
    label_frames = {f"labels {number}": frame for number, frame in enumerate(own_labels.by_field.values(), start=1)}
    rows = {}
    for name, frame in {**_frames(gathered), **label_frames}.items():
        repeated = [column for column in _REPEATED if frame.schema.get(column) == pl.String]
        frame.with_columns(pl.col(repeated).cast(pl.Categorical)).write_ipc(
            folder / f"{name}.arrow", compression="zstd"
        )
        rows[f"{name}.arrow"] = frame.height
    facts = _Facts(
        shard=shard,
        counts=gathered.counts,
        files=gathered.files,
        undated_count=gathered.selected.undated_count,
        fields_in_error=None if in_error is None else tuple(in_error),
        label_fields=tuple(own_labels.by_field),
        label_counts=own_labels.counts,
        sha256={name: _sha256(folder / name) for name in rows},
    )
    (folder / _FACTS).write_text(facts.model_dump_json(), encoding="utf-8")
    return rows


def read_shards(folders: Sequence[Path], fields: Iterable[str]) -> Shards:
    """What was gathered of all shards, in their order.

    Args:
        folders: The shards' folders.
        fields: The raw fields whose labels the project reads.

    Raises:
        DataError: A shard is missing or there twice; files are not as they were written; or the labels of a field are
            missing.
    """
    facts = {folder: _read_facts(folder) for folder in folders}
    changed = [
        folder / name for folder, told in facts.items() for name in told.sha256 if _is_changed(folder, name, told)
    ]
    if changed:
        raise DataError(*map(_changed, changed))
    in_order = sorted(folders, key=lambda folder: facts[folder].shard)
    shards = [facts[folder].shard for folder in in_order]
    count = shards[0].shard_count if shards else 0
    if shards != [Shard(number, count) for number in range(count)]:
        wrong = f"are not a complete set: {', '.join(map(str, shards))}"
        raise DataError(Problem("the shards", wrong, "run `process_shard` again, all of it"))
    first = facts[in_order[0]]
    files = {field: in_order[0] / f"labels {number}.arrow" for number, field in enumerate(first.label_fields, start=1)}
    unknown = [field for field in fields if field not in files]
    if unknown:
        wrong = f"have no labels of {listed(unknown)}, which the config now has"
        raise DataError(Problem("the shards", wrong, "run `process_shard` again, all of it"))
    labels = UsableLabels(_LabelsOnDisk(files), first.label_counts)
    return Shards([_read(folder, facts[folder]) for folder in in_order], labels)


def _frames(gathered: Gathered) -> Mapping[str, pl.DataFrame]:
    selected, origins = gathered.selected, gathered.origins
    in_error = gathered.in_error or {}
    of_origins = {name: getattr(origins, name).collect() for name in _ORIGINS}
    return {
        "messages": selected.messages,
        "participants": selected.participants,
        "waiting": selected.waiting,
        "withdrawn": gathered.withdrawn.alias("uid").to_frame(),
        "senders": gathered.senders.alias("uid").to_frame(),
        "first_places": gathered.first_places,
        "moves": gathered.moves,
        **of_origins,
        "in_error": pl.concat(
            [
                pl.DataFrame(schema={"uid": pl.String, "field": pl.String}),
                *(uids.alias("uid").to_frame().with_columns(field=pl.lit(field)) for field, uids in in_error.items()),
            ]
        ),
    }


def _read_facts(folder: Path) -> _Facts:
    path = folder / _FACTS
    try:
        if is_input(path):
            return _Facts.model_validate_json(read_data(path))
    except ValidationError:
        pass
    raise DataError(_changed(path))


def _is_changed(folder: Path, name: str, facts: _Facts) -> bool:
    return not is_input(folder / name) or _sha256(folder / name) != facts.sha256[name]


def _sha256(path: Path) -> str:
    with data_file(path) as opened:
        return file_digest(opened, "sha256").hexdigest()


def _changed(path: Path) -> Problem:
    wrong = "is gone, or is not as `process_shard` left it"
    return Problem(str(path), wrong, "clear that task of this shard in Airflow to have it made again")


def _scan_frame(path: Path) -> pl.LazyFrame:
    """A frame that is read when it is needed; in its repetitive columns each value is then in memory once."""
    return pl.scan_ipc(path).cast({pl.Categorical: pl.String})


def _read(folder: Path, facts: _Facts) -> Gathered:
    def read(name: str) -> pl.DataFrame:
        return _scan_frame(folder / f"{name}.arrow").collect()

    in_error, fields = read("in_error"), facts.fields_in_error
    return Gathered(
        selected=Selected(read("messages"), read("participants"), read("waiting"), undated_count=facts.undated_count),
        withdrawn=read("withdrawn")["uid"],
        in_error=None if fields is None else {field: in_error.filter(field=field)["uid"] for field in fields},
        senders=read("senders")["uid"],
        first_places=read("first_places"),
        files=facts.files,
        origins=Origins(**{name: _scan_frame(folder / f"{name}.arrow") for name in _ORIGINS}),
        moves=read("moves"),
        counts=facts.counts,
    )
