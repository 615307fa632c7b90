"""A run with the config that it began with, for as long as it is under way.

The first task that opens a run keeps the project's files in the run's folder, as `config.json`; all others, and all
tries of each, work with those, whatever becomes of the files meanwhile. A run that is started again begins anew.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline_lib.config import WholeConfig, project_again
from pipeline_lib.errors import PipelineError, RetriableSourceError, StorageConflictError
from pipeline_lib.orchestration.kept_config import KeptConfig, keep_newest, name_of, read_kept
from pipeline_lib.stages.run import Run, project_storage
from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.storage.base import conflict

_ATTEMPTS = 20
"""Each failed one means that another task of the run kept its config meanwhile."""


@dataclass(frozen=True)
class Start:
    """Which run it is, and which of its starts."""

    run_id: str
    started_at: datetime | None
    """When the run was started, or started again after it had ended; the same for all tasks and tries until it ends."""
    key: str
    """Name of the run's folder."""
    as_of: datetime
    user: str


def open_begun_run(config: Path, start: Start, roots: Sequence[str], read: Callable[[], WholeConfig]) -> Run:
    """The run with the config that it began with; if it has not begun, it begins with what the files say now.

    Args:
        config: The project's config file.
        start: Which run.
        roots: Data roots that the run's folder may be in: what the project's is now, and what it was.
        read: Reads the files as they are now; raises ConfigError where they cannot be used.

    Raises:
        ConfigError: The run has not begun and the config cannot be used, or no data root can.
        SourceError: A storage does not do its part.
    """
    for root in roots:
        try:
            storage = storage_at(f"{root}/{config.parent.name}")
            kept = read_kept(storage.read_versioned(name_of(start.key)))
        except RetriableSourceError:
            raise  # the run may have begun there
        except PipelineError:
            continue  # a data root that cannot be used any more; one that must be used fails when the run begins
        if kept is not None and kept.is_for(start.run_id, start.started_at):
            return _run(kept, config, start, storage)
    return _begin(config, start, read())


def _begin(config: Path, start: Start, whole: WholeConfig) -> Run:
    storage = project_storage(project_again(whole, config))
    ours = KeptConfig(
        run_id=start.run_id,
        started_at=start.started_at,
        config=dict(whole.config),
        code_schemes=dict(whole.code_schemes),
    )
    content = json.dumps(ours.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()
    name = name_of(start.key)
    for _ in range(_ATTEMPTS):
        before = storage.read_versioned(name)
        kept = read_kept(before)
        if kept is not None and kept.is_for(start.run_id, start.started_at):
            return _run(kept, config, start, storage)
        try:
            storage.replace(name, content, expected=before)
        except StorageConflictError:
            continue
        keep_newest(storage, content)
        return _run(ours, config, start, storage)
    raise conflict(storage.uri_of(name))


def _run(kept: KeptConfig, config: Path, start: Start, storage: Storage) -> Run:
    return Run(kept.project(config), storage, start.key, start.as_of, start.user)
