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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any
from uuid import uuid4

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
from tests.small_drawings import draw_one_of_each_kind

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

    def run(self, *arguments: str, prepare: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
        """A command at DEBUG; what it logs goes to `debug.log`."""
        settings = {STAND_IN_SETTING: self.server.host, "PYTHONPATH": str(REPOSITORY)}
        settings |= {EMULATOR_SETTING: self.drive.host} if self.drive else {}
        settings |= {name: os.environ[name] for name in ("FIRESTORE_EMULATOR_HOST",) if self.dashboard is not None}
        settings |= {"PIPELINE_GIT_COMMIT": "0123456789ab", DASHBOARD_SETTING: "300"}
        return run_command_at_debug(arguments, self.root, settings, prepare)

    def files_telling_the_number(self) -> list[str]:
        """The files in which the number stands, however it is written and JSON may have escaped it."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.root)) for path in files if tells_the_number(path.read_bytes()))

    def files_with(self, secret: str) -> list[str]:
        """The files that hold a text, however JSON may have escaped it."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.root)) for path in files if secret.encode() in path.read_bytes())

    def archives(self) -> list[Path]:
        """Those that are in a bucket."""
        return sorted((self.root / ".demo/buckets").rglob("*.tar.gz"))

    def unpack_what_left(self) -> None:
        """Unpack every archive that is in a bucket, to be looked at with all else."""
        for archive in self.archives():
            with tarfile.open(archive) as tar:
                tar.extractall(self.root / "unpacked", filter="data")

    def events(self) -> list[dict[str, Any]]:
        """What the dashboard was told."""
        assert self.dashboard is not None
        return [each.to_dict() or {} for each in self.dashboard.collection("metrics/pipelines/pipeline_logs").stream()]


def has_dashboard() -> bool:
    return os.environ.get("CI") == "true" or why_it_cannot_run() is None


@contextmanager
def demo(root: Path, firebase_project: str | None) -> Iterator[Checkout]:
    """The demo with two people more, everything that it talks to, and a dashboard where there is a project for one."""
    config = root / "configs/demo/pipeline.json"
    shutil.copytree(REPOSITORY / "configs/demo", config.parent)
    world = root / ".demo/world"
    database = write_demo_world(world, message_count=400).database
    plant(database)
    (world / "rapid_pro_token.txt").write_text(TOKEN)
    let_upload(config)
    with ExitStack() as stack:
        server = stack.enter_context(RapidProServer(database, GENERATION, token=TOKEN))
        drive = stack.enter_context(DriveServer())
        drive.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        drive.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        dashboard, sent = None, list[bytes]()
        if firebase_project is not None:
            tell_dashboard(config, firebase_project)
            client = Client(project=firebase_project, credentials=AnonymousCredentials())
            dashboard = stack.enter_context(closing(client))
        answer = drive.api.answer

        def note(call: Call, *, cut: bool = False) -> Answer:
            query = "&".join(call.query.values())
            sent.append(f"{call.path}?{query}\n".encode() + (call.body if call.method != "token" else b""))
            return answer(call, cut=cut)

        drive.api.answer = note  # type: ignore[method-assign]
        yield Checkout(root, server, drive, sent, dashboard)


@pytest.fixture
def checkout(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Checkout]:
    project = request.getfixturevalue("firestore_project") if has_dashboard() else None
    with demo(tmp_path, project) as checkout:
        yield checkout


@dataclass(frozen=True)
class WholeRun:
    """What a run and the upload of its logs have left and said."""

    checkout: Checkout
    planted_count: int
    """How many runs of the server's tell the number, beside the person's who can be told by it."""
    told: str
    """What the commands wrote for whoever has typed them."""
    log: str
    name: str
    on_drive: dict[str, bytes]
    events: str | None
    """What the dashboard was told; None where there is none."""


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[WholeRun]:
    with pytest.MonkeyPatch.context() as settings, ExitStack() as stack:
        project = f"test-{uuid4().hex}" if has_dashboard() else None
        if project is not None:
            settings.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue("firestore_host"))
        checkout = stack.enter_context(demo(tmp_path_factory.mktemp("whole_run"), project))
        count = plant_everywhere(checkout.server.database)
        config = checkout.root / "configs/demo/pipeline.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"QuarantineShareLimit": 1.0}, indent=2))
        checkout.server.faults += [Fault("500", "runs"), Fault("cut", "runs"), Fault("early-json", "contacts")]
        as_of = ["--as-of", "2025-09-16T23:00:00Z", "--publish"]
        profiles = ["--profile-memory", "run.mprof", "--profile-cpu", "run.html"]
        ended = checkout.run("run", "--config", "configs/demo", *as_of, *profiles, prepare=draw_one_of_each_kind)
        assert ended.returncode == 0, ended.stderr
        assert not any(fault.times for fault in checkout.server.faults)  # all of them have happened
        (run,) = checkout.root.glob(".demo/data/demo/runs/shell*")
        (run / "Profiles").mkdir()
        for name in ("run.mprof", "run.html"):
            shutil.copyfile(checkout.root / name, run / "Profiles" / name)
        logs = checkout.run("upload-logs", "--config", "configs/demo", "--run", run.name)
        assert logs.returncode == 0, logs.stderr
        checkout.unpack_what_left()
        assert checkout.drive is not None
        items = checkout.drive.store.items.values()
        yield WholeRun(
            checkout,
            count,
            told=ended.stdout + ended.stderr + logs.stdout + logs.stderr,
            log=(checkout.root / "debug.log").read_text(),
            name=run.name,
            on_drive={checkout.drive.store.path(item): item.content or b"" for item in items},
            events=None if project is None else json.dumps(checkout.events(), default=str, ensure_ascii=False),
        )


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
    digits = text if text.isascii() else re.sub(r"(?![0-9])\d", lambda found: str(unicodedata.decimal(found[0])), text)
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


