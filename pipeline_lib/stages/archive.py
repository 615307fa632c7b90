"""Packs a run and its inputs into one file to be kept for years: no secrets, no uuid tables, nothing of Coda's.

    config/pipeline.json, code_schemes/…     the config that the run began with: `process` can run from this folder
    runs/<key>/Raw Data/…, Outputs/…, …      the run, as it lies in the project's storage
    state/raw/…, withdrawn.jsonl, forget/…   the part of the project's state that the next run needs beside its sources

Nothing else is packed, whatever other files a project's folder may come to hold.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config import CONFIG_FILENAME, KEPT_CONFIG, WholeConfig, write_config_files
from pipeline_lib.delivery.archive import SUFFIXES, Compression, Label, Member, Packed, write_archive
from pipeline_lib.delivery.git_commit import read_git_commit
from pipeline_lib.errors import DataError, Problem, RetriableSourceError
from pipeline_lib.model.step_counts import step_counts
from pipeline_lib.sources.forget_queues import TO_FORGET
from pipeline_lib.sources.rapid_pro.contact_cache import CONTACTS
from pipeline_lib.sources.raw_store import RAW_STORE
from pipeline_lib.sources.targets import ENGAGEMENT_METRICS, QUARANTINE, RAW_DATA
from pipeline_lib.stages.coda_pull import CODED_FILES
from pipeline_lib.stages.process import OUTPUTS
from pipeline_lib.stages.run_context import ANALYSIS, Run, task_report
from pipeline_lib.stages.withdrawn import WITHDRAWN
from pipeline_lib.storage import Located, MissingArtifactError, Storage
from pipeline_lib.storage.base import local_fingerprint
from pipeline_lib.storage.leases import scratch_folder
from pipeline_lib.storage.manifest import RunManifest, read_manifest

ARCHIVES = "archives"
"""The project's folder of archives that wait for their upload."""

DATA = "data"
"""How the names of archives of a run's data begin."""

AFTERWARDS = frozenset({"archive", "upload_logs", "prune"})
"""The tasks that a run's data does not depend on: archives of the data leave out their reports."""

_FOLDERS = (RAW_DATA, CODED_FILES, OUTPUTS, ANALYSIS, ENGAGEMENT_METRICS, QUARANTINE)
_TIME = "%Y-%m-%dT%H%M%SZ"


class Archived(NamedTuple):
    """An archive that was written, or would be."""

    name: str
    files: tuple[str, ...]
    """What is in it."""
    packed: Packed | None
    """The archive's size; None if it was not written."""


def archive(run: Run, whole: WholeConfig) -> str:
    """The URI of the run's archive, `archives/data-<as-of time>-<git hash>.tar.gz` in the project's storage.

    Args:
        run: The run; what it writes afterwards is not in the archive.
        whole: The config that the run began with.

    Raises:
        DataError: The run has no outputs, or its manifest cannot be read.
        RetriableSourceError: A part of the run was rewritten meanwhile.
        SourceError: The storage is unavailable.
    """
    name = f"{ARCHIVES}/{archive_name(run, DATA)}"
    with task_report(run, "archive") as report, _contents(run, whole) as contents:
        with run.storage.publish_file(name) as to:
            packed = _write(run, contents, to)
            report.artifacts = {run.storage.uri_of(name): local_fingerprint(to)}
        report.inputs = _processed(run)
        counts = {"files": packed.file_count, "bytes_before_compression": packed.byte_count}
        report.counts = step_counts("archive", counts)
    return run.storage.uri_of(name)


def archive_to(run: Run, whole: WholeConfig, to: Located) -> Archived:
    """The same into a file elsewhere, which the run's manifest does not list.

    Raises:
        PipelineError: As `archive`.
    """
    with _contents(run, whole) as contents, to.storage.publish_file(to.name) as path:
        return Archived(to.storage.uri_of(to.name), contents.names, _write(run, contents, path))


def dry_run_archive(run: Run, whole: WholeConfig) -> Archived:
    """What `archive` would pack; nothing is written.

    Raises:
        PipelineError: As `archive`.
    """
    with _contents(run, whole) as contents:
        return Archived(archive_name(run, DATA), contents.names, None)


def archive_name(run: Run, kind: str) -> str:
    """An archive's file name: its kind, the run's as-of time, its key if that says more, and the deployed commit."""
    time = as_of(run).astimezone(UTC).strftime(_TIME)
    parts = [kind, time, *([] if run.key == time else [run.key]), read_git_commit()]
    return "-".join(parts) + SUFFIXES[_compression(run)]


