"""The archived runs of several flows: each archive is read once for all of them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from pipeline_lib.errors import RetriableSourceError
from pipeline_lib.model.lenient_json import parse_leniently
from pipeline_lib.progress import track
from pipeline_lib.sources.base import Participants
from pipeline_lib.sources.rapid_pro.archive_choice import archives_to_read, version
from pipeline_lib.sources.rapid_pro.archives import Archive
from pipeline_lib.sources.rapid_pro.contact_cache import ContactsServer, KnownPersons
from pipeline_lib.sources.rapid_pro.deidentify import Persons, archived_records, contact_uuids
from pipeline_lib.sources.rapid_pro.flow_log import PART_RECORDS, FlowLog, Part
from pipeline_lib.sources.rapid_pro.flows import Flow
from pipeline_lib.sources.rapid_pro.json_values import uuid_of
from pipeline_lib.sources.rapid_pro.known_words import with_known_words

_ATTEMPTS = 3

DoneT = TypeVar("DoneT")


class ArchiveServer(ContactsServer, Protocol):
    """The part of the client that this module needs."""

    def run_archives(self) -> Sequence[Archive]:
        """All archives of runs."""

    def archive_lines(self, archive: Archive, *, only: Collection[bytes] = ()) -> Iterator[bytes]:
        """An archive's lines that contain one of `only`; raises at their end if the archive is not as listed."""


class FlowToFetch(NamedTuple):
    """A flow, its log, and the first day whose runs may be in archives only."""

    flow: Flow
    log: FlowLog
    missing_since: date


class _Wanted(NamedTuple):
    flow: FlowToFetch
    instead_of: frozenset[str]


def fetch_archives(
    flows: Iterable[FlowToFetch],
    server: ArchiveServer,
    persons: KnownPersons,
    participants: Participants,
) -> int:
    """Read the necessary archives into the flows' logs; returns how many there were.

    Args:
        flows: Flows of one workspace.
        server: The workspace's server.
        persons: Its known contacts.
        participants: From addresses to participant uuids.

    Raises:
        SourceError: The server does not answer, or an archive is not as it was listed; what was stored before stays.
        StorageConflictError: Another fetch of a flow was quicker.
    """
    chosen = _chosen(flows, server.run_archives())
    if not chosen:
        return 0
    contacts: set[str] = set()
    for archive, wanted in track(chosen, "Looking for contacts, archives"):
        contacts |= _tried(partial(_contacts, server, archive, wanted))
    known = persons.persons(contacts, server, participants)
    for archive, wanted in track(chosen, "Reading runs, archives"):
        _tried(partial(_read, server, archive, wanted, known))
    return len(chosen)


def _chosen(flows: Iterable[FlowToFetch], listed: Sequence[Archive]) -> list[tuple[Archive, list[_Wanted]]]:
    by_key: defaultdict[str, list[_Wanted]] = defaultdict(list)
    archives: dict[str, Archive] = {}
    for flow in flows:
        for each in archives_to_read(listed, flow.log.state, flow.missing_since):
            archives[each.archive.key] = each.archive
            by_key[each.archive.key].append(_Wanted(flow, each.instead_of))
    return [(archive, by_key[key]) for key, archive in sorted(archives.items(), key=lambda item: item[1].start_date)]


def _contacts(server: ArchiveServer, archive: Archive, wanted: Sequence[_Wanted]) -> set[str]:
    return {contact for _, runs in _batches(server, archive, wanted) for contact in contact_uuids(runs)}


def _read(server: ArchiveServer, archive: Archive, wanted: Sequence[_Wanted], persons: Persons) -> None:
    parts: dict[str, list[Part]] = {each.flow.flow.uuid: [] for each in wanted}
    flows = {each.flow.flow.uuid: each.flow for each in wanted}
    for flow_uuid, runs in _batches(server, archive, wanted):
        flow, log, _ = flows[flow_uuid]
        found = archived_records(runs, persons, flow.open_results)
        records = [with_known_words(record, flow.words) for record in found.records]
        parts[flow_uuid].append(log.part(archive.key, records, found.quarantined))
    for each in wanted:
        flow, log, _ = each.flow
        log.add_archive(archive.key, version(archive), parts[flow.uuid], instead_of=each.instead_of)


def _batches(server: ArchiveServer, archive: Archive, wanted: Sequence[_Wanted]) -> Iterator[tuple[str, list[Any]]]:
    """Batches of runs, each of one flow; only at the end is it known whether they can be kept."""
    if archive.download_url is None:
        return  # it was rewritten to hold nothing
    flow_uuids = [each.flow.flow.uuid for each in wanted]
    batch: defaultdict[str, list[Any]] = defaultdict(list)
    for number, line in enumerate(server.archive_lines(archive, only=[uuid.encode() for uuid in flow_uuids]), 1):
        flow_uuid, run = _run(line)
        for uuid in flow_uuids:
            if uuid == flow_uuid or (flow_uuid is None and uuid.encode() in line):
                batch[uuid].append(run)
        if number % PART_RECORDS == 0:
            yield from batch.items()
            batch.clear()
    yield from batch.items()


def _run(line: bytes) -> tuple[str | None, Any]:
    """The uuid of a run's flow, and the run; both None if the line is not a run of a flow."""
    try:
        run = parse_leniently(line)
    except ValueError:
        return None, None
    flow = uuid_of(run.get("flow")) if isinstance(run, dict) else ""
    return (flow, run) if flow else (None, None)


def _tried(work: Callable[[], DoneT]) -> DoneT:
    """The result of reading an archive. A download that broke off is repeated: nothing of it has been kept."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(RetriableSourceError):
            return work()
    return work()
