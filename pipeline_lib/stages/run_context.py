"""One run of one project: where its data is, its as-of time, and what its stages report."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline_lib import __version__
from pipeline_lib.config import Project
from pipeline_lib.context_variables import set_within
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.model.summary import Line, summary
from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.storage.base import local_fingerprint, local_names
from pipeline_lib.storage.data_root import data_root
from pipeline_lib.storage.manifest import DatasetFacts, NewestRecord, PublishedFile, TaskManifest, measured, record
from pipeline_lib.storage.manifest_check import artifact_remark
from pipeline_lib.storage.run_history import note_run

logger = logging.getLogger(__name__)

ANALYSIS = "Automated Analysis"
"""The folder of a run for people outside the team."""


@dataclass(frozen=True)
class Run:
    """What every stage needs to know of the run."""

    project: Project
    storage: Storage
    """The project's storage, with its runs and its state."""
    key: str
    """Name of the run's folder."""
    as_of: datetime | None
    """The run sees what was received and labelled before this; None: everything."""
    user: str
    """Who started it."""
    accept_shrink: frozenset[str] = frozenset()
    """Names of raw data and of datasets in the label store that may have far less than last time."""
    is_full_fetch: bool = False
    """Whether servers are asked for everything again, not only for what is new."""

    @property
    def folder(self) -> str:
        """The run's folder in the storage."""
        return f"runs/{self.key}"


def open_run(project: Project, key: str, as_of: datetime | None, user: str, accept_shrink: Iterable[str] = ()) -> Run:
    """A run of a project, in the data root from its config or from the setting `PIPELINE_DATA_ROOT`.

    Raises:
        ConfigError: The data root cannot be used.
    """
    return Run(project, project_storage(project), key, as_of, user, frozenset(accept_shrink))


def project_storage(project: Project) -> Storage:
    """Where a project keeps its runs and its state.

    Raises:
        ConfigError: The data root cannot be used.
    """
    return storage_at(f"{data_root(project.config.data_root, project.folder)}/{project.name}")


@dataclass
class TaskReport:
    """A stage's report for the run's manifest; filled while the stage works."""

    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counts: tuple[StepCount, ...] = ()
    quality: tuple[DatasetFacts, ...] = ()
    coding_progress: tuple[DatasetFacts, ...] = ()
    newest_records: tuple[NewestRecord, ...] = ()
    published: tuple[PublishedFile, ...] = ()

    def add_folder(self, uri: str, folder: Path) -> None:
        """Notes the fingerprint of a folder that is about to be published, and the names of its files."""
        self.artifacts[uri] = local_fingerprint(folder)
        self.files[uri] = tuple(local_names(folder))


@contextmanager
def task_report(run: Run, task: str) -> Iterator[TaskReport]:
    """Measures a stage and, once it has succeeded, records its report in the run's manifest and the history of runs."""

    def write(part: TaskManifest) -> None:
        manifest = record(run.storage, run.key, part.model_copy(update={"as_of": run.as_of}))
        note_run(run.storage, run.key, manifest)

    with reporting(task, run.project, run.user, write) as report:
        yield report


@contextmanager
def reporting(task: str, project: Project, user: str, write: Callable[[TaskManifest], None]) -> Iterator[TaskReport]:
    """Measures a stage and, once it has succeeded, writes its report."""
    report = TaskReport()
    with measured() as cost:
        yield report
    part = TaskManifest(
        task=task,
        user=user,
        versions={"pipeline_lib": __version__, "config": project.digest},
        **vars(cost),
        **vars(report),
    )
    write(part)
    if (noted := _NOTED.get()) is not None:
        noted.append(part)


def summary_of(part: TaskManifest) -> list[Line]:
    """What a stage has done, in lines for people to read."""
    rows = {_name_of(uri): count for uri, count in part.outputs.items()}
    return summary(rows, part.counts, part.quality, _NOUNS.get(part.task.partition("-")[0], "rows"))


_NOUNS = {"fetch": "records", "coda_pull": "messages"}
"""What the lines of a task's files are called; those of other tasks are rows."""


def _name_of(uri: str) -> str:
    """A file's name, without the extension that raw data and datasets in Coda have only as files."""
    return uri.rpartition("/")[2].removesuffix(".jsonl").removesuffix(".json")


_NOTED: ContextVar[list[TaskManifest] | None] = ContextVar("noted_parts", default=None)


@contextmanager
def noting_parts() -> Iterator[list[TaskManifest]]:
    """Collects the reports of the stages that run within the block."""
    noted: list[TaskManifest] = []
    with set_within(_NOTED, noted):
        yield noted


def warn_of_another_version(run: Run, artifact: str, fingerprint: str) -> None:
    """Warns in the log if an artifact that a stage reads is not the one that the run's manifest lists.

    Args:
        run: The run.
        artifact: The artifact's URI.
        fingerprint: The fingerprint of what is read.
    """
    remark = artifact_remark(run.storage, run.key, artifact, fingerprint)
    if remark is not None:
        logger.warning("%s", remark)
