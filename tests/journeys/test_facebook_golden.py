"""The golden case's comments, fetched from a server that serves them, give what its own files give."""

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.config.sources import FacebookSource
from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.model.step_counts import Outcome, total
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING
from pipeline_lib.stages.fetch import fetch_to_folder
from pipeline_lib.storage import Located, storage_at
from sandbox.facebook.model import Page
from sandbox.facebook.raw_comments import RawDataset, world_of_raw_comments
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import TOKEN

ROOT = Path(os.environ.get("GOLDEN_ROOT") or Path(__file__).parents[3] / "shared" / "golden")
CASE = ROOT / "ssf-elections-facebook" / "n1000"
PAGE = Page("371314232378501", "Abdirizak H Atosh", "AbdirizakHAtosh")

pytestmark = pytest.mark.golden


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The case's config, with a token and a uuid table."""
    if not CASE.is_dir():
        pytest.skip(f"there is no golden case {CASE}; set GOLDEN_ROOT")
    written = json.loads((CASE / "input/pipeline_config.json").read_text(encoding="utf-8"))
    written["RawDataSources"][0]["TokenFileURL"] = "token.txt"
    del written["UuidTable"], written["OperationsDashboard"], written["DriveUpload"]
    written |= {
        "CodingPlans": str(CASE.parent / "coding_plans.json"),
        "Compatibility": "predecessor",
        "DataRoot": str(tmp_path / "data"),
        "TracedData": False,  # histories are of what was fetched
        "UUIDTable": {"SQLiteFile": "uuids.sqlite", "TableName": "FB", "UuidPrefix": "avf-facebook-uuid-"},
    }
    (tmp_path / "token.txt").write_text(TOKEN)
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(written))
    return path


