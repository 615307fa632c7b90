"""The two generations of RapidPro's servers that are live, as what tells them apart (sources.md A.1)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Generation:
    """How one line of servers answers."""

    name: str
    hourly_request_limit: int
    """Requests of a workspace, per scope."""
    runs_have_input: bool
    runs_have_ids: bool
    messages_have_uuids: bool
    has_incoming_folder: bool
    """`folder=incoming`: every message that came in, deleted ones as well, by when it was modified."""
    archive_type_parameters: tuple[str, ...]
    """What the type of an archive may be asked for by; the first that is given counts."""
    archive_type_keys: tuple[str, ...]
    """What the type of an archive is called in the listing."""
    empty_archives_have_files: bool
    counts_what_is_gone: bool
    """Whether a flow counts on what had ended when its contact was deleted, and what waited when it was purged no more.

    Other servers have it the other way round."""
    refuses_malformed_uuids: bool
    """Whether a flow's or a contact's uuid that is none is an error, or something that does not exist."""


UNICEF = Generation(
    name="unicef",
    hourly_request_limit=2500,
    runs_have_input=True,
    runs_have_ids=True,
    messages_have_uuids=False,
    has_incoming_folder=True,
    archive_type_parameters=("archive_type",),
    archive_type_keys=("archive_type",),
    empty_archives_have_files=True,
    counts_what_is_gone=False,
    refuses_malformed_uuids=False,
)
NYARUKA = Generation(
    name="nyaruka",
    hourly_request_limit=3600,
    runs_have_input=False,
    runs_have_ids=True,
    messages_have_uuids=True,
    has_incoming_folder=False,
    archive_type_parameters=("type", "archive_type"),
    archive_type_keys=("type", "archive_type"),
    empty_archives_have_files=False,
    counts_what_is_gone=True,
    refuses_malformed_uuids=True,
)
GENERATIONS = {generation.name: generation for generation in (UNICEF, NYARUKA)}
