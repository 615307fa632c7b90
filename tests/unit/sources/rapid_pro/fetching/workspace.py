"""A workspace on a sandbox server, and fetches from it into a folder."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from pipeline_lib.config.sources import RapidProSource
from pipeline_lib.identity.sqlite import SqliteUuidTable
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.http.retry_policy import Timing
from pipeline_lib.sources.rapid_pro.client import RapidProClient, open_client
from pipeline_lib.sources.rapid_pro.fetch import Workspace as FetchedWorkspace
from pipeline_lib.sources.rapid_pro.fetch import fetch_flows
from pipeline_lib.sources.rapid_pro.flow_log import FlowLog
from pipeline_lib.sources.rapid_pro.latest_versions import newest_versions
from pipeline_lib.sources.rapid_pro.records import Record
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import Storage
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.model import ALL_RESPONSES, Contact, Flow, Message, Result, Run, Value
from sandbox.rapid_pro.server import TOKEN, RapidProServer

START = datetime(2025, 9, 1, 6, tzinfo=UTC)
NOW = datetime(2025, 9, 16, 23, tzinfo=UTC)
PLACE = "pipeline.json: RawDataSources[0]"
SHOW, DEMOG = "show", "demog"
OPEN = Result("rqa_s01e01", "Rqa_S01E01", "a0000000-0000-4000-8000-000000000001")
RULED = Result("gender", "Gender", "a0000000-0000-4000-8000-000000000002", ("Man", "Woman", "Other"))


def uuid(kind: int, number: int) -> str:
    return str(UUID(fields=(kind, 0, 0x4000, 0x80, 0, number)))


@dataclass
class World:
    """What happens on the server, minute by minute."""

    database: Database
    run_count: int = 0
    message_count: int = 0

    def contact(self, number: int, *urns: str) -> str:
        """A contact; without URNs it has a number of its own."""
        made = Contact(number, uuid(3, number), START, START, urns or (f"tel:+25261{number:07}",), f"Name {number}")
        self.database.put_contact(made)
        return made.uuid

    def no_urn(self, number: int) -> str:
        made = Contact(number, uuid(3, number), START, START, (), f"Name {number}")
        self.database.put_contact(made)
        return made.uuid

    def run(self, contact: str, text: str = "", *, at: datetime, flow: str = SHOW, value: str = "", **more: Any) -> Run:
        """An answered run: of the flow `show` with a whole text, of `demog` with what a rule made of it."""
        self.run_count += 1
        result = OPEN if flow == SHOW else RULED
        category = ALL_RESPONSES if flow == SHOW else "Man"
        text = text or f"text {self.run_count}"
        answered = Value(result.name, value or text, category, result.node, at, text)
        made = Run(
            id=self.run_count,
            uuid=uuid(4, self.run_count),
            flow=FLOWS[flow].uuid,
            contact=contact,
            created_on=at - timedelta(minutes=1),
            modified_on=at,
            exited_on=at,
            exit_type="completed",
            values={result.key: answered},
        )
        made = replace(made, **more)
        self.database.put_run(made)
        return made

    def message(self, contact: str, text: str, *, at: datetime, flow: str = DEMOG) -> None:
        """A message that a flow received."""
        self.message_count += 1
        made = Message(
            id=self.message_count,
            uuid=uuid(5, self.message_count),
            contact=contact,
            direction="in",
            text=text,
            created_on=at,
            modified_on=at,
            flow=FLOWS[flow].uuid,
        )
        self.database.put_message(made)


FLOWS = {
    SHOW: Flow(uuid(1, 1), SHOW, START, START, (OPEN,)),
    DEMOG: Flow(uuid(1, 2), DEMOG, START, START, (RULED,)),
}


@dataclass
class Fetcher:
    """Fetches what one server has into one folder."""

    server: RapidProServer
    world: World
    storage: Storage
    table: SqliteUuidTable
    test_contacts: tuple[str, ...] = ()
    limit: float = 0.01
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT
    is_full_fetch: bool = False
    waits: list[float] = field(default_factory=list)

    def client(self) -> RapidProClient:
        timing = Timing(sleep=self.waits.append)
        return open_client("textit.example", TOKEN, place=PLACE, timing=timing)

    def fetch(self, *flows: str, now: datetime = NOW, run_folder: str = "runs/today") -> FetchResult:
        source = RapidProSource.model_validate(
            {
                "SourceType": "RapidPro",
                "Domain": "textit.example",
                "TokenFileURL": "token.txt",
                "ActivationFlowNames": [flow for flow in flows or (SHOW,) if flow != DEMOG],
                "SurveyFlowNames": [flow for flow in flows if flow == DEMOG],
                "TestContactUUIDs": list(self.test_contacts),
            }
        )
        workspace = FetchedWorkspace(
            source, PLACE, self.client(), self.table.uuids, self.storage, is_full_fetch=self.is_full_fetch
        )
        targets = run_targets(self.storage, run_folder)
        return fetch_flows(
            workspace,
            targets=targets,
            quarantine_share_limit=self.limit,
            now=now,
            shrink_limit=self.shrink_limit,
        )

    def records(self, flow: str = SHOW) -> list[Record]:
        """The newest version of every run in the raw store."""
        with newest_versions(FlowLog(self.storage, FLOWS[flow].uuid)) as versions:
            return [version.record for version in versions]

    def raw_data(self, flow: str = SHOW, run_folder: str = "runs/today") -> list[Any]:
        return [orjson.loads(line) for line in self.storage.read(f"{run_folder}/Raw Data/{flow}.jsonl").splitlines()]

    def texts(self, flow: str = SHOW) -> list[str | None]:
        return [result.text for record in self.records(flow) for result in record.values]

    def quarantine(self, flow: str = SHOW, run_folder: str = "runs/today") -> list[Any]:
        lines = self.storage.read(f"{run_folder}/Quarantine/{flow}.jsonl").splitlines()
        return [orjson.loads(line) for line in lines]