def datasets(config: Path) -> Iterator[RawDataset]:
    """The case's raw comments, and the searches that find them."""
    source = load_project(config).config.raw_data_sources[0]
    assert isinstance(source, FacebookSource)
    for name, dataset in zip(source.activation_names, source.datasets, strict=True):
        lines = (CASE / f"input/Raw Data/{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert dataset.search is not None
        yield RawDataset(dataset.name, lines, "#doorashoNabadeed", dataset.search.start_date, dataset.search.end_date)


def without_repeated(dataset: RawDataset) -> str:
    """A dataset's lines without the comments that the predecessor fetched twice: a comment is one message."""
    by_id: dict[str, str] = {}
    for line in dataset.lines:
        by_id.setdefault(json.loads(line)[0]["Data"][f"{dataset.name}.id"], line)
    return "".join(f"{line}\n" for line in by_id.values())


def outputs(config: Path, raw_data: Path) -> dict[str, bytes]:
    """What processing raw data gives, by file, but for when labels were given; the analysis reads nothing else."""
    folder = raw_data.with_name(f"{raw_data.name} outputs") / "Outputs"
    inputs: list[str | Path] = ["--raw-data", raw_data, "--coded", CASE / "input/Coded Coda Files", "--outputs", folder]
    assert main(["process", "--config", *map(str, [config, *inputs])]) == 0
    files = [path for path in folder.resolve().rglob("*") if path.suffix in {".csv", ".json"}]
    when = re.compile(rb'"DateTimeUTC": "[^"]*"')
    return {str(path.relative_to(folder.resolve())): when.sub(b"", path.read_bytes()) for path in files}


def test_the_golden_comments_give_the_same_files_when_they_are_fetched(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list(datasets(config))
    raw = tmp_path / "given"
    raw.mkdir()
    for dataset in given:
        (raw / f"{dataset.name}_{PAGE.username}.jsonl").write_text(without_repeated(dataset), encoding="utf-8")
    served = world_of_raw_comments(PAGE, given)
    table = create_uuid_table(tmp_path / "uuids.sqlite", "FB", "avf-facebook-uuid-")
    table.add_known({f"facebook-{user}": uuid for user, uuid in served.addresses.items()})
    with FacebookServer(served.world, clock=datetime(2026, 11, 29, tzinfo=UTC).timestamp) as server:
        monkeypatch.setenv(STAND_IN_SETTING, server.host)
        fetched = fetch_to_folder(load_project(config), Located(storage_at(tmp_path.as_uri()), "fetched"))
        assert not [request for request in server.requests if TOKEN in request.url]
    # Every comment is there, each once, or set aside for want of a text, of which processing makes nothing.
    set_aside_count = total(fetched.counts, outcome=Outcome.QUARANTINED)
    assert sum(fetched.record_counts.values()) + set_aside_count == 1000
    expected = outputs(config, raw)
    assert {"messages.csv", "individuals.csv", "ICR/facebook_s01e01.csv"} < expected.keys()
    assert "Coda Files/SSF_ELECTIONS_facebook_s01e02.json" in expected
    assert outputs(config, tmp_path / "fetched") == expected


TITLES = ["Comment ID", "Post ID", "Author ID", "Date", "Comment", "In reply to"]
POST_TYPES = {"photo": "Photos", "video_inline": "Videos", "video_direct_response": "Videos"}


def exported(folder: Path, lines: Iterable[str], dataset: str) -> Iterator[list[str]]:
    """Writes a dataset's comments as an export, and gives what Business Suite would tell of its posts."""
    posts: dict[str, str] = {}
    with (folder / f"{dataset}.csv").open("w", encoding="utf-16", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(TITLES)
        for line in lines:
            data = {key.removeprefix(f"{dataset}."): value for key, value in json.loads(line)[0]["Data"].items()}
            post = data["post"]
            posts[post["id"]] = POST_TYPES[post["attachments"]["data"][0]["type"]]
            row = [data["id"], post["id"], data["from"]["id"], data["created_time"], data["message"]]
            writer.writerow([*row, data["parent"].get("id", "")])
    for post_id, kind in posts.items():
        yield [post_id.rpartition("_")[2], PAGE.id, "09/23/2021 14:00", "", kind]


def test_the_golden_comments_give_the_same_files_when_they_are_exported(config: Path, tmp_path: Path) -> None:
    given, raw = list(datasets(config)), tmp_path / "given"
    raw.mkdir()
    served = world_of_raw_comments(PAGE, given)
    table = create_uuid_table(tmp_path / "uuids.sqlite", "FB", "avf-facebook-uuid-")
    table.add_known({f"facebook-{user}": uuid for user, uuid in served.addresses.items()})
    posts: list[list[str]] = []
    for dataset in given:
        lines = without_repeated(dataset).splitlines()
        # An export cannot tell a sticker from a comment that could not be read.
        said = [line for line in lines if json.loads(line)[0]["Data"].get(f"{dataset.name}.message")]
        (raw / f"{dataset.name}_{PAGE.id}.jsonl").write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
        posts += exported(tmp_path, said, dataset.name)
    with (tmp_path / "content.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["Post ID", "Page ID", "Publish time", "Permalink", "Post type"], *posts])
    written = json.loads(config.read_text(encoding="utf-8"))
    written["RawDataSources"] = [
        {
            "SourceType": "FacebookExport",
            "PageID": PAGE.id,
            "Datasets": [{"Name": each.name, "CommentFileURLs": [f"{each.name}.csv"]} for each in given],
            "Columns": dict(zip(("CommentID", "PostID", "AuthorID", "Time", "Text", "ParentID"), TITLES, strict=True)),
            "Timezone": "Africa/Mogadishu",
            "ContentFileURLs": ["content.csv"],
        }
    ]
    config.write_text(json.dumps(written), encoding="utf-8")
    fetched = fetch_to_folder(load_project(config), Located(storage_at(tmp_path.as_uri()), "fetched"))
    assert (
        sum(fetched.record_counts.values()) == sum(len(path.read_text().splitlines()) for path in raw.iterdir()) > 900
    )
    expected = outputs(config, raw)
    assert outputs(config, tmp_path / "fetched") == expected
    assert {"messages.csv", "individuals.csv", "ICR/facebook_s01e01.csv"} < expected.keys()
