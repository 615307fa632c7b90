"""Which numbers a change of a project's config or schemes would change, found on an earlier run's raw data and labels.

Nothing is written to the run or to the project's state: the outputs and the tables are made in a folder of this
machine that is then removed.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline_lib.analysis.frames import FOLDER as FRAMES
from pipeline_lib.analysis.table_differences import CellDiffers, compare_tables
from pipeline_lib.config import Project
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.exports.differences import RowsDiffer, compare_csvs
from pipeline_lib.model.coding_plan import CodingMode
from pipeline_lib.model.mode import Mode
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.sources.targets import RAW_DATA
from pipeline_lib.stages.analysis import make_tables
from pipeline_lib.stages.coda_pull import CODED_FILES
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, ProcessResult, make_outputs, named_raw_data
from pipeline_lib.stages.process import OUTPUTS
from pipeline_lib.stages.run_context import ANALYSIS, project_storage
from pipeline_lib.stages.withdrawn import read_withdrawn
from pipeline_lib.storage import Storage
from pipeline_lib.storage.leases import scratch_folder
from pipeline_lib.storage.manifest import TaskManifest, read_manifest

LATEST = "latest"
"""Stands for the run that was processed last."""


@dataclass(frozen=True)
class Difference:
    """What would be otherwise."""

    run: str
    """The run's key."""
    rows: Mapping[str, RowsDiffer]
    """Of the CSVs with a row per message or participant, by file name; only those that differ."""
    cells: Mapping[str, list[CellDiffers]]
    """Of the analysis' tables, likewise."""
    counts: Mapping[str, tuple[int | None, int | None]]
    """What the steps of processing counted before and now, in words; only what differs. None: not counted."""
    files: Mapping[str, tuple[int | None, int | None]]
    """How many rows, or messages, every other file of the outputs had before and has now; only what differs."""

    def __bool__(self) -> bool:
        """Whether anything would be otherwise."""
        return bool(self.rows or self.cells or self.counts or self.files)


def diff(project: Project, run_key: str, user: str) -> Difference:
    """What an earlier run would give if the project were processed again as it is now.

    Args:
        project: The project, with the change.
        run_key: The run's name, or `latest`.
        user: Who asks.

    Raises:
        DataError: There is no such run, it lacks outputs, or its raw data is not what the project now needs.
    """
    storage = project_storage(project)
    before = _processed(storage, run_key)
    quick = replace(project, config=project.config.model_copy(update={"traced_data": False}))
    with _folders(storage, before.key) as old, scratch_folder() as new:
        asked = ProcessRequest(before.part.as_of, user, old.mode)
        made = make_outputs(quick, _inputs(quick, old, storage), new, asked)
        tables = new / ANALYSIS
        tables.mkdir()
        analysis = old.analysis if old.mode is Mode.ALL else None
        if analysis is not None:
            make_tables(quick, new / FRAMES, tables, as_of=before.part.as_of)
        rows = _rows(project, old.outputs, new)
        return Difference(
            run=before.key,
            rows={name: differs for name, differs in rows.items() if differs},
            cells=dict(_cells(analysis, tables)) if analysis is not None else {},
            counts=_differing(in_words(before.part.counts), in_words(made.counts)),
            files=_differing(_row_counts(before.part, rows), _others(made, rows)),
        )


@dataclass(frozen=True)
class _Processed:
    key: str
    part: TaskManifest


@dataclass(frozen=True)
class _Folders:
    raw_data: Path
    coded: Path
    outputs: Path
    analysis: Path | None

    @property
    def mode(self) -> Mode:
        """How much of the outputs the run made."""
        return Mode.ALL if (self.outputs / FRAMES).is_dir() else Mode.AUTO_CODE_ONLY


def _processed(storage: Storage, run_key: str) -> _Processed:
    """The run's part of the manifest that tells of processing."""
    keys = sorted({name.split("/")[1] for name in storage.names("runs")})
    wanted = keys if run_key == LATEST else [key for key in keys if key == run_key]
    found = [_Processed(key, part) for key in wanted for part in _parts(storage, key) if part.task == "process"]
    if not found:
        place = storage.uri_of("runs" if run_key == LATEST else f"runs/{run_key}")
        raise DataError(Problem(place, "no run was processed there", "name one of the runs, or run the project first"))
    return max(found, key=lambda each: each.part.started_at)


def _parts(storage: Storage, key: str) -> tuple[TaskManifest, ...]:
    try:
        return read_manifest(storage, key).tasks
    except DataError:  # another one may do
        return ()


@contextmanager
def _folders(storage: Storage, key: str) -> Iterator[_Folders]:
    names = {name: f"runs/{key}/{name}" for name in (RAW_DATA, CODED_FILES, OUTPUTS, ANALYSIS)}
    missing = [name for name in names if name != ANALYSIS and not storage.exists(names[name])]
    if missing:
        problems = (Problem(storage.uri_of(names[name]), "is not there", "name a run that has it") for name in missing)
        raise DataError(*problems)
    with ExitStack() as local:
        paths = {n: local.enter_context(storage.local_folder(p)) for n, p in names.items() if storage.exists(p)}
        yield _Folders(paths[RAW_DATA], paths[CODED_FILES], paths[OUTPUTS], paths.get(ANALYSIS))


def _inputs(project: Project, old: _Folders, storage: Storage) -> ProcessInputs:
    known = set() if project.config.keeps_predecessor_quirks else read_withdrawn(storage)
    return ProcessInputs(named_raw_data(project, old.raw_data.iterdir(), str(old.raw_data)), old.coded, known)


def _rows(project: Project, old: Path, new: Path) -> dict[str, RowsDiffer]:
    names = project.config.output_filenames
    keys = {names.messages: ("uid", "sent_on"), names.individuals: ("uid",), names.production: ("uid", "sent_on")}
    coded = _columns_of_codes(project)
    return {name: compare_csvs(old / name, new / name, key, coded) for name, key in keys.items()}


def _columns_of_codes(project: Project) -> set[str]:
    """The columns whose codes may be told: none with disclosure control, which releases no number of a few people."""
    analysis = project.config.automated_analysis
    if analysis is not None and analysis.disclosure_control is not None:
        return set()
    columns = set()
    for _, coding in project.plans.codings():
        if coding.mode is CodingMode.SINGLE:
            columns.add(coding.analysis_file_key or "")
            continue
        prefix = f"{coding.analysis_file_key}{coding.key_separator}"
        columns |= {f"{prefix}{code.string_value}" for code in coding.code_scheme.codes}
    return columns


def _cells(old: Path, new: Path) -> Iterator[tuple[str, list[CellDiffers]]]:
    for name in sorted({path.name for folder in (old, new) for path in folder.glob("*.csv")}):
        if not name.startswith("facebook_metrics") and (found := compare_tables(name, old / name, new / name)):
            yield name, found


def _row_counts(part: TaskManifest, rows: Mapping[str, RowsDiffer]) -> dict[str, int]:
    counts = {uri.partition(f"/{OUTPUTS}/")[2]: count for uri, count in part.outputs.items()}
    return _of_files(counts, rows)


def _others(made: ProcessResult, rows: Mapping[str, RowsDiffer]) -> dict[str, int]:
    return _of_files(made.row_counts, rows)


def _of_files(counts: Mapping[str, int], rows: Mapping[str, RowsDiffer]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name not in rows and not name.endswith(".jsonl")}


def _differing(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, tuple[int | None, int | None]]:
    names = dict.fromkeys((*before, *now))
    return {name: (before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)}
