"""A run with the config that it began with, for as long as it is under way.

The first task that opens a run keeps the project's files in the run's folder, as `config.json`; all others, and all
their tries, work with those, even if the files change meanwhile. A run that is started again reads the files again.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline_lib.config import WholeConfig, project_again
from pipeline_lib.errors import PipelineError, RetriableSourceError, StorageConflictError
from pipeline_lib.orchestration.kept_config import KeptConfig, keep_newest, name_of, read_kept
from pipeline_lib.stages.run_context import Run, project_storage
from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.storage.base import conflict

_ATTEMPTS = 20
"""A try fails only if another task of the run kept its config meanwhile."""


@dataclass(frozen=True)
class Start:
    """A run, and which of its starts it is."""

    run_id: str
    started_at: datetime | None
    """When the run was started, or started again after it had ended; the same for all tasks and tries until it ends."""
    key: str
    """Name of the run's folder."""
    as_of: datetime
    user: str


def open_begun_run(config: Path, start: Start, roots: Sequence[str], read: Callable[[], WholeConfig]) -> Run:
    """Opens the run with the config that it began with; a run that has not begun begins with the files as they are now.

    Args:
        config: The project's config file.
        start: The run and its start.
        roots: Data roots that the run's folder may be in: the project's present one, and earlier ones.
        read: Reads the files as they are now; raises ConfigError where they cannot be used.

    Raises:
        ConfigError: The run has not begun and the config cannot be used, or no data root can be used.
        SourceError: A storage is unavailable.
    """
    for root in roots:
        try:
            storage = storage_at(f"{root}/{config.parent.name}")
            kept = read_kept(storage.read_versioned(name_of(start.key)))
        except RetriableSourceError:
            raise  # the run may have begun there
        except PipelineError:
            continue  # an earlier data root that can no longer be used; the present one fails when the run begins
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
