"""Opens a run's folder: its manifest, the files that are there, and what is wrong with either."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.uris import is_too_long, path_or_uri, wrong_with_name
from pipeline_lib.storage import MissingArtifactError, Storage, storage_at
from pipeline_lib.storage.manifest import RunManifest, read_manifest
from pipeline_lib.web.airflow_gateway import KnownProject
from pipeline_lib.web.artifacts import Artifact, list_artifacts

_NOTHING_YET = Problem(
    "this run",
    "has no manifest: none of its tasks has finished, or its folder was removed",
    "wait for its first task, or look at the logs; if the folder was removed, clear the tasks to make the run again",
)
_CONFIG_IS_GONE = Problem(
    "this project",
    "no longer has a config; what its runs made is still there",
    "put its folder back among the configs if it should run again",
)


@dataclass(frozen=True)
class OpenedRun:
    """A run's folder."""

    storage: Storage
    key: str
    manifest: RunManifest
    artifacts: tuple[Artifact, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What is missing or cannot be read, and what to do about it."""

    @property
    def folder(self) -> str:
        """The run's folder in the storage."""
        return f"runs/{self.key}"


def find_storage_of_run(project: KnownProject, key: str) -> Storage | None:
    """The storage that holds a run's folder, among all where the project has kept runs; None if none does.

    Raises:
        ConfigError: A place cannot be used.
        SourceError: A storage is unavailable.
    """
    if wrong_with_name(key) is not None or is_too_long(key) or "/" in key:
        return None
    storages = map(storage_at, project.places)
    return next((storage for storage in storages if storage.exists(f"runs/{key}")), None)


def run_without_folder(project: KnownProject, storage: Storage, key: str) -> OpenedRun:
    """A run that Airflow knows, but that has no folder."""
    return OpenedRun(storage, key, RunManifest(), problems=(*_about(project), _NOTHING_YET))


def open_run_folder(project: KnownProject, storage: Storage, key: str) -> OpenedRun:
    """Reads a run's manifest and lists its files.

    Raises:
        SourceError: The storage is unavailable.
    """
    problems = list(_about(project))
    manifest = RunManifest()
    try:
        manifest = read_manifest(storage, key)
    except MissingArtifactError:
        problems.append(_NOTHING_YET)
    except DataError as error:
        problems += error.problems
    artifacts = list_artifacts(storage, f"runs/{key}", _row_counts(manifest, key))
    problems += _missing(storage, key, manifest, {each.path for each in artifacts})
    return OpenedRun(storage, key, manifest, tuple(artifacts), tuple(problems))


def _about(project: KnownProject) -> Iterator[Problem]:
    if not project.has_config:
        yield _CONFIG_IS_GONE
    yield from project.problems


def _row_counts(manifest: RunManifest, key: str) -> dict[str, int]:
    """Numbers of rows by the file's path in the run's folder."""
    counts = [item for part in manifest.tasks for item in part.outputs.items()]
    return {path: count for uri, count in counts if (path := _path_in_run(uri, key))}


def _path_in_run(uri: str, key: str) -> str:
    """A URI's path in the run's folder, even if the folder has moved since; empty if it is of something elsewhere."""
    _, is_inside, path = path_or_uri(uri).rpartition(f"/runs/{key}/")
    return path if is_inside else ""


def _missing(storage: Storage, key: str, manifest: RunManifest, there: set[str]) -> Iterator[Problem]:
    """Names the files and folders that tasks have published and that are gone."""
    makers: dict[str, str] = {}
    for part in manifest.tasks:
        uris = (*part.outputs, *(uri for uri, fingerprint in part.artifacts.items() if fingerprint))
        paths = [path for uri in uris if (path := _path_in_run(uri, key))]
        folders = ((_path_in_run(uri, key), names) for uri, names in part.files.items())
        paths += [f"{folder}/{name}" for folder, names in folders if folder for name in names]
        makers |= dict.fromkeys(paths, part.task.partition("-")[0])
    # A path that is no file may be a folder.
    gone = sorted(path for path in makers.keys() - there if not storage.exists(f"runs/{key}/{path}"))
    # Where a whole folder is gone, its files need not be named.
    gone = [path for path in gone if not any(path.startswith(f"{folder}/") for folder in gone)]
    if gone:
        named = ", ".join(gone[:3]) + (f" and {len(gone) - 3:,} more" if len(gone) > 3 else "")  # noqa: PLR2004 - a line
        right = f"clear {' and '.join(sorted({makers[path] for path in gone}))} in Airflow to have it made again"
        yield Problem(named, "was made by this run, and is gone", right)
