"""One run of one project: where it keeps its data, and what world it sees."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline_lib import __version__
from pipeline_lib.config import Project
from pipeline_lib.storage import Storage, as_uri, storage_at
from pipeline_lib.storage.manifest import TaskManifest, measured, record

DATA_ROOT_SETTING = "PIPELINE_DATA_ROOT"


@dataclass(frozen=True)
class Run:
    """What every stage of a run knows."""

    project: Project
    storage: Storage
    """Everything of the project: its runs and its state."""
    key: str
    """Name of the run's folder."""
    as_of: datetime | None
    """The run sees what was received and labelled before; None: all there is."""
    user: str
    """Who started it."""

    @property
    def folder(self) -> str:
        """The run's folder in the storage."""
        return f"runs/{self.key}"


def open_run(project: Project, key: str, as_of: datetime | None, user: str) -> Run:
    """A run of a project, in the data root that its config, or the setting `PIPELINE_DATA_ROOT`, names.

    Raises:
        ConfigError: The data root cannot be used.
    """
    return Run(project, storage_at(f"{data_root(project)}/{project.name}"), key, as_of, user)


def data_root(project: Project) -> str:
    """The URI of the folder of all projects' data."""
    if project.config.data_root is not None:
        return as_uri(project.config.data_root, project.folder).rstrip("/")
    return as_uri(os.environ.get(DATA_ROOT_SETTING, "data"), Path.cwd()).rstrip("/")


@dataclass
class Account:
    """What a stage tells the run's manifest; filled while it works."""

    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)


@contextmanager
def accounted(run: Run, task: str) -> Iterator[Account]:
    """Measures a stage and, once it has succeeded, records its account in the run's manifest."""
    account = Account()
    with measured() as cost:
        yield account
    part = TaskManifest(
        task=task,
        started_at=cost.started_at,
        duration_seconds=cost.duration_seconds,
        peak_memory_bytes=cost.peak_memory_bytes,
        inputs=account.inputs,
        outputs=account.outputs,
        counts=account.counts,
        dropped=account.dropped,
        quarantined=account.quarantined,
        versions={"pipeline_lib": __version__, "config": _hash_of_config(run.project)},
    )
    record(run.storage, run.key, part)


def _hash_of_config(project: Project) -> str:
    return hashlib.sha256(repr((project.config, project.plans)).encode()).hexdigest()
