"""An invented number, name, text and token go through a whole run at DEBUG; nothing tells them that should not.

What leaves is looked at wherever it arrives: every request to Drive, archives unpacked, profiles, events.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import tarfile
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.drive_clients import EMULATOR_SETTING
from pipeline_lib.stages.events import SETTING as DASHBOARD_SETTING
from pipeline_lib.storage.manifest import read_manifest_at
from sandbox.demo_world import GENERATION, write_demo_world
from sandbox.drive.api import Answer, Call
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, write_key
from sandbox.firestore_emulator import why_it_cannot_run
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.faults import Fault
from sandbox.rapid_pro.model import Contact, Run
from sandbox.rapid_pro.server import RapidProServer
from tests.forked_commands import run_command_at_debug

REPOSITORY = Path(__file__).parents[2]
NUMBER, OTHER_ADDRESS = "252617654321", "kanaari@example.org"
SPELLINGS: tuple[Any, ...] = (
    int(NUMBER),
    float(NUMBER),
    NUMBER,
    f"+{NUMBER}",
    f"{NUMBER}.0",
    "2.52617654321E+11",
    "(252) 61-765 4321",
    "252.61.765.4321",
    "٢٥٢٦١٧٦٥٤٣٢١",
    "25\u200b26\u200b17\u200b65\u200b43\u200b21",
    f"tel:+{NUMBER}",
    f"telegram:{NUMBER}#kanaari",
    f"avf-phone-uuid-{NUMBER}",
    f"avf-phone-uuid-tel:+{NUMBER}",
    "avf-phone-uuid-252 61 765 4321",
    [NUMBER],
    ["252", "61", "765", "4321"],
    {"urns": [f"tel:+{NUMBER}"]},
    {"contact": {"number": int(NUMBER)}},
    {NUMBER: "kanaari"},
)
"""The number as it may stand in a field."""

WHO = "avf-phone-uuid-ca9a91ca-0000-4000-8000-000000000001"
NAME, TEXT = "Kanaari Magaceeda", "kanaari hadal gaar ah oo qarsoodi ah"
TOKEN = "ca9a91ca9a91ca9a91ca9a91ca9a91ca9a91ca9a"  # noqa: S105 - of a server that the test starts
SENT_AT = datetime(2025, 9, 8, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Checkout:
    root: Path
    server: RapidProServer
    drive: DriveServer | None = None
    sent_to_drive: list[bytes] = field(default_factory=list)
    """Every request but for its token: where it went, what it asked, its body."""
    dashboard: Client | None = None
    """Where events are documents; None where no emulator is here, as on a developer's machine."""

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command at DEBUG; what it logs goes to `debug.log`."""
        settings = {STAND_IN_SETTING: self.server.host, "PYTHONPATH": str(REPOSITORY)}
        settings |= {EMULATOR_SETTING: self.drive.host} if self.drive else {}
        settings |= {name: os.environ[name] for name in ("FIRESTORE_EMULATOR_HOST",) if self.dashboard is not None}
        settings |= {"PIPELINE_GIT_COMMIT": "0123456789ab", DASHBOARD_SETTING: "300"}
        return run_command_at_debug(arguments, self.root, settings)

    def files_telling_the_number(self) -> list[str]:
        """The files in which the number stands, however it is written and JSON may have escaped it."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.root)) for path in files if tells_the_number(path.read_bytes()))

    def files_with(self, secret: str) -> list[str]:
        """The files that hold a text, however JSON may have escaped it."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.root)) for path in files if secret.encode() in path.read_bytes())

    def unpack_what_left(self) -> list[str]:
        """Unpack every archive that is in a bucket, to be looked at with all else; what all of them hold."""
        archives = sorted((self.root / ".demo/buckets").rglob("*.tar.gz"))
        for archive in archives:
            content = gzip.decompress(archive.read_bytes())
            for secret in (NUMBER[3:], TOKEN, NAME, OTHER_ADDRESS, "PRIVATE KEY"):
                assert secret.encode() not in content  # in names and headers either
            with tarfile.open(archive) as tar:
                tar.extractall(self.root / "unpacked", filter="data")
        (self.root / "unpacked").mkdir(exist_ok=True)
        return sorted({path.relative_to(self.root / "unpacked").as_posix() for path in self.root.glob("unpacked/**/*")})

    def events(self) -> list[dict[str, Any]]:
        """What the dashboard was told."""
        assert self.dashboard is not None
        return [each.to_dict() or {} for each in self.dashboard.collection("metrics/pipelines/pipeline_logs").stream()]


@pytest.fixture
def checkout(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Checkout]:
    shutil.copytree(REPOSITORY / "configs/demo", tmp_path / "configs/demo")
    world = tmp_path / ".demo/world"
    database = write_demo_world(world, message_count=400).database
    plant(database)
    (world / "rapid_pro_token.txt").write_text(TOKEN)
    let_upload(tmp_path / "configs/demo/pipeline.json")
    with ExitStack() as stack:
        server = stack.enter_context(RapidProServer(database, GENERATION, token=TOKEN))
        drive = stack.enter_context(DriveServer())
        drive.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        drive.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        dashboard, sent = None, list[bytes]()
        if os.environ.get("CI") == "true" or why_it_cannot_run() is None:
            project = request.getfixturevalue("firestore_project")
            tell_dashboard(tmp_path / "configs/demo/pipeline.json", project)
            client = Client(project=project, credentials=AnonymousCredentials())
            dashboard = stack.enter_context(closing(client))
        answer = drive.api.answer

        def note(call: Call, *, cut: bool = False) -> Answer:
            query = "&".join(call.query.values())
            sent.append(f"{call.path}?{query}\n".encode() + (call.body if call.method != "token" else b""))
            return answer(call, cut=cut)

        drive.api.answer = note  # type: ignore[method-assign]
        yield Checkout(tmp_path, server, drive, sent, dashboard)


def tell_dashboard(config: Path, project: str) -> None:
    """Has the project tell its events to a dashboard."""
    key = config.parents[2] / ".demo/world/dashboard.json"
    key.write_text(json.dumps({"type": "service_account", "project_id": project}), encoding="utf-8")
    dashboard = {"FirebaseCredentialsFileURL": "../../.demo/world/dashboard.json"}
    config.write_text(json.dumps(json.loads(config.read_text()) | {"OperationsDashboard": dashboard}, indent=2))


def let_upload(config: Path) -> None:
    """Has the project upload all that it can."""
    upload = {
        "DriveCredentialsFileURL": "../../.demo/world/drive_key.json",
        "ProductionUploadPath": f"{SHARED_DRIVE}/production.csv",
        "MessagesUploadPath": f"{SHARED_DRIVE}/messages.csv",
        "IndividualsUploadPath": f"{SHARED_DRIVE}/individuals.csv",
        "AutomatedAnalysisDir": f"{SHARED_DRIVE}/analysis",
    }
    config.write_text(json.dumps(json.loads(config.read_text()) | {"DriveUpload": upload}, indent=2))
    write_key(config.parents[2] / ".demo/world/drive_key.json")


def tells_the_number(content: bytes) -> bool:
    """Whether the number stands in a text, with whatever between its digits."""
    text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), content.decode("utf-8", "replace"))
    digits = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    return re.search(r"[^0-9]{0,6}".join(NUMBER[3:]), digits) is not None or "2.52617654321" in digits


def plant(database: Database) -> None:
    """Two people of the same name and words: one who can be told by a number, one who cannot be told."""
    (flow,) = (flow for flow in database.flows.values() if flow.name == "geedka_s01e01_activation")
    example = next(run for run in database.runs_by_flow[flow.uuid].listing.rows if run.values)
    for number, urn in enumerate((f"tel:+{NUMBER}", f"mailto:{OTHER_ADDRESS}"), start=1):
        contact = f"ca9a91ca-0000-4000-8000-00000000000{number}"
        database.put_contact(Contact(900 + number, contact, SENT_AT, SENT_AT, (urn,), NAME))
        (key, value), *_ = example.values.items()
        answer = replace(value, value=TEXT, input=TEXT, time=SENT_AT)
        run = Run(
            id=900 + number,
            uuid=f"ca9a91ca-0000-4000-8000-10000000000{number}",
            flow=flow.uuid,
            contact=contact,
            created_on=SENT_AT - timedelta(minutes=1),
            modified_on=SENT_AT,
            exited_on=SENT_AT,
            exit_type="completed",
            values={key: answer},
        )
        database.put_run(run)


def test_a_whole_run_tells_nobodys_number_name_or_token_and_texts_only_where_texts_belong(checkout: Checkout) -> None:
    checkout.server.faults += [Fault("500", "runs"), Fault("cut", "runs"), Fault("early-json", "contacts")]
    profiles = ["--profile-memory", "run.mprof", "--profile-cpu", "run.html"]
    ended = checkout.run("run", "--config", "configs/demo", "--as-of", "2025-09-16T23:00:00Z", "--publish", *profiles)
    assert ended.returncode == 0, ended.stderr
    (run,) = checkout.root.glob(".demo/data/demo/runs/shell*")
    (run / "Profiles").mkdir()
    for name in ("run.mprof", "run.html"):
        shutil.copyfile(checkout.root / name, run / "Profiles" / name)
    logs = checkout.run("upload-logs", "--config", "configs/demo", "--run", run.name)
    assert logs.returncode == 0, logs.stderr
    unpacked = {re.sub(r"^.*?/data/", "", name) for name in checkout.unpack_what_left()}
    assert unpacked >= {
        "config/pipeline.json",
        f"runs/{run.name}/manifest.json",
        f"runs/{run.name}/Outputs/messages.csv",
        f"runs/{run.name}/Profiles/run.mprof",
        f"runs/{run.name}/Profiles/run.html",
    }
    log = (checkout.root / "debug.log").read_text()
    assert len(log) > 1000
    assert checkout.files_with(NUMBER[3:]) == [".demo/world/uuids.sqlite"]
    assert checkout.files_with(TOKEN) == [".demo/world/rapid_pro_token.txt"]
    assert checkout.files_with(NAME) == []
    assert checkout.files_with(OTHER_ADDRESS) == []
    for secret in (NUMBER[3:], TOKEN, NAME, TEXT, OTHER_ADDRESS):
        assert secret not in ended.stdout + ended.stderr + logs.stdout + logs.stderr
    texts = checkout.files_with(TEXT)
    assert any(file.endswith("messages.csv") for file in texts)
    assert {place_of(file) for file in texts} <= {
        ".demo/world/coda",
        "state/raw",
        "Raw Data",
        "Outputs/messages.csv",
        "Outputs/individuals.csv",
        "Outputs/production.csv",
        "Outputs/messages_traced_data.jsonl",
        "Outputs/individuals_traced_data.jsonl",
        "Outputs/Coda Files",
        "Outputs/ICR",
        "Outputs/Processed",
    }

    assert checkout.drive is not None
    on_drive = {checkout.drive.store.path(item): item.content or b"" for item in checkout.drive.store.items.values()}
    assert {"messages.csv", "individuals.csv", "production.csv", "analysis/index.html"} <= set(on_drive)
    assert any(path.startswith("analysis/maps/") for path in on_drive)
    assert len(checkout.sent_to_drive) > len(on_drive)
    for secret in (NUMBER[3:], TOKEN, NAME, OTHER_ADDRESS, "PRIVATE KEY"):
        assert not [path for path, content in on_drive.items() if secret.encode() in content or secret in path]
        assert not [sent for sent in checkout.sent_to_drive if secret.encode() in sent]
    told = {path for path, content in on_drive.items() if TEXT.encode() in content}
    assert told <= {"messages.csv", "individuals.csv", "production.csv"}
    assert "canary" not in log  # of tokens and uploads' addresses
    if checkout.dashboard is not None:
        events = json.dumps(checkout.events(), default=str, ensure_ascii=False)
        assert {"BackingUpData", "UploadingLogFiles", "PipelineRunEnd"} <= set(re.findall(r"\w+", events))
        for secret in (NUMBER[3:], TOKEN, NAME, TEXT, OTHER_ADDRESS, "PRIVATE KEY"):
            assert secret not in events


def place_of(file: str) -> str:
    """Which kind of place a file is in; of the outputs, which of their files or folders."""
    if in_outputs := re.search(r"/runs/[^/]+/(?:\.versions/)?(Outputs)(?:-[0-9a-f]+)?/([^/]+)", file):
        return "/".join(in_outputs.groups())
    known = (place for place in ("state/raw", "Raw Data", ".demo/world/coda") if place in file)
    return next(known, file)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("403", "runs", times=100), "refuses the token"),
        (Fault("500", "flows", times=100), "answered 500"),
        (None, "cannot be used"),
    ],
)
def test_a_fetch_that_fails_tells_nothing_of_people_either(checkout: Checkout, fault: Fault | None, says: str) -> None:
    config = checkout.root / "configs/demo/pipeline.json"
    config.write_text(config.read_text().replace('"FilterTest', '"QuarantineShareLimit": 0.0,\n  "FilterTest', 1))
    checkout.server.faults += [fault] if fault else []
    ended = checkout.run("fetch", "--config", "configs/demo", "--raw-data", "raw data")
    assert ended.returncode != 0
    assert says in ended.stderr
    told = ended.stdout + ended.stderr + (checkout.root / "debug.log").read_text()
    for secret in (NUMBER[3:], TOKEN, NAME, TEXT, OTHER_ADDRESS):
        assert secret not in told


def test_the_number_is_seen_however_it_is_written() -> None:
    assert not tells_the_number(json.dumps(WHO).encode())
    for spelling in SPELLINGS:
        assert tells_the_number(json.dumps(spelling).encode())
        assert tells_the_number(json.dumps(spelling, ensure_ascii=False).encode())


PLANTED = "ca9a91ca-0000-4000-8000-3"
"""What the uuids of the runs begin with that tell the number."""


def plant_everywhere(database: Database) -> int:
    """Runs with the number wherever a server may tell it, and of contacts that are known by it; how many."""
    (flow,) = (flow for flow in database.flows.values() if flow.name == "geedka_s01e01_activation")
    example = next(run for run in database.runs_by_flow[flow.uuid].listing.rows if run.values)
    (key, value), *_ = example.values.items()
    answer = replace(value, value="biyo", input="biyo", time=SENT_AT)
    told = [spelling if isinstance(spelling, str) else json.dumps(spelling) for spelling in SPELLINGS]
    changed: list[dict[str, Any]] = [{"id": int(NUMBER)}]
    for number in told:
        changed += [
            {"exit_type": number},
            {"values": {key: replace(answer, name=number)}},
            {"values": {key: replace(answer, category=number)}},
            {"values": {key: replace(answer, value=number, category="Failure")}},  # what the flow has set
            {"values": {number: answer}},
        ]
    for place, changes in enumerate(changed):
        contact = f"ca9a91ca-0000-4000-8000-2{place:011}"
        urn = f"tel:+25261{place:07}"
        if place < len(told):
            urn = told[place] if ":" in told[place] else f"tel:{told[place]}"
        database.put_contact(Contact(2000 + place, contact, SENT_AT, SENT_AT, (urn,), NAME))
        run = replace(
            example,
            id=2000 + place,
            uuid=f"{PLANTED}{place:011}",
            contact=contact,
            created_on=SENT_AT - timedelta(minutes=1),
            modified_on=SENT_AT,
            exited_on=SENT_AT,
            values={key: answer},
        )
        database.put_run(replace(run, **changes))
    return len(changed)


def test_a_number_that_the_server_tells_anywhere_is_told_nowhere(checkout: Checkout) -> None:
    count = plant_everywhere(checkout.server.database)
    config = checkout.root / "configs/demo/pipeline.json"
    written = json.loads(config.read_text()) | {"QuarantineShareLimit": 1.0}
    written["CodingPlans"]["BreakdownMaps"] = []  # they are drawn, and looked at, in the other whole run
    written["AutomatedAnalysis"]["GenerateRegionThemeDistributionMaps"] = False
    config.write_text(json.dumps(written))
    ended = checkout.run("run", "--config", "configs/demo", "--as-of", "2025-09-16T23:00:00Z", "--publish")
    assert ended.returncode == 0, ended.stderr
    assert not tells_the_number((ended.stdout + ended.stderr).encode())
    assert checkout.unpack_what_left()
    assert checkout.files_telling_the_number() == [".demo/world/uuids.sqlite"]
    assert not any(tells_the_number(sent) for sent in checkout.sent_to_drive)
    if checkout.dashboard is not None:
        assert not tells_the_number(json.dumps(checkout.events(), default=str).encode())
    (raw_data,) = checkout.root.glob(".demo/**/Raw Data/geedka_s01e01_activation.jsonl")
    (quarantine,) = checkout.root.glob(".demo/**/Quarantine/geedka_s01e01_activation.jsonl")
    run_ids = [json.loads(line)[f"run_id - {raw_data.stem}"] for line in raw_data.read_text().splitlines()]
    planted = [run_id for run_id in run_ids if run_id in range(2000, 2000 + count) or str(run_id).startswith(PLANTED)]
    assert len(planted) + quarantine.read_text().count(PLANTED) == count
    (manifest,) = checkout.root.glob(".demo/data/demo/runs/*/manifest.json")
    counts = [count for part in read_manifest_at(manifest.as_uri()).tasks for count in part.counts]
    kinds = {each.kind for each in counts if each.measure == "unknown_words_taken_out"}
    assert kinds >= {"exit types", "names", "categories", "values", "results", "ids"}


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Checkout]:
    """A project of a recovery CSV and of a bucket's file, a line each of somebody known."""
    shutil.copytree(REPOSITORY / "tests/data/toy_project", tmp_path / "toy")
    config = json.loads((tmp_path / "toy/pipeline.json").read_text())
    config |= {
        "RawDataSources": [
            {"SourceType": "RecoveryCSV", "ActivationFlowURLs": ["recovered.csv"]},
            {"SourceType": "GCloudBucket", "ActivationFlowURLs": ["bucket.jsonl"]},
        ],
        "SourceKeyRemappings": [
            {"SourceKey": "message", "PipelineKey": "show_raw", "IsActivationMessage": True},
            {"SourceKey": "received_on", "PipelineKey": "sent_on"},
        ],
        "QuarantineShareLimit": 1.0,
        "DataRoot": "../data",
    }
    (tmp_path / "toy/pipeline.json").write_text(json.dumps(config))
    (tmp_path / "toy/recovered.csv").write_text(f"Sender,Message,ReceivedOn\n{WHO},biyo,10/01/2026 09:42\n")
    (tmp_path / "toy/bucket.jsonl").write_text(bucket_line())
    (tmp_path / "coded").mkdir()
    with RapidProServer(write_demo_world(tmp_path / "world", message_count=1).database, GENERATION) as server:
        yield Checkout(tmp_path, server)


