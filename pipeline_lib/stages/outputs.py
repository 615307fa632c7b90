"""Makes the outputs of processing from raw data and a folder of labels."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.exports.traced.files import Origin
from pipeline_lib.exports.traced.updates import Signature
from pipeline_lib.input_files import is_there, open_input, reason
from pipeline_lib.model.mode import Mode
from pipeline_lib.model.shard import Shard
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.process import process, process_merged, process_shard
from pipeline_lib.processing.settings import RawFiles
from pipeline_lib.processing.shard_files import write_shard
from pipeline_lib.progress import step
from pipeline_lib.sources.targets import raw_data_file_name
from pipeline_lib.stages.disclosure import read_disclosure_key
from pipeline_lib.stages.exports import exports_of, summarise
from pipeline_lib.stages.notes import write_notes
from pipeline_lib.stages.operator_table import read_operators
from pipeline_lib.stages.settings import processing_settings
from pipeline_lib.storage.manifest import DatasetFacts


class ProcessInputs(NamedTuple):
    """What processing reads."""

    raw_data: Mapping[str, Path]
    """Raw data files by name."""
    coded: Path
    """Folder of the Coda files; a dataset without a file is not labelled yet."""
    withdrawn: Collection[str] = ()
    """Participants known to have withdrawn, in addition to those found in the files."""
    shards: Sequence[Path] = ()
    """Folders of what was gathered of each shard; empty: everybody is processed at once."""


class ProcessRequest(NamedTuple):
    """A request to process."""

    as_of: datetime | None
    """The as-of time; None: everything counts."""
    user: str
    """The person who is responsible for the run."""
    mode: Mode = Mode.ALL
    """How much of the outputs to make."""


@dataclass(frozen=True)
class ProcessResult:
    """The result of processing."""

    row_counts: dict[str, int]
    """Rows or messages, by file."""
    counts: tuple[StepCount, ...]
    """What the steps counted."""
    quality: tuple[DatasetFacts, ...]
    """What became of each dataset's messages, as in quality.csv."""
    coding_progress: tuple[DatasetFacts, ...]
    """What coders have done, as in coding_progress.csv."""
    withdrawn: frozenset[str]
    """Everybody who was found to have withdrawn."""


def make_outputs(project: Project, inputs: ProcessInputs, folder: Path, asked: ProcessRequest) -> ProcessResult:
    """Processes the inputs and writes the requested outputs to a folder.

    Raises:
        ConfigError: A code scheme lacks what a step needs.
        DataError: Raw data or labels are broken, or a raw data file is missing.
    """
    raw_files = _raw_files(project, inputs.raw_data)
    settings = processing_settings(project, asked.as_of)
    disclosure_key = read_disclosure_key(project)
    with step("Processing"):
        if inputs.shards:
            processed = process_merged(inputs.shards, raw_files, settings, inputs.withdrawn)
        else:
            processed = process(raw_files, inputs.coded, settings, inputs.withdrawn)
    signature = Signature(asked.user, asked.as_of or datetime.now(UTC))
    known_fields = frozenset({settings.translation.identity_key, *settings.translation.raw_keys})
    origin = Origin(
        raw_files.activations, inputs.coded, asked.as_of, signature, known_fields, settings.text_limit_bytes
    )
    row_counts: dict[str, int] = {}
    with step("Summing up the datasets"):
        summary = summarise(processed, asked.mode)
    processed = replace(processed, labels={})  # they take much memory, and only the summary needs them
    for export in exports_of(project.config, asked.mode, origin, summary, disclosure_key):
        with step(f"Writing {export.name}") as writing:
            written = export.write(folder, processed)
            writing.row_count = sum(written.values())
        row_counts |= written
    write_notes(project, folder)
    of_datasets = tuple(summary.quality.rows(named=True))
    return ProcessResult(row_counts, processed.counts, of_datasets, summary.progress_rows, processed.withdrawn)


def gather_shard(
    project: Project, inputs: ProcessInputs, folder: Path, shard: Shard, as_of: datetime | None
) -> tuple[dict[str, int], tuple[StepCount, ...]]:
    """Gathers one shard of participants, and writes that to a folder.

    Returns:
        The rows by file, and what the steps counted.

    Raises:
        PipelineError: As `make_outputs`.
    """
    raw_files = replace(_raw_files(project, inputs.raw_data), shard=shard)
    with step(f"Processing shard {shard}"):
        gathered, labels = process_shard(raw_files, inputs.coded, processing_settings(project, as_of), inputs.withdrawn)
    return write_shard(folder, gathered, labels, shard), gathered.counts


def raw_data_file_names(project: Project) -> dict[str, str]:
    """The names of the raw data files that processing reads, by their keys in `ProcessInputs.raw_data`.

    For a group's file both are the same.
    """
    flows = {name: raw_data_file_name(name) for name in raw_data_names(project)}
    return flows | {name: name for name in group_file_names(project)}


def group_file_names(project: Project) -> list[str]:
    """The names of the groups' files that processing reads, each once."""
    return list(dict.fromkeys(name for group in project.plans.groups for name in group.files))


def raw_data_names(project: Project) -> list[str]:
    """The names of a project's raw data files: activations of all sources, then surveys."""
    sources = project.config.raw_data_sources
    activations = [name for source in sources for name in source.activation_names]
    return activations + [name for source in sources for name in source.survey_names]


def named_raw_data(project: Project, paths: Iterable[Path], place: str) -> dict[str, Path]:
    """The raw data files among some paths, by their keys in `ProcessInputs.raw_data`; other files are left out.

    Args:
        project: The project.
        paths: The files, on this machine.
        place: Where they come from, for error messages.

    Raises:
        DataError: Names every file that is missing.
    """
    by_file_name = {path.name: path for path in paths}
    names = raw_data_file_names(project)
    problems = [_missing(f"{place}/{names[name]}") for name in names if names[name] not in by_file_name]
    if problems:
        raise DataError(*problems)
    return {name: by_file_name[names[name]] for name in names}


def _raw_files(project: Project, paths: Mapping[str, Path]) -> RawFiles:
    problems = [problem for name in raw_data_file_names(project) if (problem := _problem(paths[name]))]
    if problems:
        raise DataError(*problems)
    sources = project.config.raw_data_sources
    return RawFiles(
        activations=tuple(paths[name] for source in sources for name in source.activation_names),
        surveys=tuple(paths[name] for source in sources for name in source.survey_names),
        sources=(
            *(source.source_name for source in sources for _ in source.activation_names),
            *(source.source_name for source in sources for _ in source.survey_names),
        ),
        groups={name: paths[name] for name in group_file_names(project)},
        operators=read_operators(project),
    )


def _problem(path: Path) -> Problem | None:
    """Why a file of raw data cannot be read, if it cannot."""
    if not is_there(path) or path.is_dir():
        return _missing(str(path))
    try:
        open_input(path).close()
    except OSError as error:
        return Problem(str(path), *reason(error))
    return None


def _missing(place: str) -> Problem:
    return Problem(place, "this file of raw data does not exist", "fetch it first")
