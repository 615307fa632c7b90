"""The config that a run began with: kept in the run's folder, and of the run that began last in the project's state."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pipeline_lib.config import Project, WholeConfig, check, project_again, whole_config
from pipeline_lib.errors import StorageConflictError
from pipeline_lib.storage import Storage, Versioned, storage_at

_NEWEST = "state/config.json"
"""What a machine goes by that meets a broken config and knows no better one."""


class KeptConfig(BaseModel):
    """A run's config, and which start of the run it is of."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    run_id: str
    started_at: AwareDatetime | None
    config: dict[str, Any]
    code_schemes: dict[str, Any]

    def project(self, config: Path) -> Project:
        """The project, as if its files lay where its config file lies or lay.

        Raises:
            ConfigError: This version of the code does not take what another one took.
        """
        return project_again(WholeConfig(self.config, self.code_schemes), config)

    def is_for(self, run_id: str, started_at: datetime | None) -> bool:
        """Whether it is of that start of a run; or of a later one, since then a task of the earlier was left over."""
        if self.run_id != run_id:
            return False
        if self.started_at is None or started_at is None:
            return self.started_at == started_at
        return started_at <= self.started_at


def name_of(run_key: str) -> str:
    """Where a run's config is kept."""
    return f"runs/{run_key}/config.json"


def read_kept(found: Versioned | None) -> KeptConfig | None:
    """A document that was found there; None where it is missing, or is not what a run keeps."""
    if found is None:
        return None
    try:
        return KeptConfig.model_validate_json(found.content)
    except ValidationError:
        return None


def begun_or_written(storage: Storage, run_key: str, config: Path) -> WholeConfig:
    """The config that a run began with; of a run that no DAG started, what the project's files say now."""
    kept = read_kept(storage.read_versioned(name_of(run_key)))
    return WholeConfig(kept.config, kept.code_schemes) if kept is not None else whole_config(check(config).reading)


def keep_newest(storage: Storage, content: bytes) -> None:
    """Keep a run's config in the project's state too."""
    before = storage.read_versioned(_NEWEST)
    if before is None or before.content != content:
        try:
            storage.replace(_NEWEST, content, expected=before)
        except StorageConflictError:
            return  # another task of the run, or a run that began after it


def read_newest(config: Path, root: str) -> Project | None:
    """The project of a config file as it was when a run of it began last; None where none did.

    Raises:
        ConfigError: The data root cannot be used, or this version of the code does not take that config.
        SourceError: The storage does not do its part.
    """
    kept = read_kept(storage_at(f"{root}/{config.parent.name}").read_versioned(_NEWEST))
    return kept.project(config) if kept is not None else None