def bucket_line(**fields: Any) -> str:
    return json.dumps({"avf_phone_id": WHO, "message": "biyo", "sent_on": "2026-01-10T09:42:00+03:00", **fields}) + "\n"


def outputs_of(files: Checkout) -> None:
    """Fetches and processes, and finds the number nowhere but in the sources."""
    fetched = files.run("fetch", "--config", "toy", "--raw-data", "raw data")
    assert fetched.returncode == 0, fetched.stderr
    folders = ["--raw-data", "raw data", "--coded", "coded", "--outputs", "outputs"]
    processed = files.run("process", "--config", "toy", *folders)
    assert processed.returncode == 0, processed.stderr
    assert (files.root / "outputs/messages.csv").read_text().count(WHO) >= 1
    told = (fetched.stdout + fetched.stderr + processed.stdout + processed.stderr).encode()
    assert not tells_the_number(told)
    assert {path for path in files.files_telling_the_number() if not path.startswith("toy/")} == set()


def test_a_number_in_any_other_field_of_a_buckets_lines_is_told_nowhere(files: Checkout) -> None:
    keys = ("Sender", "tel", "contact.urn", "contact", "note", NUMBER, f"tel:+{NUMBER}")
    lines = [bucket_line(**{key: spelling}) for key in keys for spelling in SPELLINGS]
    traced = [
        [{"Data": json.loads(line), "Metadata": {"Source": "s", "Timestamp": "2026-01-10T09:42:00Z", "User": "u"}}]
        for line in lines
    ]
    nested = [json.dumps([{**updates[0], "NestedTracedData": {"answers": updates}}]) + "\n" for updates in traced]
    (files.root / "toy/bucket.jsonl").write_text("".join([*lines, *nested]))
    outputs_of(files)


