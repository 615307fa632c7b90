"""An invented name, id, text and token go through a whole run at DEBUG; nothing tells them that should not."""

import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING
from pipeline_lib.storage.manifest import read_manifest_at
from sandbox.facebook.errors import GraphError
from sandbox.facebook.faults import Fault
from sandbox.facebook.model import Attachment, Comment, Person, Token
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import APP, MATCH, PAGE, STARTED_AT, synthetic_world
from tests.forked_commands import run_command_at_debug
from tests.small_drawings import draw_one_of_each_kind
from tests.step_counts import the_count

REPOSITORY = Path(__file__).parents[2]
USER, NAME, TEXT = "7617654321098765", "Kanaari Magaceeda", "kanaari hadal gaar ah"
PROFILE = f"https://www.facebook.com/profile.php?id={USER}"
TOKEN = "EAAca9a91ca9a91ca9a91ca9a91ca9a91"  # noqa: S105 - of a server that the test starts
NEVER = (USER, NAME, PROFILE, "profile.php", "access_token", "Qof ")


@dataclass(frozen=True)
class Checkout:
    root: Path
    server: FacebookServer

    def run(self, *arguments: str, prepare: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
        """A command at DEBUG; what it logs goes to `debug.log`."""
        settings = {STAND_IN_SETTING: self.server.host, "PYTHONPATH": str(REPOSITORY)}
        return run_command_at_debug(arguments, self.root, settings, prepare)

    def files_with(self, secret: str) -> list[str]:
        """The files that hold a text, or are called so."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(
            str(path.relative_to(self.root))
            for path in files
            if secret.encode() in path.read_bytes() or secret in str(path)
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    shutil.copytree(REPOSITORY / "tests/data/toy_project", tmp_path / "toy")
    config = json.loads((tmp_path / "toy/pipeline.json").read_text())
    start, end = STARTED_AT - timedelta(days=1), STARTED_AT + timedelta(days=30)
    search = {"Match": MATCH, "StartDate": start.isoformat(), "EndDate": end.isoformat()}
    config |= {
        "RawDataSources": [
            {
                "SourceType": "Facebook",
                "PageID": PAGE.username,
                "TokenFileURL": "token.txt",
                "Datasets": [{"Name": "fb", "Search": search}],
            }
        ],
        "SourceKeyRemappings": [
            {"SourceKey": "avf_facebook_id", "PipelineKey": "uid"},
            {"SourceKey": "fb.message", "PipelineKey": "show_raw"},
            {"SourceKey": "fb.created_time", "PipelineKey": "sent_on"},
            {"SourceKey": "fb.parent", "PipelineKey": "fb_parent"},
            {"SourceKey": "fb.post", "PipelineKey": "fb_post"},
        ],
        "UUIDTable": {"SQLiteFile": "../uuids.sqlite", "TableName": "FB", "UuidPrefix": "avf-facebook-uuid-"},
        "LabelStore": {"StoreType": "Directory", "DirectoryURL": "../coda"},
        "ProjectStartDate": start.isoformat(),
        "ProjectEndDate": end.isoformat(),
        "DataRoot": "../data",
    }
    (tmp_path / "toy/pipeline.json").write_text(json.dumps(config))
    (tmp_path / "toy/token.txt").write_text(TOKEN)
    create_uuid_table(tmp_path / "uuids.sqlite", "FB", "avf-facebook-uuid-")
    world = synthetic_world(400)
    world.tokens[TOKEN] = Token(TOKEN, APP.id, PAGE.id)
    who = Person(USER, NAME)
    first = next(post for post in world.posts.values() if MATCH in (post.message or ""))
    tags = ({"id": USER, "name": NAME, "type": "user", "offset": 0, "length": 7},)
    link = Attachment("share", target=USER, target_url=PROFILE, url=PROFILE, title=NAME, description=NAME)
    said = Comment(f"{first.id.partition('_')[2]}_99", first.id, first.created_at + timedelta(hours=1), TEXT, who)
    world.put_comment(replace(said, attachment=link, message_tags=tags))
    world.put_comment(replace(said, id=f"{said.id}1", parent=said.id, message="haa"))
    with FacebookServer(world, clock=datetime(2026, 11, 29, tzinfo=UTC).timestamp) as server:
        yield Checkout(tmp_path, server)


def test_a_whole_run_tells_nobodys_id_or_name_and_no_token_or_link(checkout: Checkout) -> None:
    checkout.server.faults += [Fault("bad-gateway", "comments"), Fault("cut", "comments"), Fault("truncate", "posts")]
    ended = checkout.run("run", "--config", "toy", "--publish", prepare=draw_one_of_each_kind)
    assert ended.returncode == 0, ended.stderr
    assert len((checkout.root / "debug.log").read_text()) > 1000
    assert {secret: checkout.files_with(secret) for secret in NEVER} == {
        **{secret: [] for secret in NEVER},
        USER: ["uuids.sqlite"],
    }
    assert checkout.files_with(TOKEN) == ["toy/token.txt"]
    assert not [secret for secret in (*NEVER, TOKEN, TEXT) if secret in ended.stdout + ended.stderr]
    assert not [request for request in checkout.server.requests if TOKEN in request.url]
    texts = checkout.files_with(TEXT)
    assert any(file.endswith("messages.csv") for file in texts)
    assert {place_of(file) for file in texts} <= {"state/raw", "Raw Data", "Outputs", "coda"}


def test_a_run_of_comments_of_unknown_authors_says_so_in_all_that_it_makes(checkout: Checkout) -> None:
    checkout.server.world.change_app(APP.id, has_advanced_access=False)
    path = checkout.root / "toy/pipeline.json"
    config = json.loads(path.read_text())
    config["RawDataSources"][0]["Authors"] = "unknown"
    config["CodingPlans"]["AnalysisFiles"] = ["engagement_counts", "theme_distributions"]
    path.write_text(json.dumps(config))
    ended = checkout.run("run", "--config", "toy", "--publish", prepare=draw_one_of_each_kind)
    assert ended.returncode == 0, ended.stderr
    (run,) = (checkout.root / "data/toy/runs").iterdir()
    said = "Nothing tells who wrote the comments of fb: each counts as a participant of its own"
    for file in ("Outputs/notes.txt", "Automated Analysis/notes.txt", "Automated Analysis/index.html"):
        assert said in (run / file).read_text()
    counts = [count for part in read_manifest_at(run.as_uri()).tasks for count in part.counts]
    of_page = {"file": f"fb_{PAGE.username}.jsonl"}
    shown = the_count(counts, "comments_shown", **of_page)
    assert (
        the_count(counts, "participants")
        == shown
        == len((run / f"Raw Data/fb_{PAGE.username}.jsonl").read_text().splitlines())
    )
    by_page = the_count(counts, "comments_by_page", **of_page)
    assert the_count(counts, "comments_of_unknown_authors", **of_page) == shown - by_page


def place_of(file: str) -> str:
    """Which kind of place a file is in."""
    found = re.search(r"state/raw|Raw Data|Outputs|coda", file)
    return found[0] if found else file


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("error", "comments", times=math.inf, error=GraphError(190, NAME)), "error 190"),
        (Fault("error", "posts", times=math.inf, error=GraphError(10, TOKEN)), "error 10"),
        (Fault("error", "me", times=math.inf, error=GraphError(803, USER)), "error 803"),
        (None, "cannot be used"),
    ],
)
def test_a_fetch_that_fails_tells_nothing_of_people_either(checkout: Checkout, fault: Fault | None, says: str) -> None:
    checkout.server.faults += [fault] if fault else []
    if fault is None:
        checkout.server.world.change_app(APP.id, has_advanced_access=False)
    ended = checkout.run("fetch", "--config", "toy", "--raw-data", "raw data")
    assert ended.returncode != 0
    assert says in ended.stderr
    told = ended.stdout + ended.stderr + (checkout.root / "debug.log").read_text()
    assert not [secret for secret in (*NEVER, TOKEN, TEXT) if secret in told]


def test_a_dry_run_keeps_nothing_and_gives_nobody_a_uuid(checkout: Checkout) -> None:
    before = (checkout.root / "uuids.sqlite").read_bytes()
    ended = checkout.run("fetch", "--config", "toy", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert "people who have no participant uuid yet" in ended.stdout
    assert (checkout.root / "uuids.sqlite").read_bytes() == before
    assert not (checkout.root / "data/toy/state").exists()
