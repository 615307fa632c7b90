"""Raw data and labels to the CSVs, Coda files and samples."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline_lib.config import Project
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.exports.coda_files import CODA_FILES, write_coda_files
from pipeline_lib.exports.icr import ICR, write_icr_files
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.processing.process import process as process_files
from pipeline_lib.processing.tally import Tally
from pipeline_lib.progress import step
from pipeline_lib.stages.run import Run, accounted
from pipeline_lib.stages.settings import processing_settings, raw_files
from pipeline_lib.storage import fingerprint, located

OUTPUTS = "Outputs"


def process(run: Run, raw_data: Sequence[str], coded: str | None) -> str:
    """The URI of the outputs' folder.

    Args:
        run: The run.
        raw_data: URIs of the raw data files, of every source.
        coded: URI of the folder of Coda files; None where the project has no label store.

    Raises:
        ConfigError: A code scheme lacks what a step needs.
        DataError: Raw data or labels are broken; the outputs of before stay.
    """
    name = f"{run.folder}/{OUTPUTS}"
    with accounted(run, "process") as account, ExitStack() as local:
        paths = {Path(uri).stem: _local_file(local, uri) for uri in raw_data}
        labels = _local_folder(local, coded) if coded is not None else Path(local.enter_context(TemporaryDirectory()))
        with run.storage.publish_folder(name) as outputs:
            made = process_to_folder(run.project, _finder(paths), labels, outputs, run.as_of)
        account.inputs = {uri: fingerprint(uri) for uri in [*raw_data, *([coded] if coded is not None else [])]}
        account.outputs = {f"{run.storage.uri_of(name)}/{file}": count for file, count in made.row_counts.items()}
        tally = made.tally
        account.counts, account.dropped, account.quarantined = tally.counts, tally.dropped, tally.quarantined
    return run.storage.uri_of(name)


def _local_file(local: ExitStack, uri: str) -> Path:
    storage, name = located(uri)
    return local.enter_context(storage.local_file(name))


def _local_folder(local: ExitStack, uri: str) -> Path:
    storage, name = located(uri)
    return local.enter_context(storage.local_folder(name))


def _finder(paths: dict[str, Path]) -> Callable[[str], Path]:
    def path_of(name: str) -> Path:
        if name not in paths:
            raise DataError(Problem(f"Raw Data/{name}.jsonl", "was not fetched", "run the fetch tasks of all sources"))
        return paths[name]

    return path_of


@dataclass(frozen=True)
class Made:
    """What processing has made."""

    row_counts: dict[str, int]
    """Rows, or messages, by file."""
    tally: Tally


def process_to_folder(
    project: Project, path_of_raw: Callable[[str], Path], coded: Path, outputs: Path, as_of: datetime | None
) -> Made:
    """Writes the outputs to a folder.

    Args:
        project: The project.
        path_of_raw: Where a raw data file lies, by its name.
        coded: Folder of the Coda files.
        outputs: Folder to fill; it need not exist.
        as_of: See `Run.as_of`.
    """
    with step("processing"):
        processed = process_files(raw_files(project, path_of_raw), coded, processing_settings(project, as_of))
    for name in (CODA_FILES, ICR):
        (outputs / name).mkdir(parents=True, exist_ok=True)
    with step("writing the outputs"):
        coda = write_coda_files(outputs / CODA_FILES, processed, as_of or datetime.now(UTC))
        samples = write_icr_files(outputs / ICR, processed)
        row_counts = {
            "production.csv": write_production_csv(outputs / "production.csv", processed),
            "messages.csv": write_messages_csv(outputs / "messages.csv", processed),
            "individuals.csv": write_individuals_csv(outputs / "individuals.csv", processed),
            **{f"{CODA_FILES}/{name}": count for name, count in coda.items()},
            **{f"{ICR}/{name}": count for name, count in samples.items()},
        }
    return Made(row_counts, processed.tally)
