"""The JSON objects of RapidPro's API and of its archives (sources.md A.4 to A.6)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sandbox.rapid_pro.generations import Generation
from sandbox.rapid_pro.model import Contact, Flow, Message, Run, Step, Value, Workspace

Json = dict[str, Any]

_RUN_STATUSES = ("active", "waiting", "completed", "expired", "interrupted", "failed")
_MOST_STEPS = 500
_MOST_VALUE_CHARACTERS = 640
_MASK = "********"


@lru_cache(1024)  # the times of a run are mostly one and the same
def time_text(instant: datetime | None) -> str | None:
    """An instant as the server writes it: in UTC, with six digits of a second or none, and a Z."""
    return None if instant is None else f"{instant.astimezone(UTC).isoformat().removesuffix('+00:00')}Z"


@lru_cache(1024)
def archived_time_text(instant: datetime | None) -> str | None:
    """An instant as PostgreSQL writes it into archives: in UTC, without zeros at the end of the second."""
    if instant is None:
        return None
    second, point, fraction = instant.astimezone(UTC).isoformat().removesuffix("+00:00").partition(".")
    return f"{second}{point}{fraction.rstrip('0')}+00:00"


def workspace_json(workspace: Workspace) -> Json:
    """What `workspace.json` answers."""
    return {
        "uuid": workspace.uuid,
        "name": workspace.name,
        "country": workspace.country,
        "languages": list(workspace.languages),
        "primary_language": workspace.languages[0],
        "timezone": workspace.timezone,
        "date_style": "day_first",
        "anon": workspace.anon,
    }


def flow_json(flow: Flow, run_counts: Mapping[str, int]) -> Json:
    """One item of `flows.json`, with its runs by status."""
    return {
        "uuid": flow.uuid,
        "name": flow.name,
        "type": flow.type,
        "archived": flow.archived,
        "labels": [],
        "expires": 720,
        "runs": {status: run_counts.get(status, 0) for status in _RUN_STATUSES},
        "results": [
            {"key": result.key, "name": result.name, "categories": list(result.categories), "node_uuids": [result.node]}
            for result in flow.results
        ],
        "parent_refs": [],
        "created_on": time_text(flow.created_on),
        "modified_on": time_text(flow.modified_on),
    }


def contact_json(contact: Contact, workspace: Workspace) -> Json:
    """One item of `contacts.json`."""
    gone = contact.deleted
    urns = [_masked(urn) for urn in contact.urns] if workspace.anon else list(contact.urns)
    return {
        "uuid": contact.uuid,
        "name": None if gone else contact.name,
        **({"ref": _ref(contact), "anon_display": _ref(contact)} if workspace.anon else {}),
        "status": None if gone else contact.status,
        "language": None if gone else contact.language,
        "urns": [] if gone else urns,
        "groups": [],
        "notes": [],
        "fields": {},
        "flow": None,
        "created_on": time_text(contact.created_on),
        "modified_on": time_text(contact.modified_on),
        "last_seen_on": time_text(contact.last_seen_on),
        "blocked": None if gone else contact.status == "blocked",
        "stopped": None if gone else contact.status == "stopped",
    }


def run_json(run: Run, flow: Flow, contact: Contact, workspace: Workspace, generation: Generation) -> Json:
    """One item of `runs.json`, without its path, which most clients do not ask for."""
    return {
        **({"id": run.id} if generation.runs_have_ids else {}),
        "uuid": run.uuid,
        "flow": _reference(flow),
        "contact": _reference(contact) | _address(contact, workspace),
        "start": {"uuid": run.start} if run.start else None,
        "responded": run.responded,
        "path": None,
        "values": _values(run, with_input=generation.runs_have_input, in_words=lambda value: time_text(value.time)),
        "created_on": time_text(run.created_on),
        "modified_on": time_text(run.modified_on),
        "exited_on": time_text(run.exited_on),
        "exit_type": run.exit_type,
    }


def path_json(steps: Iterable[Step], in_words: Callable[[datetime], str | None] = time_text) -> list[Json]:
    """The nodes that a run passed, and when."""
    return [{"node": step.node, "time": in_words(step.time)} for step in steps]


def archived_run_json(run: Run, flow: Flow, contact: Contact) -> Json:
    """One line of an archive of runs: no start and no address, but the input whatever the server's generation."""
    return {
        "id": run.id,
        "uuid": run.uuid,
        "flow": _reference(flow),
        "contact": _reference(contact),
        "responded": run.responded,
        "path": path_json(run.path[:_MOST_STEPS], archived_time_text),
        "values": _values(run, with_input=True, in_words=_rounded),
        "created_on": archived_time_text(run.created_on),
        "modified_on": archived_time_text(run.modified_on),
        "exited_on": archived_time_text(run.exited_on),
        "exit_type": run.exit_type,
    }


