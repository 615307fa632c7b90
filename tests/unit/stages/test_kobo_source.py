"""The stage `fetch` of a project with a KoboToolbox form."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.connection_secrets import lending_connections
from pipeline_lib.errors import ConfigError
from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.model.step_counts import total
from pipeline_lib.sources.kobo.client import STAND_IN_SETTING
from pipeline_lib.stages.fetch import dry_run_fetch, fetch
from pipeline_lib.stages.run_context import Run, open_run
from pipeline_lib.storage.manifest import read_manifest
from sandbox.kobo.server import TOKEN, KoboServer
from sandbox.kobo.world import FORM_UID, invented_world

DEMO = Path(__file__).parents[3] / "configs" / "demo"
SOURCE = {
    "SourceType": "KoboToolbox",
    "Domain": "kobo.example",
    "TokenFileURL": "connection://kobo",
    "Country": "SO",
    "Forms": [
        {
            "Name": "geedka_form",
            "AssetUID": FORM_UID,
            "Address": "phone",
            "Messages": [{"Question": "show/water", "Field": "water"}],
            "Answers": [{"Question": "gender", "Field": "gender"}],
        }
    ],
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run of the demo project with one form for its only source, which twenty people have filled in."""
    folder = tmp_path / "kobo"
    shutil.copytree(DEMO, folder)
    create_uuid_table(folder / "uuids.sqlite", "TEST", "avf-phone-uuid-")
    written = json.loads((folder / "pipeline.json").read_text(encoding="utf-8"))
    written |= {
        "RawDataSources": [SOURCE],
        "SourceKeyRemappings": [{"SourceKey": "avf_phone_id", "PipelineKey": "uid"}],
        "UUIDTable": {"SQLiteFile": "uuids.sqlite", "TableName": "TEST"},
        "DataRoot": (tmp_path / "data").as_uri(),
    }
    written.pop("TimestampRemappings", None)
    (folder / "pipeline.json").write_text(json.dumps(written), encoding="utf-8")
    with KoboServer(invented_world(20)) as server:
        monkeypatch.setenv(STAND_IN_SETTING, server.host)
        yield open_run(load_project(folder / "pipeline.json"), "today", None, "tester")


def test_a_fetch_with_the_token_of_a_connection_publishes_submissions_and_counts(run: Run) -> None:
    with lending_connections({"kobo": TOKEN}.get):
        assert fetch(run, 0) == [run.storage.uri_of("runs/today/Raw Data/geedka_form.jsonl")]
    lines = [json.loads(line) for line in run.storage.read("runs/today/Raw Data/geedka_form.jsonl").splitlines()]
    assert len({line["avf_phone_id"] for line in lines}) == 20
    assert TOKEN not in run.storage.read("runs/today/manifest.json").decode()
    (record,) = read_manifest(run.storage, run.key).tasks
    counts = {count.measure: count.count for count in record.counts}
    assert (counts["submissions"], counts["submissions_of_unknown_people"], counts["messages"]) == (20, 2, 20)


def test_a_dry_run_gives_nobody_a_uuid(run: Run) -> None:
    with lending_connections({"kobo": TOKEN}.get):
        tried = dry_run_fetch(run.project)
        assert tried.record_counts == {"geedka_form": 20}
        assert total(tried.counts, measure="people_who_have_no_participant_uuid_yet") == 20


def test_a_connection_that_is_not_there_is_told_at_its_key(run: Run) -> None:
    with (
        lending_connections(lambda _: None),
        pytest.raises(ConfigError, match=r"TokenFileURL: there is no Airflow"),
    ):
        fetch(run, 0)