def test_a_whole_run_tells_nobodys_number_name_or_token_and_texts_only_where_texts_belong(whole_run: WholeRun) -> None:
    checkout = whole_run.checkout
    assert checkout.files_with(NUMBER[3:]) == [".demo/world/uuids.sqlite"]
    assert checkout.files_with(TOKEN) == [".demo/world/rapid_pro_token.txt"]
    assert checkout.files_with(NAME) == []
    assert checkout.files_with(OTHER_ADDRESS) == []
    for secret in (NUMBER[3:], TOKEN, NAME, TEXT, OTHER_ADDRESS):
        assert secret not in whole_run.told
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
    archived = [gzip.decompress(archive.read_bytes()) for archive in checkout.archives()]  # with names and headers
    assert len(archived) > 1
    for secret in (NUMBER[3:], TOKEN, NAME, OTHER_ADDRESS, "PRIVATE KEY"):
        assert not [content for content in archived if secret.encode() in content]
        assert not [
            path for path, content in whole_run.on_drive.items() if secret.encode() in content or secret in path
        ]
        assert not [sent for sent in checkout.sent_to_drive if secret.encode() in sent]
    told = {path for path, content in whole_run.on_drive.items() if TEXT.encode() in content}
    assert told <= {"messages.csv", "individuals.csv", "production.csv"}
    assert "canary" not in whole_run.log  # of tokens and uploads' addresses
    if whole_run.events is not None:
        assert {"BackingUpData", "UploadingLogFiles", "PipelineRunEnd"} <= set(re.findall(r"\w+", whole_run.events))
        for secret in (NUMBER[3:], TOKEN, NAME, TEXT, OTHER_ADDRESS, "PRIVATE KEY"):
            assert secret not in whole_run.events


