"""Whatever happens to a workspace, and wherever fetches are cut off: the raw store ends up with what the server has."""

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest

from pipeline_lib.errors import SourceError
from pipeline_lib.sources.rapid_pro import archive_fetch, flow_log, live_fetch
from pipeline_lib.sources.rapid_pro.flow_log import LIVE, FlowLog
from pipeline_lib.sources.rapid_pro.latest_versions import newest_versions
from pipeline_lib.sources.rapid_pro.records import Record
from pipeline_lib.storage import Storage
from sandbox.rapid_pro import api
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.faults import Change, Fault
from sandbox.rapid_pro.model import Run
from tests.unit.sources.rapid_pro.fetching.workspace import FLOWS, START, Fetcher

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
RETENTION = 90 * DAY
STEPS = 30
SEEDS = (24, 27)  # that lose runs if contacts, or a listing that failed, are not read to their very end


@pytest.fixture(autouse=True)
def small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a dozen runs are several pages, parts and merges."""
    monkeypatch.setattr(api, "PAGE_SIZE", 8)
    for module in (live_fetch, archive_fetch, flow_log):
        monkeypatch.setattr(module, "PART_RECORDS", 12)
    monkeypatch.setattr(flow_log, "_MANY_PARTS", 3)


class KilledError(BaseException):
    """What nobody catches."""


class MortalStorage:
    """A storage that is killed at one of its writes, just before it or just after."""

    def __init__(self, storage: Storage, lives: int, *, after: bool) -> None:
        self._storage, self._lives, self._after = storage, lives, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._storage, name)
        return self._mortal(method) if name in {"create", "replace"} else method

    def _mortal(self, write: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*arguments: Any, **named: Any) -> None:
            self._lives -= 1
            if self._lives == 0 and not self._after:
                raise KilledError
            write(*arguments, **named)
            if self._lives == 0:
                raise KilledError

        return wrapped


@dataclass
class History:
    """What happens, at random, but the same for the same seed."""

    fetcher: Fetcher
    rng: Random
    now: datetime = START
    rewritten: set[str] = field(default_factory=set)
    """Contacts whose runs were taken out of an archive."""

    @property
    def database(self) -> Database:
        return self.fetcher.server.database

    def contact(self) -> str:
        return self.fetcher.world.contact(self.rng.randrange(1, 6))

    def live_runs(self) -> list[Run]:
        return sorted(self.database.runs.rows.values(), key=lambda run: run.id)

    def answers(self, at: datetime) -> None:
        self.fetcher.world.run(self.contact(), at=at, flow=self.rng.choice(list(FLOWS)))

    def some_answer(self) -> None:
        for _ in range(self.rng.randrange(1, 8)):
            self.now += self.rng.choice([0, 1, 10, 600, 1500]) * MINUTE
            self.answers(self.now)

    def some_answer_again(self) -> None:
        """Runs that are live change, those included that stand in an archive already."""
        self.now += MINUTE
        for run in self.rng.sample(self.live_runs(), min(3, len(self.live_runs()))):
            (key, value), *_ = run.values.items()
            text = f"{value.value} again"
            self.database.put_run(
                replace(run, modified_on=self.now, values={key: replace(value, value=text, input=text, time=self.now)})
            )

    def one_shows_up_late(self) -> None:
        self.answers(self.now - self.rng.randrange(15) * MINUTE)

    def a_contact_changes(self) -> None:
        contact = self.rng.choice(list(self.database.contacts.rows.values()))
        self.database.put_contact(replace(contact, modified_on=self.now + self.rng.randrange(-1, 2) * MINUTE))

    def long_silence(self) -> None:
        self.now += self.rng.choice([2, 30, 60, 89, 100]) * DAY

    def archived(self) -> None:
        self.database.archive(
            (self.now - RETENTION).date(), purge=self.rng.random() < 0.7, whole_months=self.rng.random() < 0.5
        )

    def purged(self) -> None:
        self.database.purge()

    def rolled_up(self) -> None:
        """The first complete month that has dailies."""
        dailies = sorted(key for key in self.database.archives if key.type == "run" and key.period == "daily")
        months = sorted({key.start_date.replace(day=1) for key in dailies})
        if len(months) > 1:
            self.database.roll_up("run", months[0])

    def rewritten_archive(self) -> None:
        keys = [key for key, archive in self.database.archives.items() if key.type == "run" and archive.lines]
        if keys:
            contact = self.contact()
            self.rewritten.add(contact)
            self.database.rewrite_archive(self.rng.choice(keys), without=contact)

    def fetched(self) -> None:
        server = self.fetcher.server
        if self.rng.random() < 0.7:  # something happens while it is
            happens = self.rng.choice([self.archived, self.archived, self.a_contact_changes, self.purged])
            endpoint, number = self.rng.choice(["archives", "download", "contacts", "runs"]), self.rng.randrange(1, 3)
            server.changes.append(Change(endpoint, lambda _: happens(), after_requests=number))
        try:
            self.fetcher.fetch(*FLOWS, now=self.now)
        finally:
            server.changes.clear()

    def refused(self) -> None:
        """A fetch that ends at one of its requests."""
        endpoint = self.rng.choice(["contacts", "archives", "archives", "download", "runs", "runs", "messages"])
        self.fetcher.server.faults.append(Fault("403", endpoint, times=math.inf, after_requests=self.rng.randrange(5)))
        with suppress(SourceError):
            self.fetched()
        self.fetcher.server.faults.clear()

    def killed(self) -> None:
        """A fetch that ends at one of its writes."""
        storage: Any = MortalStorage(self.fetcher.storage, self.rng.randrange(1, 12), after=self.rng.random() < 0.5)
        mortal = replace(self, fetcher=replace(self.fetcher, storage=storage))
        with suppress(KilledError):
            mortal.fetched()


def versions_on_server(database: Database, flow: str) -> Iterator[tuple[str, str, str]]:
    """Uuid, `modified_on` and value of all runs, live and archived, without the help of what is tested."""
    for run in database.runs.rows.values():
        if run.flow == flow:
            (value,) = run.values.values()
            yield run.uuid, run.modified_on.isoformat(), str(value.value)
    for key, archive in database.archives.items():
        for run in map(orjson.loads, archive.lines if key.type == "run" else ()):
            if run["flow"]["uuid"] == flow:
                (answer,) = run["values"].values()
                yield run["uuid"], datetime.fromisoformat(run["modified_on"]).isoformat(), answer["value"]


HAPPENINGS = {
    History.some_answer: 5,
    History.some_answer_again: 2,
    History.one_shows_up_late: 2,
    History.a_contact_changes: 1,
    History.long_silence: 3,
    History.archived: 3,
    History.purged: 1,
    History.rolled_up: 1,
    History.rewritten_archive: 1,
    History.fetched: 3,
    History.refused: 2,
    History.killed: 2,
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_raw_store_has_the_newest_version_of_all_that_the_server_has(fetcher: Fetcher, seed: int) -> None:
    fetcher.limit = 1.0
    rng = Random(seed)  # noqa: S311 - to be repeatable
    history = History(fetcher, rng)
    for _ in range(5):
        history.some_answer()
    happenings = rng.choices(list(HAPPENINGS), list(HAPPENINGS.values()), k=STEPS)
    for happening in happenings:
        happening(history)
    fetcher.fetch(*FLOWS, now=history.now)
    for flow in FLOWS.values():
        on_server: dict[str, tuple[str, str]] = {}
        for run, modified_on, value in versions_on_server(fetcher.server.database, flow.uuid):
            on_server[run] = max(on_server.get(run, ("", "")), (modified_on, value))
        with newest_versions(FlowLog(fetcher.storage, flow.uuid)) as versions:
            found = list(versions)
        stored = {each.record.run: version_of(each.record) for each in found}
        assert len(stored) == len(found)
        missing_or_stale = {run: stored.get(run) for run, version in on_server.items() if stored.get(run) != version}
        assert missing_or_stale == {}, [happening.__name__ for happening in happenings]
        gone = [each for each in found if each.record.run not in on_server]
        assert {each.record.contact for each in gone} <= history.rewritten
        assert {each.origin for each in gone} <= {LIVE}


def version_of(record: Record) -> tuple[str, str | None]:
    return record.modified_on, record.values[0].value
