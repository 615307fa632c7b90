"""Makes the outputs from raw data and labels, and publishes them as a whole."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline_lib.config import Project
from pipeline_lib.config.source_names import source_names
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import is_there, read_data, unzipped
from pipeline_lib.model.mode import Mode
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.newest_record import newest_received
from pipeline_lib.sources.targets import raw_data_file_name
from pipeline_lib.stages.outputs import (
    ProcessInputs,
    ProcessRequest,
    ProcessResult,
    group_file_names,
    make_outputs,
    raw_data_names,
)
from pipeline_lib.stages.process_inputs import read_process_inputs
from pipeline_lib.stages.run_context import Run, TaskReport, project_storage, reporting, task_report
from pipeline_lib.stages.withdrawn import read_withdrawn, remember_withdrawn
from pipeline_lib.storage import Located, storage_at
from pipeline_lib.storage.manifest import NewestRecord, TaskManifest
from pipeline_lib.trace.object_arrays import lines_of_array

OUTPUTS = "Outputs"

_LOG = logging.getLogger(__name__)


def process(run: Run, raw_data: Sequence[str], coded: str, mode: Mode = Mode.ALL, shards: Sequence[str] = ()) -> str:
    """The URI of the outputs' folder.

    Args:
        run: The run.
        raw_data: URIs of the raw data files, of every source.
        coded: URI of the folder of Coda files.
        mode: How much of the outputs to make.
        shards: URIs as `all_shards` gives them; empty: everybody is processed at once.

    Raises:
        ConfigError: A code scheme lacks what a step needs.
        DataError: Raw data or labels are broken; the earlier outputs stay.
    """
    name = f"{run.folder}/{OUTPUTS}"
    starts_at = run.project.config.starts_at
    if run.as_of is not None and run.as_of <= starts_at:  # such as in a backfill that reaches back too far
        began = starts_at.isoformat(timespec="minutes")
        _LOG.warning("No message counts yet: the run's as-of time is not after ProjectStartDate (%s)", began)
    with task_report(run, "process") as report, ExitStack() as local:
        inputs, report.inputs = read_process_inputs(run, local, raw_data, coded, shards)
        with run.storage.publish_folder(name) as outputs:
            made = make_outputs(run.project, inputs, outputs, ProcessRequest(run.as_of, run.user, mode))
            _tell(report, made, run.storage.uri_of(name), outputs)
            report.newest_records = tuple(_newest_records(run, inputs.raw_data))
            if not run.project.config.keeps_predecessor_quirks:
                remember_withdrawn(run.storage, made.withdrawn)
    return run.storage.uri_of(name)


def process_alone(
    project: Project, folders: tuple[Path, Path], outputs: Located, asked: ProcessRequest
) -> tuple[StepCount, ...]:
    """Makes outputs from a folder of raw data and one of labels, and writes `<outputs>.manifest.json` beside them.

    The raw data may also be that of pipelines from before 2020: an array of objects, in `.json` or `.json.gz`.

    Returns:
        What the steps counted.

    Raises:
        PipelineError: As `process`.
    """
    storage, name = outputs
    raw_data, coded = folders
    if not coded.is_dir():
        raise DataError(Problem(str(coded), "is no folder", "if nothing is labelled yet, give an empty folder"))

    def write(part: TaskManifest) -> None:
        before = storage.read_versioned(f"{name}.manifest.json")
        known = part.model_copy(update={"as_of": asked.as_of})
        storage.replace(f"{name}.manifest.json", known.model_dump_json(indent=2).encode(), expected=before)

    with reporting("process", project, asked.user, write) as report, TemporaryDirectory() as lines:
        raw_files = {name: _raw_data_file(raw_data, name, Path(lines)) for name in raw_data_names(project)}
        raw_files |= {name: raw_data / name for name in group_file_names(project)}
        inputs = ProcessInputs(raw_files, coded, _withdrawn(project, raw_data))
        with storage.publish_folder(name) as folder:
            made = make_outputs(project, inputs, folder, asked)
            _tell(report, made, storage.uri_of(name), folder)
    return made.counts


def _raw_data_file(folder: Path, name: str, lines: Path) -> Path:
    """The raw data file of a name; if the folder has only its older array, a file of lines made from that."""
    file = folder / raw_data_file_name(name)
    arrays = (file.with_suffix(suffix) for suffix in (".json", ".json.gz"))
    array = None if is_there(file) else next(filter(is_there, arrays), None)
    if array is None:
        return file
    made = lines / file.name
    made.write_bytes(lines_of_array(unzipped(read_data(array), str(array)), str(array)))
    return made


def _withdrawn(project: Project, raw_data: Path) -> set[str]:
    """Who has withdrawn, by the project's state and by that of the restored archive that the raw data may be in."""
    if project.config.keeps_predecessor_quirks:
        return set()
    known = read_withdrawn(project_storage(project))
    run = raw_data.absolute().parent
    if run.parent.name == "runs":
        known |= read_withdrawn(storage_at(run.parents[1].as_uri()))
    return known


def _newest_records(run: Run, raw_data: Mapping[str, Path]) -> Iterator[NewestRecord]:
    sources = run.project.config.raw_data_sources
    for title, source in zip(source_names(run.project), sources, strict=False):  # the last may be that of groups
        for name in (*source.activation_names, *source.survey_names):
            path = raw_data[name]
            yield NewestRecord(source=title, file=path.name, received_at=newest_received(path, run.as_of))


def _tell(report: TaskReport, made: ProcessResult, uri: str, folder: Path) -> None:
    report.add_folder(uri, folder)
    report.outputs = {f"{uri}/{file}": count for file, count in made.row_counts.items()}
    report.counts = made.counts
    report.quality, report.coding_progress = made.quality, made.coding_progress
