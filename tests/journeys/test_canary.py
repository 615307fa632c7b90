"""An invented number, name, text and token go through a whole run at DEBUG; nothing tells them that should not."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline_lib.sandbox.demo_world import GENERATION, write_demo_world
from pipeline_lib.sandbox.rapid_pro.database import Database
from pipeline_lib.sandbox.rapid_pro.faults import Fault
from pipeline_lib.sandbox.rapid_pro.model import Contact, Run
from pipeline_lib.sandbox.rapid_pro.server import RapidProServer
from pipeline_lib.sources.rapid_pro.server import STAND_IN_SETTING

REPOSITORY = Path(__file__).parents[2]
NUMBER, OTHER_ADDRESS = "252617654321", "kanaari@example.org"
NAME, TEXT = "Kanaari Magaceeda", "kanaari hadal gaar ah oo qarsoodi ah"
TOKEN = "ca9a91ca9a91ca9a91ca9a91ca9a91ca9a91ca9a"  # noqa: S105 - of a server that the test starts
SENT_AT = datetime(2025, 9, 8, 12, tzinfo=UTC)

PROGRAM = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, filename=sys.argv[1], force=True)
from pipeline_lib.cli import main
sys.exit(main(sys.argv[2:]))
"""


@dataclass(frozen=True)
class Checkout:
    root: Path
    server: RapidProServer

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command at DEBUG; what it logs goes to `debug.log`."""
        command = [sys.executable, "-c", PROGRAM, str(self.root / "debug.log"), *arguments]
        settings = {STAND_IN_SETTING: self.server.host, "PYTHONPATH": str(REPOSITORY), "PYTHONDEVMODE": "0"}
        return subprocess.run(
            command, cwd=self.root, env=settings, capture_output=True, text=True, timeout=300, check=False
        )

    def files_with(self, secret: str) -> list[str]:
        """The files that hold a text, however JSON may have escaped it."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.root)) for path in files if secret.encode() in path.read_bytes())


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    shutil.copytree(REPOSITORY / "configs/demo", tmp_path / "configs/demo")
    world = tmp_path / ".demo/world"
    database = write_demo_world(world, message_count=400).database
    plant(database)
    (world / "rapid_pro_token.txt").write_text(TOKEN)
    with RapidProServer(database, GENERATION, token=TOKEN) as server:
        yield Checkout(tmp_path, server)


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
    ended = checkout.run("run", "--config", "configs/demo", "--as-of", "2025-09-16T23:00:00Z", "--publish")
    assert ended.returncode == 0, ended.stderr
    log = (checkout.root / "debug.log").read_text()
    assert len(log) > 1000
    assert checkout.files_with(NUMBER[3:]) == [".demo/world/uuids.sqlite"]
    assert checkout.files_with(TOKEN) == [".demo/world/rapid_pro_token.txt"]
    assert checkout.files_with(NAME) == []
    assert checkout.files_with(OTHER_ADDRESS) == []
    for secret in (NUMBER[3:], TOKEN, NAME, TEXT, OTHER_ADDRESS):
        assert secret not in ended.stdout + ended.stderr
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