OF_A_RUN = (
    "Raw Data/*.jsonl",
    "Quarantine/*.jsonl",
    "Quarantine/Coda/*.jsonl",
    "Coded Coda Files/*.json",
    "Outputs/Coda Files/*.json",
    "Outputs/ICR/*.csv",
    "Outputs/Processed/*.parquet",
    "Outputs/coding_by_coder.csv",
    "Outputs/coding_progress.csv",
    "Outputs/individuals.csv",
    "Outputs/individuals_traced_data.jsonl",
    "Outputs/messages.csv",
    "Outputs/messages_traced_data.jsonl",
    "Outputs/production.csv",
    "Outputs/quality.csv",
    "Outputs/wrong_scheme_moves.csv",
    "Automated Analysis/cross_tab_*.csv",
    "Automated Analysis/demographic_distributions.csv",
    "Automated Analysis/engagement_counts.csv",
    "Automated Analysis/estimated_engagement_types.csv",
    "Automated Analysis/loyalty.csv",
    "Automated Analysis/repeat_participations.csv",
    "Automated Analysis/sample_messages.csv",
    "Automated Analysis/theme_distributions.csv",
    "Automated Analysis/traffic_analysis.csv",
    "Automated Analysis/graphs/*.svg",
    "Automated Analysis/graphs/*.png",
    "Automated Analysis/maps/*/*.png",
    "Automated Analysis/index.html",
    "manifest.json",
)
KEPT_FOR_LATER_RUNS = (
    *(f"raw/{source}/*/segments/*.jsonl" for source in ("RapidPro", "GCloudBucket", "RecoveryCSV")),
    *(f"raw/{source}/*/manifest.json" for source in ("RapidPro", "GCloudBucket", "RecoveryCSV")),
    "raw/RapidPro/flows *.json",
    "raw/record_counts.json",
    "coda/*/arrivals.json",
    "drive/ids.json",
    "forget/RapidPro *.json",
    "first_publication.json",
    "run_history.json",
    "withdrawn.jsonl",
)
STAGES = "fetch-0 fetch-1 fetch-2 coda_pull process coda_push analyse archive upload upload_logs"
LEFT = (
    *(f".demo/data/demo/runs/*/{kind}" for kind in OF_A_RUN),
    *(f".demo/data/demo/runs/*/logs/manifest/{stage}.json" for stage in STAGES.split()),
    *(f".demo/data/demo/state/{kind}" for kind in KEPT_FOR_LATER_RUNS),
    ".demo/data/.budgets/*.json",
    ".demo/buckets/archives/*/*/data-*.tar.gz",
    *(f"unpacked/data-*/data/runs/*/{kind}" for kind in OF_A_RUN),
    "unpacked/data-*/data/config/pipeline.json",
    "unpacked/data-*/data/state/raw/*/*/segments/*.jsonl",
    "unpacked/data-*/data/state/withdrawn.jsonl",
    "unpacked/data-*/bag-info.txt",
    ".demo/buckets/logs/*/*/logs-*.tar.gz",
    "unpacked/logs-*/data/runs/*/manifest.json",
    "unpacked/logs-*/data/runs/*/Profiles/run.html",
    "unpacked/logs-*/data/runs/*/Profiles/run.mprof",
    "unpacked/logs-*/bag-info.txt",
    "run.html",
    "run.mprof",
    "debug.log",
)
ON_DRIVE = (
    "messages.csv",
    "individuals.csv",
    "production.csv",
    "analysis/*.csv",
    "analysis/graphs/*.svg",
    "analysis/graphs/*.png",
    "analysis/maps/*/*.png",
    "analysis/index.html",
)
DRAWN = {
    "weeks_season_1",
    "traffic",
    "messages_per_episode",  # in bars
    "themes_over_season_1",  # in shades
    "regions_total_participants",
    "regions_s01e01_water_2_wells_and_boreholes",
    "districts_total_participants",
    "mogadishu_total_participants",
}


def test_the_whole_run_leaves_something_of_each_kind_to_look_into(whole_run: WholeRun) -> None:
    root = whole_run.checkout.root
    assert [kind for kind in LEFT if not any(root.glob(kind))] == []
    assert [kind for kind in ON_DRIVE if not any(PurePath(path).match(kind) for path in whole_run.on_drive)] == []
    assert len(whole_run.checkout.sent_to_drive) > len(whole_run.on_drive)
    assert len(whole_run.log) > 1000
    for folder in (root / ".demo/data/demo/runs" / whole_run.name, *root.glob("unpacked/data-*/data/runs/*")):
        drawings = {path.stem: path.read_bytes() for path in (folder / "Automated Analysis").glob("*/**/*.png")}
        assert {name for name, content in drawings.items() if content.startswith(b"\x89PNG")} == DRAWN
        assert all(b"Words(title=" in content for name, content in drawings.items() if name not in DRAWN)


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


def test_a_number_that_the_server_tells_anywhere_is_told_nowhere(whole_run: WholeRun) -> None:
    checkout, count = whole_run.checkout, whole_run.planted_count
    assert not tells_the_number(whole_run.told.encode())
    assert checkout.files_telling_the_number() == [".demo/world/uuids.sqlite"]
    assert not any(tells_the_number(sent) for sent in checkout.sent_to_drive)
    assert whole_run.events is None or not tells_the_number(whole_run.events.encode())
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
