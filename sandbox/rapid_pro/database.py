"""Everything that one workspace holds, and what can happen to it while clients read."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from threading import RLock
from typing import TypeAlias

import orjson

from sandbox.rapid_pro.archives import (
    Archive,
    ArchiveKey,
    ArchiveType,
    archive,
    periods,
    rolled_up,
    without_contact,
)
from sandbox.rapid_pro.listing import Table
from sandbox.rapid_pro.model import Contact, Flow, Message, Run, Workspace
from sandbox.rapid_pro.render import Json, archived_message_json, archived_run_json, old_archived_run_json

RunJson: TypeAlias = Callable[[Run, Flow, Contact], Json]
"""From a run to its line in an archive."""

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


class Database:
    """One workspace. Whoever reads holds `lock`; the methods, which change it, do so themselves."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        flows: Iterable[Flow] = (),
        contacts: Iterable[Contact] = (),
        runs: Iterable[Run] = (),
        messages: Iterable[Message] = (),
    ) -> None:
        self.lock = RLock()
        self.workspace = workspace
        self.flows = {flow.uuid: flow for flow in flows}
        self.contacts = Table(contacts, lambda row: row.uuid, lambda row: (row.modified_on, row.id))
        self.messages = Table(messages, lambda row: row.uuid, lambda row: (row.created_on, row.id))
        self.runs = _runs(runs)
        self.archives: dict[ArchiveKey, Archive] = {}
        self.version = 0
        """Goes up whenever a flow or a contact changes, since other rows show their names and numbers."""

        of_flow: dict[str, list[Run]] = defaultdict(list)
        for run in self.runs.rows.values():
            of_flow[run.flow].append(run)
        self.runs_by_flow = {flow: _runs(of_flow[flow]) for flow in self.flows}
        self.run_counts = {flow: Counter(run.status for run in of_flow[flow]) for flow in self.flows}
        """By flow and status; runs that were archived and purged count on."""
        self.uncounted_runs: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """What newer servers count beside these: the ended runs of deleted contacts, less purged ones that waited."""
        self._archived: dict[str, Run | Message] = {}
        """By uuid, in the version that stands in an archive."""
        self._archived_until: dict[ArchiveType, date] = {}

    def put_flow(self, flow: Flow) -> None:
        """Add a flow, rename it, archive it."""
        with self.lock:
            self.version += 1
            self.flows[flow.uuid] = flow
            self.runs_by_flow.setdefault(flow.uuid, _runs([]))
            self.run_counts.setdefault(flow.uuid, Counter())

    def put_contact(self, contact: Contact) -> None:
        """Add a contact or change it."""
        with self.lock:
            self.version += 1
            self.contacts.put(contact)

    def put_run(self, run: Run) -> None:
        """Add a run, even one that shows up late with an earlier `modified_on`, or change it."""
        with self.lock:
            replaced = self.runs.put(run)
            if replaced is not None:
                self.run_counts[replaced.flow][replaced.status] -= 1
            self.runs_by_flow[run.flow].put(run)
            self.run_counts[run.flow][run.status] += 1

    def put_message(self, message: Message) -> None:
        """Add a message or change it."""
        with self.lock:
            self.messages.put(message)

    def remove_run(self, run: Run) -> None:
        """Delete a run, which its flow then no longer counts."""
        with self.lock:
            self._purge_run(run)
            self.run_counts[run.flow][run.status] -= 1

    def delete_contact(self, contact_uuid: str, deleted_on: datetime) -> None:
        """Delete a contact with its runs and messages; archives keep theirs until they are rewritten."""
        with self.lock:
            contact = self.contacts.rows[contact_uuid]
            for run in [run for run in self.runs.rows.values() if run.contact == contact_uuid]:
                self.remove_run(run)
                self.uncounted_runs[run.flow][run.status] += run.exit_type is not None
            for message in [message for message in self.messages.rows.values() if message.contact == contact_uuid]:
                self.messages.remove(message)
            self.put_contact(replace(contact, deleted=True, urns=(), name=None, modified_on=deleted_on))

    def archive(self, before: date, *, purge: bool, whole_months: bool = True, old_format: bool = False) -> None:
        """Archive runs and messages of the UTC days before one, unless a day has been archived already.

        Args:
            before: The first day that stays out.
            purge: Whether they go at once; else they stay live as well, until `purge`.
            whole_months: Whether months that are complete become monthly archives at once, as when a workspace is
                archived for the first time.
            old_format: Whether runs are written as they were until about 2018.
        """
        with self.lock:
            run_json = old_archived_run_json if old_format else archived_run_json
            self._archive("run", before, whole_months=whole_months, run_json=run_json)
            self._archive("message", before, whole_months=whole_months, run_json=run_json)
            if purge:
                self.purge()

    def purge(self) -> None:
        """Remove live runs and messages that stand in an archive, but for those that changed since."""
        with self.lock:
            for uuid, row in self._archived.items():
                if isinstance(row, Run) and self.runs.rows.get(uuid) is row:
                    self._purge_run(row)
                    self.uncounted_runs[row.flow][row.status] -= row.exit_type is None
                elif isinstance(row, Message) and self.messages.rows.get(uuid) is row:
                    self.messages.remove(row)

    def roll_up(self, kind: ArchiveType, month: date) -> None:
        """Put a monthly archive in the place of a month's daily ones."""
        with self.lock:
            first = month.replace(day=1)
            dailies = [
                self.archives.pop(key)
                for key in sorted(self.archives)
                if key.type == kind and key.period == "daily" and key.start_date.replace(day=1) == first
            ]
            self._keep(rolled_up(first, dailies))

    def rewrite_archive(self, key: ArchiveKey, *, without: str) -> None:
        """Put another version in the place of an archive, without the records of one contact."""
        with self.lock:
            self._keep(without_contact(self.archives[key], without))

    def _keep(self, made: Archive) -> None:
        self.archives[made.key] = made

    def _purge_run(self, run: Run) -> None:
        self.runs.remove(run)
        self.runs_by_flow[run.flow].remove(run)

    def _archive(self, kind: ArchiveType, before: date, *, whole_months: bool, run_json: RunJson) -> None:
        table = self.runs if kind == "run" else self.messages
        midnight = datetime.combine(before, time(), UTC)
        old = [row for row in table.listing.window(None, midnight - _TICK, oldest_first=True) if _is_archived(row)]
        first = self._archived_until.get(kind, _day_of(old[0]).replace(day=1) if old else before)
        by_day: dict[date, list[Run | Message]] = defaultdict(list)
        for row in old:
            by_day[_day_of(row)].append(row)
        for key, end in periods(kind, first, before, whole_months=whole_months):
            rows = [row for days in range((end - key.start_date).days) for row in by_day[key.start_date + days * _DAY]]
            self._keep(archive(key, (self._line(row, run_json) for row in rows)))
            self._archived |= {row.uuid: row for row in rows}
        self._archived_until[kind] = max(first, before)

    def _line(self, row: Run | Message, run_json: RunJson) -> bytes:
        contact = self.contacts.rows[row.contact]
        if isinstance(row, Run):
            return orjson.dumps(run_json(row, self.flows[row.flow], contact))
        flow = self.flows[row.flow] if row.flow else None
        return orjson.dumps(archived_message_json(row, flow, contact, self.workspace))


def _runs(rows: Iterable[Run]) -> Table[Run]:
    return Table(rows, lambda row: row.uuid, lambda row: (row.modified_on, row.id))


def _day_of(row: Run | Message) -> date:
    return (row.modified_on if isinstance(row, Run) else row.created_on).astimezone(UTC).date()


def _is_archived(row: Run | Message) -> bool:
    """Archives have no deleted messages."""
    return isinstance(row, Run) or row.visibility != "deleted"
