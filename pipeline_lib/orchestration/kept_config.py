"""The config that a run began with, kept in the run's folder; that of the newest run is in the project's state too."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pipeline_lib.config import KEPT_CONFIG, Project, WholeConfig, check, project_again, whole_config
from pipeline_lib.errors import StorageConflictError
from pipeline_lib.storage import Storage, Versioned, storage_at

_NEWEST = "state/config.json"
"""Used by a machine that finds a broken config and has no better one in its cache."""


class KeptConfig(BaseModel):
    """A run's config, and the start of the run that it belongs to."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    run_id: str
    started_at: AwareDatetime | None
    config: dict[str, Any]
    code_schemes: dict[str, Any]

    def project(self, config: Path) -> Project:
        """The project, as if its files were beside its config file.

        Raises:
            ConfigError: This version of the code does not accept a config that another version accepted.
        """
        return project_again(WholeConfig(self.config, self.code_schemes), config)

    def is_for(self, run_id: str, started_at: datetime | None) -> bool:
        """Whether it belongs to that start of a run, or to a later one: then the caller is left over from before."""
        if self.run_id != run_id:
            return False
        if self.started_at is None or started_at is None:
            return self.started_at == started_at
        return started_at <= self.started_at


def name_of(run_key: str) -> str:
    """The name of a run's kept config in the storage."""
    return f"runs/{run_key}/{KEPT_CONFIG}"


def read_kept(found: Versioned | None) -> KeptConfig | None:
    """A kept config that was found in a storage; None if it is missing, or is not what a run keeps."""
    if found is None:
        return None
    try:
        return KeptConfig.model_validate_json(found.content)
    except ValidationError:
        return None


def begun_or_written(storage: Storage, run_key: str, config: Path) -> WholeConfig:
    """The config that a run began with; for a run that no DAG started, the project's files as they are now."""
    kept = read_kept(storage.read_versioned(name_of(run_key)))
    return WholeConfig(kept.config, kept.code_schemes) if kept is not None else whole_config(check(config).reading)


def keep_newest(storage: Storage, content: bytes) -> None:
    """Keeps a run's config in the project's state too."""
    before = storage.read_versioned(_NEWEST)
    if before is None or before.content != content:
        try:
            storage.replace(_NEWEST, content, expected=before)
        except StorageConflictError:
            return  # another task of the run, or a run that began after it


def read_newest(config: Path, root: str) -> Project | None:
    """The project of a config file as it was when its newest run began; None if no run ever did.

    Raises:
        ConfigError: The data root cannot be used, or this version of the code does not accept that config.
        SourceError: The storage is unavailable.
    """
    kept = read_kept(storage_at(f"{root}/{config.parent.name}").read_versioned(_NEWEST))
    return kept.project(config) if kept is not None else None
