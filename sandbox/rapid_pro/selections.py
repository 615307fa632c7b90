"""Which rows and archives a query asks for (sources.md A.3 and A.6)."""

from collections.abc import Mapping
from datetime import date

from sandbox.rapid_pro.archives import Archive
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.generations import Generation
from sandbox.rapid_pro.listing import Listing, Window
from sandbox.rapid_pro.model import Contact, Flow, Message, Run
from sandbox.rapid_pro.query import Query, QueryError, Test, instant_of

_SENT = frozenset({"wired", "sent", "delivered", "read"})
_FAILED = frozenset({"errored", "failed"})


def flows_of(query: Query, database: Database, generation: Generation) -> Window[Flow]:
    """The flows that are asked for, the newest first; `after` and `before` apply to when they were modified."""
    uuid = query.uuid("uuid", refuses_malformed=generation.refuses_malformed_uuids)
    kind, archived = query.text("type"), query.text("archived")
    window = query.window(
        Listing.of(((flow.modified_on, number), flow) for number, flow in enumerate(database.flows.values())),
        lambda flow: uuid is None or flow.uuid == uuid,
        lambda flow: kind is None or flow.type == kind,
        lambda flow: archived is None or flow.archived == query.flag("archived"),
    )
    newest_first = Listing.of(((flow.created_on, number), flow) for number, flow in enumerate(window))
    return newest_first.window(None, None, oldest_first=False)


def contacts_of(query: Query, database: Database, generation: Generation) -> Window[Contact]:
    """The contacts that are asked for: those who are there, or those who were deleted."""
    uuid = query.uuid("uuid", refuses_malformed=generation.refuses_malformed_uuids)
    urn = query.text("urn")
    if urn and database.workspace.anon:
        raise QueryError("URN lookups not allowed for anonymous organizations")
    if urn and not all(urn.partition(":")):
        raise QueryError(f"Invalid URN: {urn}")
    return query.window(
        database.contacts.listing,
        lambda contact: contact.deleted == query.flag("deleted"),
        lambda contact: uuid is None or contact.uuid == uuid,
        lambda contact: urn is None or urn in contact.urns,
        lambda _: query.text("group") is None,
    )


def runs_of(query: Query, database: Database, generation: Generation) -> Window[Run]:
    """The runs that are asked for."""
    query.only_one_of("contact", "flow")
    flow = query.uuid("flow", refuses_malformed=generation.refuses_malformed_uuids)
    contact, uuid, number = query.text("contact"), query.uuid("uuid"), query.integer("id")
    tests: list[Test[Run]] = []
    if contact is not None:
        tests.append(lambda run: run.contact == contact)
    if uuid is not None:
        tests.append(lambda run: run.uuid == uuid)
    if number is not None:
        tests.append(lambda run: run.id == number)
    if query.flag("responded"):
        tests.append(lambda run: run.responded)
    if flow is None:
        return query.window(database.runs.listing, *tests)
    return query.window(database.runs_by_flow[flow].listing if flow in database.flows else Listing[Run](), *tests)


def messages_of(query: Query, database: Database, generation: Generation) -> Window[Message]:
    """The messages that are asked for; a folder that the server does not know is empty."""
    query.only_one_of("contact", "folder", "label", "broadcast")
    uuid = query.uuid("uuid") if generation.messages_have_uuids else None
    contact, number = query.text("contact"), query.integer("id")
    folder = (query.text("folder") or "").lower()
    tests: list[Test[Message]] = [
        lambda message: uuid is None or message.uuid == uuid,
        lambda message: number is None or message.id == number,
        lambda message: contact is None or message.contact == contact,
        lambda _: query.text("label") is None and query.text("broadcast") is None,
    ]
    everything = database.messages.rows.values()
    if folder == "incoming" and generation.has_incoming_folder:
        incoming = (message for message in everything if message.direction == "in")
        return query.window(Listing.of(((message.modified_on, message.id), message) for message in incoming), *tests)
    tests.append(lambda message: message.visibility != "deleted" and _FOLDERS.get(folder, _nothing)(message))
    window = query.window(database.messages.listing, *tests)
    if folder != "sent":
        return window
    by_sending = Listing.of(((message.sent_on or message.created_on, message.id), message) for message in window)
    return by_sending.window(None, None, oldest_first=False)


def archives_of(query: Query, database: Database, generation: Generation) -> list[Archive]:
    """The archives that are asked for, those of the newest days first."""
    kind = next(filter(None, map(query.text, generation.archive_type_parameters)), None)
    period = query.text("period")
    try:
        after, before = (_day(query.text(name)) for name in ("after", "before"))
    except ValueError:
        return []
    return [
        database.archives[key]
        for key in sorted(database.archives, key=lambda key: (key.start_date, key.period, key.type), reverse=True)
        if (kind is None or key.type == kind)
        and (period not in {"daily", "monthly"} or key.period == period)
        and (after is None or key.start_date >= after)
        and (before is None or key.start_date <= before)
    ]


def _day(text: str | None) -> date | None:
    instant = instant_of(text)
    return None if instant is None else instant.date()


def _nothing(_: Message) -> bool:
    return False


_FOLDERS: Mapping[str, Test[Message]] = {
    "": lambda _: True,
    "inbox": lambda message: message.direction == "in" and message.visibility == "visible" and message.flow is None,
    "flows": lambda message: message.direction == "in" and message.visibility == "visible" and message.flow is not None,
    "archived": lambda message: message.direction == "in" and message.visibility == "archived",
    "outbox": lambda message: message.direction == "out" and message.status == "queued",
    "sent": lambda message: message.direction == "out" and message.status in _SENT,
    "failed": lambda message: message.direction == "out" and message.status in _FAILED,
}
