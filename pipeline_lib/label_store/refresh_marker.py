"""When a dataset was last read as a whole, so that a push soon after a pull need not query every segment again."""

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import StorageConflictError
from pipeline_lib.label_store.dataset_info import DatasetInfo
from pipeline_lib.storage import Storage

_HOLDS = timedelta(hours=3)
"""A nightly run pushes minutes after it has pulled."""


class _Look(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    looked_at: AwareDatetime
    """The server's time before the segments were read."""
    segment_count: int


def remember_look(storage: Storage, info: DatasetInfo) -> None:
    """Notes that the copies of all segments are as Coda was at the time of `info`."""
    name = _name(info.dataset)
    look = _Look(looked_at=info.read_at, segment_count=info.segment_count)
    try:
        storage.replace(name, look.model_dump_json().encode(), expected=storage.read_versioned(name))
    except StorageConflictError:
        return  # somebody else has noted a reading of the same copies, which is as good


def full_segment_count(storage: Storage, info: DatasetInfo) -> int:
    """How many segments were full at the last reading, if that is recent enough; else 0.

    Coda's tools and the pipelines add messages to the last segment, and to new ones after it. So the segments before it
    cannot have got any since.
    """
    stored = storage.read_versioned(_name(info.dataset))
    try:
        look = _Look.model_validate_json(stored.content if stored else b"")
    except ValidationError:
        return 0
    is_of_this_dataset = look.segment_count <= info.segment_count  # not of a deleted one of this name
    is_recent = info.read_at - look.looked_at < _HOLDS
    return max(look.segment_count - 1, 0) if is_of_this_dataset and is_recent else 0


def _name(dataset: str) -> str:
    return f"state/coda/{dataset}/look.json"
