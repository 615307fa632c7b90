"""The stage `fetch` of a project of exported comments."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.model.step_counts import total
from pipeline_lib.stages.fetch import dry_run_fetch, fetch
from pipeline_lib.stages.run_context import Run, open_run
from pipeline_lib.storage.manifest import read_manifest

DEMO = Path(__file__).parents[3] / "configs" / "demo"
NEW_PEOPLE = "people_who_have_no_participant_uuid_yet"


def export(name: str) -> dict[str, object]:
    return {
        "SourceType": "FacebookExport",
        "PageID": "371",
        "Datasets": [{"Name": name, "CommentFileURLs": ["comments.csv"]}],
        "Columns": {"CommentID": "ID", "PostID": "Post", "Time": "Time", "Text": "Text", "AuthorID": "Author"},
        "Timezone": "Africa/Mogadishu",
        "ContentFileURLs": ["content.csv"],
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of a project with two sources, of one comment each."""
    folder = tmp_path / "fb"
    shutil.copytree(DEMO, folder)
    (folder / "comments.csv").write_text("ID,Post,Time,Text,Author\n1,2,2025-09-06 10:00,haa,7\n")
    (folder / "content.csv").write_text("Post ID,Page ID,Publish time,Permalink,Post type\n2,371,,,Photos\n")
    create_uuid_table(folder / "uuids.sqlite", "TEST", "avf-facebook-uuid-")
    written = json.loads((folder / "pipeline.json").read_text(encoding="utf-8"))
    written |= {
        "RawDataSources": [export("fb_a"), export("fb_b")],
        "SourceKeyRemappings": [{"SourceKey": "avf_facebook_id", "PipelineKey": "uid"}],
        "UUIDTable": {"SQLiteFile": "uuids.sqlite", "TableName": "TEST", "UuidPrefix": "avf-facebook-uuid-"},
        "DataRoot": (tmp_path / "data").as_uri(),
    }
    written.pop("TimestampRemappings", None)
    (folder / "pipeline.json").write_text(json.dumps(written), encoding="utf-8")
    return open_run(load_project(folder / "pipeline.json"), "today", None, "tester")


def test_each_source_has_its_raw_data_and_its_metrics_and_the_manifest_tells_of_them(run: Run) -> None:
    assert [fetch(run, index) for index in (0, 1)] == [
        [run.storage.uri_of("runs/today/Raw Data/fb_a_371.jsonl")],
        [run.storage.uri_of("runs/today/Raw Data/fb_b_371.jsonl")],
    ]
    assert run.storage.names("runs/today/Engagement Metrics") == [
        "runs/today/Engagement Metrics/facebook_metrics.csv",
        "runs/today/Engagement Metrics/facebook_metrics_2.csv",
        "runs/today/Engagement Metrics/facebook_metrics_2_notes.csv",
        "runs/today/Engagement Metrics/facebook_metrics_notes.csv",
    ]
    artifacts = {part.task: part.artifacts for part in read_manifest(run.storage, "today").tasks}
    assert run.storage.uri_of("runs/today/Engagement Metrics/facebook_metrics_2.csv") in artifacts["fetch-1"]


def test_a_dry_run_tells_what_a_fetch_would_bring_and_how_many_people_are_new(run: Run) -> None:
    before = (run.project.folder / "uuids.sqlite").read_bytes()
    first = dry_run_fetch(run.project)
    assert first.record_counts == {"fb_a_371": 1, "fb_b_371": 1}
    assert total(first.counts, measure=NEW_PEOPLE) == 1
    assert run.storage.names("") == []
    assert (run.project.folder / "uuids.sqlite").read_bytes() == before
    fetch(run, 0)
    again = dry_run_fetch(run.project)
    assert (again.record_counts, total(again.counts, measure=NEW_PEOPLE)) == (first.record_counts, 0)


@pytest.mark.parametrize("unusable", [1, 2])
def test_a_dry_run_stops_where_a_fetch_does_and_for_the_same_reasons(
    run: Run, unusable: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{number},2,2025-09-06 10:00,haa,{number}\n" for number in range(10, 110))
    bad = "".join(f"{number},2,no time,haa,7\n" for number in range(unusable))
    (run.project.folder / "comments.csv").write_text(f"ID,Post,Time,Text,Author\n{rows}{bad}")
    command = ["fetch", "--config", str(run.project.path)]
    tried, said = main([*command, "--dry-run"]), capsys.readouterr()
    fetched, told = main([*command, "--raw-data", str(run.project.folder / "raw")]), capsys.readouterr()
    assert (tried, said.err) == (fetched, told.err)
    if unusable == 1:
        assert tried == 0
        line = '1  records set aside, fb_a_371.jsonl: "Time" is in none of the DateFormats, and has no offset\n'
        assert line in said.out
        assert line in told.out
        assert said.out.endswith("      100  people who have no participant uuid yet\n")
    else:
        assert tried == 2
        assert "comments.csv: 2 of its 102 records cannot be used" in said.err