def old_archived_run_json(run: Run, flow: Flow, contact: Contact) -> Json:
    """One line of an archive of about 2016 to 2018: no uuid, and a list of results with one key each."""
    made = archived_run_json(run, flow, contact)
    values = [{key: value} for key, value in made["values"].items()]
    return {key: value for key, value in made.items() if key != "uuid"} | {"values": values}


def message_json(
    message: Message, flow: Flow | None, contact: Contact, workspace: Workspace, generation: Generation
) -> Json:
    """One item of `messages.json`."""
    attachments = _attachments(message)
    return {
        "id": message.id,
        **({"uuid": message.uuid, "quick_replies": []} if generation.messages_have_uuids else {}),
        "broadcast": None,
        "contact": _reference(contact),
        "urn": None if workspace.anon else _first_urn(contact),
        "channel": None,
        "direction": message.direction,
        "type": "text",
        "status": message.status,
        "archived": message.visibility == "archived",
        "visibility": message.visibility,
        "text": message.text,
        "labels": [],
        "flow": _reference(flow) if flow else None,
        "attachments": attachments,
        "created_on": time_text(message.created_on),
        "sent_on": time_text(message.sent_on),
        "modified_on": time_text(message.modified_on),
        "media": message.attachments[0] if message.attachments else None,
    }


def archived_message_json(message: Message, flow: Flow | None, contact: Contact, workspace: Workspace) -> Json:
    """One line of an archive of messages."""
    return {
        "id": message.id,
        "uuid": message.uuid,
        "broadcast": None,
        "contact": _reference(contact),
        "urn": None if workspace.anon else _first_urn(contact),
        "channel": None,
        "flow": _reference(flow) if flow else None,
        "direction": message.direction,
        "type": "text",
        "status": message.status,
        "visibility": message.visibility,
        "text": message.text,
        "attachments": _attachments(message),
        "labels": [],
        "created_on": archived_time_text(message.created_on),
        "sent_on": archived_time_text(message.sent_on),
        "modified_on": archived_time_text(message.modified_on),
    }


def _rounded(value: Value) -> str | None:
    """When a result was saved, as archives have it: they round the nanoseconds that listings cut off."""
    return archived_time_text(value.time + timedelta(microseconds=round(value.nanoseconds / 1000)))


def _values(run: Run, *, with_input: bool, in_words: Callable[[Value], str | None]) -> Json:
    """The results as the flow engine keeps them: it cuts a value, but not an input, and leaves out an empty one."""
    return {
        key: {
            "name": value.name,
            "value": value.value and value.value[:_MOST_VALUE_CHARACTERS],
            "category": value.category,
            "node": value.node,
            "time": in_words(value),
            **({"input": value.input or None} if with_input else {}),
        }
        for key, value in run.values.items()
    }


def _reference(named: Flow | Contact) -> Json:
    return {"uuid": named.uuid, "name": named.name}


def _address(contact: Contact, workspace: Workspace) -> Json:
    urn = _first_urn(contact)
    if workspace.anon:
        masked = _masked(urn) if urn else None
        return {"urn": masked, "urn_display": None, "ref": _ref(contact), "anon_display": _ref(contact)}
    return {"urn": urn, "urn_display": _display(urn) if urn else None}


def _first_urn(contact: Contact) -> str | None:
    return next(iter(contact.urns), None)


def _masked(urn: str) -> str:
    return f"{urn.partition(':')[0]}:{_MASK}"


def _ref(contact: Contact) -> str:
    return f"{contact.id:010}"


def _display(urn: str) -> str:
    """A Somali number as people there write it; of anything else the path."""
    scheme, _, path = urn.partition(":")
    if scheme == "tel" and path.startswith("+252"):
        local = f"0{path[4:]}"
        return f"{local[:3]} {local[3:6]} {local[6:]}"
    return path.removeprefix("+")


def _attachments(message: Message) -> list[Json]:
    parts = (attachment.partition(":") for attachment in message.attachments)
    return [{"content_type": content_type, "url": url} for content_type, _, url in parts]
