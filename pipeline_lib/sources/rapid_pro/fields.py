"""Writes records as Raw Data, in the fields in which the predecessors wrote runs (sources.md A.7, semantics.md 9)."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from pipeline_lib.sources.rapid_pro.records import Record, Result
from pipeline_lib.trace.history import Update, encoded, history, metadata

_USER = "RapidPro"
"""The user that a history names for changes by this source."""


class Marked(NamedTuple):
    """Contacts whose runs bear a mark."""

    test_contacts: Collection[str] = ()
    """Test contacts."""
    deleted_contacts: Collection[str] = ()
    """Contacts that were deleted on the server, who count as withdrawn until they are forgotten."""


class Correction(NamedTuple):
    """An archive's corrections of a record."""

    results: Sequence[Result]
    """As `corrected` returns them."""
    archive: str
    """The archive, in words: `2025-05-01 (daily)`."""
    at: str
    """The archived run's `modified_on`, not the clock's time, so that a repeated fetch gives the same result."""


def raw_data_line(record: Record, flow_name: str, *, tells_operator: bool, marked: Marked) -> bytes:
    """A run as a flat object, and a line break.

    Args:
        record: The run.
        flow_name: The flow's name, which becomes a part of the fields' names.
        tells_operator: Whether there is a field for the operator.
        marked: Contacts whose runs bear a mark.
    """
    fields = _fields(record, flow_name, tells_operator=tells_operator, marked=marked)
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def corrected_line(
    record: Record, correction: Correction, flow_name: str, *, tells_operator: bool, marked: Marked
) -> bytes:
    """A run as a traced object, and a line break; its two updates are the live version and an archive's corrections.

    Args:
        record: The live version of the run.
        correction: The corrections.
        flow_name: As for `raw_data_line`.
        tells_operator: As for `raw_data_line`.
        marked: As for `raw_data_line`.
    """
    fields = _fields(record, flow_name, tells_operator=tells_operator, marked=marked)
    texts: dict[str, Any] = {}
    for result in correction.results:
        texts |= zip(_field_names(result.key, flow_name), (result.text, result.text_source), strict=False)
    updates = (
        Update(encoded(fields), metadata("fetch", _USER, record.modified_on)),
        Update(encoded(texts), metadata(f"archive {correction.archive}", _USER, correction.at)),
    )
    return (history(updates).text + "\n").encode()


def _fields(record: Record, flow_name: str, *, tells_operator: bool, marked: Marked) -> dict[str, Any]:
    run_id = record.run if record.id is None else record.id
    fields: dict[str, Any] = {
        "avf_phone_id": record.participant,
        "urn_type": record.urn_type,
        f"run_id - {flow_name}": run_id,
        f"run_created_on - {flow_name}": record.created_on,
        f"run_modified_on - {flow_name}": record.modified_on,
        f"run_exited_on - {flow_name}": record.exited_on,
        f"run_exit_type - {flow_name}": record.exit_type,
    }
    if record.contact in marked.test_contacts:
        fields["test_run"] = True
    if record.contact in marked.deleted_contacts:
        fields["deleted_contact"] = True
    if tells_operator:
        fields["operator_raw"] = record.operator
    for result in record.values:
        names = _field_names(result.key, flow_name)
        fields |= zip(
            names,
            (result.text, result.text_source, result.value, result.category, result.name, result.time, run_id),
            strict=True,
        )
    return fields


@lru_cache(maxsize=1024)
def _field_names(key: str, flow_name: str) -> tuple[str, ...]:
    return tuple(
        f"{key.title()} ({part}) - {flow_name}"
        for part in ("Text", "Text Source", "Value", "Category", "Name", "Time", "Run ID")
    )