def test_a_number_behind_a_csvs_prefix_is_told_nowhere(files: Checkout) -> None:
    texts = [spelling for spelling in SPELLINGS if isinstance(spelling, str)]
    senders = [
        *texts,
        *(f"avf-phone-uuid-{text}" for text in texts),
        f"avf-phone-uuid-{NUMBER}{WHO[14:]}",
        f"{WHO} {NUMBER}",
    ]
    with (files.root / "toy/recovered.csv").open("a") as rows:
        rows.writelines(f'"{sender}",biyo,10/01/2026 09:42\n' for sender in senders)
    outputs_of(files)


@pytest.mark.parametrize(
    "key", ["avf_phone_id", "uid", "sent_on", "test_run", "operator_raw", "urn_type", "received_on"]
)
def test_a_number_in_a_field_that_is_read_is_refused_by_line_and_key(files: Checkout, key: str) -> None:
    (files.root / "toy/bucket.jsonl").write_text("".join(bucket_line(**{key: spelling}) for spelling in SPELLINGS))
    ended = files.run("fetch", "--config", "toy", "--raw-data", "raw data")
    assert ended.returncode == 2
    assert all(f"bucket.jsonl: line {number}: " in ended.stderr for number in range(1, len(SPELLINGS) + 1))
    assert ended.stderr.count(f'"{key}"') == len(SPELLINGS)
    assert "Traceback" not in ended.stderr
    assert not tells_the_number((ended.stdout + ended.stderr).encode())
    assert {path for path in files.files_telling_the_number() if not path.startswith("toy/")} == set()


def test_raw_data_of_elsewhere_are_checked_again(files: Checkout) -> None:
    outputs_of(files)
    raw_data = files.root / "raw data/bucket.jsonl"
    keys = ("Sender", "tel", "contact.urn", "contact", "note")
    raw_data.write_text("".join(bucket_line(**{key: spelling}) for key in keys for spelling in SPELLINGS))
    folders = ["--raw-data", "raw data", "--coded", "coded", "--outputs", "outputs"]
    processed = files.run("process", "--config", "toy", *folders)
    assert processed.returncode == 0, processed.stderr
    told = {path for path in files.files_telling_the_number() if not path.startswith("raw data/")}
    assert told == set()
    raw_data.write_text("".join(bucket_line(avf_phone_id=spelling) for spelling in SPELLINGS))
    processed = files.run("process", "--config", "toy", *folders)
    assert processed.returncode == 2
    refused = 'is not de-identified: "avf_phone_id" is no participant uuid'
    assert all(f"bucket.jsonl: line {n}: {refused}" in processed.stderr for n in range(1, len(SPELLINGS) + 1))
    assert not tells_the_number((processed.stdout + processed.stderr).encode())
