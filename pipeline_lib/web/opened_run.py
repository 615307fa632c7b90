"""A run as its folder has it: its manifest, the files that are there, and what is wrong with either."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.uris import path_or_uri, wrong_with_name
from pipeline_lib.storage import MissingArtifactError, Storage, storage_at
from pipeline_lib.storage.manifest import RunManifest, read_manifest
from pipeline_lib.web.airflow_side import KnownProject
from pipeline_lib.web.artifacts import Artifact, artifacts_of

_NOTHING_YET = Problem(
    "this run",
    "has no manifest: no task of it has finished, or its folder was removed",
    "wait for its first task, or look at the logs; a run that was removed is made again by clearing its tasks",
)
_CONFIG_IS_GONE = Problem(
    "this project",
    "has no config any more; what its runs made is still there",
    "put its folder back among the configs to have it run again",
)


@dataclass(frozen=True)
class OpenedRun:
    """A run's folder."""

    storage: Storage
    key: str
    manifest: RunManifest
    artifacts: tuple[Artifact, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What a reader has to know: what is missing or cannot be read, and what to do."""

    @property
    def folder(self) -> str:
        """The run's folder in the storage."""
        return f"runs/{self.key}"


def storage_of_run(project: KnownProject, key: str) -> Storage | None:
    """The storage with the folder of a run, of all the places where the project has kept runs; None if none has it.

    Raises:
        ConfigError: A place cannot be used.
        SourceError: A storage is unavailable.
    """
    if wrong_with_name(key) is not None or "/" in key:
        return None
    storages = map(storage_at, project.places)
    return next((storage for storage in storages if storage.exists(f"runs/{key}")), None)


def never_opened(project: KnownProject, storage: Storage, key: str) -> OpenedRun:
    """A run that Airflow has and that left no folder."""
    return OpenedRun(storage, key, RunManifest(), problems=(*_about(project), _NOTHING_YET))


def open_run_folder(project: KnownProject, storage: Storage, key: str) -> OpenedRun:
    """What the folder of a run has.

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
    row_counts = _row_counts(manifest, key)
    artifacts = artifacts_of(storage, f"runs/{key}", row_counts)
    problems += _missing(manifest, row_counts, {each.path for each in artifacts})
    return OpenedRun(storage, key, manifest, tuple(artifacts), tuple(problems))


def _about(project: KnownProject) -> Iterator[Problem]:
    if not project.has_config:
        yield _CONFIG_IS_GONE
    yield from project.problems


def _row_counts(manifest: RunManifest, key: str) -> dict[str, int]:
    """Rows by the path in the run's folder, wherever that folder was when the task wrote it."""
    counts = {}
    for part in manifest.tasks:
        for uri, count in part.outputs.items():
            _, is_inside, path = path_or_uri(uri).rpartition(f"/runs/{key}/")
            if is_inside:
                counts[path] = count
    return counts


def _missing(manifest: RunManifest, row_counts: dict[str, int], there: set[str]) -> Iterator[Problem]:
    gone = sorted(path for path in row_counts if path not in there)
    if gone:
        named = ", ".join(gone[:3]) + (f" and {len(gone) - 3:,} more" if len(gone) > 3 else "")  # noqa: PLR2004 - a line
        makers = {
            part.task.partition("-")[0]
            for part in manifest.tasks
            if any(path_or_uri(uri).endswith(f"/{path}") for uri in part.outputs for path in gone)
        }
        right = f"clear {' and '.join(sorted(makers))} in Airflow to have it made again"
        yield Problem(named, "was made by this run, and is gone", right)