def as_of(run: Run) -> datetime:
    """The time that the run sees the world as of: its own, else its manifest's, else that of its folder's name.

    Raises:
        DataError: There is no such run, so nothing says the time.
    """
    if run.as_of is not None:
        return run.as_of
    tasks = _manifest(run).tasks
    told = [task.as_of for task in tasks if task.as_of is not None]
    if told:
        return told[0]
    try:
        return datetime.strptime(run.key, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return min(task.started_at for task in tasks)


def pack_manifest(run: Run) -> bytes:
    """The part of the run's manifest that its data depends on: the same however often the run is archived."""
    tasks = tuple(task for task in _manifest(run).tasks if task.task not in AFTERWARDS)
    return RunManifest(tasks=tasks).model_dump_json(indent=2).encode()


def write_run_archive(run: Run, members: list[Member], to: Path, kind: str) -> Packed:
    """Packs files of a run, in a bag that says which run it is."""
    about = {
        "External-Identifier": f"{run.project.name}/{run.key}",
        "As-Of": as_of(run).astimezone(UTC).isoformat(),
        "Pipeline-Git-Commit": read_git_commit(),
    }
    bag = archive_name(run, kind).removesuffix(SUFFIXES[_compression(run)])
    return write_archive(members, to, Label(bag, as_of(run), about), _compression(run))


def kept_file(storage: Storage, name: str, packed_as: str | None = None) -> Member:
    """A file of the storage, to pack."""
    return Member(packed_as or name, lambda: storage.local_file(name))


def local_file(name: str, path: Path) -> Member:
    """A file of this machine, to pack."""

    @contextmanager
    def opened() -> Iterator[Path]:
        yield path

    return Member(name, opened)


@dataclass(frozen=True)
class _Contents:
    members: list[Member]
    state: bytes
    """Changes with every write to what is packed."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(member.name for member in self.members))


@contextmanager
def _contents(run: Run, whole: WholeConfig) -> Iterator[_Contents]:
    """What is packed of a run; its files can be read while the context lasts."""
    storage, outputs = run.storage, f"{run.folder}/{OUTPUTS}"
    if not storage.exists(outputs):
        wrong = "is not there: there is nothing to archive"
        raise DataError(Problem(storage.uri_of(outputs), wrong, "name a run that has been processed"))
    names = [name for folder in _FOLDERS for name in storage.names(f"{run.folder}/{folder}")]
    names += [name for name in (f"{run.folder}/{KEPT_CONFIG}", WITHDRAWN) if storage.exists(name)]
    names += [name for name in storage.names(RAW_STORE) if not name.startswith(CONTACTS)]
    names += storage.names(TO_FORGET)
    with scratch_folder() as scratch:
        # Without a data root, so that a run from the archive does not write into the project's own.
        config = {key: value for key, value in whole.config.items() if key != "DataRoot"}
        write_config_files(replace(whole, config=config), scratch / "config" / CONFIG_FILENAME)
        manifest = scratch / run.folder / "manifest.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_bytes(pack_manifest(run))
        made = [path for path in scratch.rglob("*") if path.is_file()]
        members = [local_file(path.relative_to(scratch).as_posix(), path) for path in made]
        yield _Contents([*members, *(kept_file(storage, name) for name in names)], _state(run))


def _write(run: Run, contents: _Contents, to: Path) -> Packed:
    """Packs the contents, if they are the same at the end as at the beginning."""
    try:
        packed = write_run_archive(run, contents.members, to, DATA)
    except MissingArtifactError:
        packed = None  # removed by whoever rewrote it
    if packed is None or _state(run) != contents.state:
        wrong = "was written to while it was archived"
        raise RetriableSourceError(Problem(run.storage.uri_of(run.folder), wrong, "try again when nothing else runs"))
    return packed


def _state(run: Run) -> bytes:
    """Changes whenever something is published in the run's folder, or fetched."""
    manifests = [name for name in run.storage.names(RAW_STORE) if name.endswith("/manifest.json")]
    return pack_manifest(run) + b"".join(run.storage.read(name) for name in manifests)


def _processed(run: Run) -> dict[str, str]:
    """What `process` has made, by URI and fingerprint, as its own report lists it."""
    return next((task.artifacts for task in _manifest(run).tasks if task.task == "process"), {})


def _manifest(run: Run) -> RunManifest:
    try:
        return read_manifest(run.storage, run.key)
    except MissingArtifactError:
        found = sorted({name.split("/")[1] for name in run.storage.names("runs")})
    wrong, right = "there is no such run, or none of its tasks has ended", f"there is {', '.join(found[-5:]) or 'none'}"
    raise DataError(Problem(run.storage.uri_of(run.folder), wrong, right))


def _compression(run: Run) -> Compression:
    return run.project.config.archive_compression
