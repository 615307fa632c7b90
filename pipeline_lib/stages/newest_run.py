"""Which interval was processed last, among those whose runs publish: an older run leaves publishing to it."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import Storage, Versioned
from pipeline_lib.storage.compare_and_swap import update_document

_NAME = "state/newest_processed.json"


class _Newest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    run: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d{6}Z$")
    """The key of a run of an interval."""


def note_processed(run: Run) -> None:
    """Notes that a run of an interval, which publishes if it is the newest, has been processed.

    Raises:
        SourceError: The storage is unavailable.
    """

    def noted(before: Versioned | None) -> bytes | None:
        newest = _read(before)
        is_noted = newest is not None and newest >= run.key and _is_there(run.storage, newest)
        return None if is_noted else _Newest(run=run.key).model_dump_json().encode()

    update_document(run.storage, _NAME, noted)


def newer_processed(run: Run) -> str | None:
    """The folder's name of a newer run that has been processed and still exists; None if this run is the newest.

    A run of an interval is named by the interval's end in UTC, so names sort by time.
    """
    newest = _read(run.storage.read_versioned(_NAME))
    return newest if newest is not None and newest > run.key and _is_there(run.storage, newest) else None


def newest_noted(storage: Storage) -> str | None:
    """The name of the run that was noted last; None if there is none."""
    return _read(storage.read_versioned(_NAME))


def _read(found: Versioned | None) -> str | None:
    try:
        return _Newest.model_validate_json(found.content).run if found is not None else None
    except ValidationError:
        return None  # whatever the file holds: the next run that is processed rewrites it


def _is_there(storage: Storage, key: str) -> bool:
    return storage.read_versioned(f"runs/{key}/manifest.json") is not None
