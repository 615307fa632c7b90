"""The stage `fetch` of a project of CSV files, and what `process` makes of them."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.model.step_counts import total
from pipeline_lib.stages.fetch import dry_run_fetch, fetch
from pipeline_lib.stages.run_context import Run, open_run

DEMO = Path(__file__).parents[3] / "configs" / "demo"
SOURCE: dict[str, Any] = {
    "SourceType": "CSV",
    "Datasets": [
        {
            "Name": "form",
            "FileURLs": ["form.csv"],
            "Messages": [{"Column": "Water", "Field": "water"}, {"Column": "Health", "Field": "health"}],
            "Answers": [{"Column": "Gender", "Field": "gender"}],
        }
    ],
    "Columns": {"Address": "Phone", "Time": "Date", "ID": "Row"},
    "Country": "SO",
    "Timezone": "Africa/Mogadishu",
}
ROWS = [
    "1,2025-09-06 18:01,0612345678,biyo la'aan,dhaqtar ma joogo,naag",
    "2,2025-09-06 18:02,0612345679,ceelka waa gudhay,,nin",
    "3,2025-09-06 18:03,0612345679,,isbitaal,",
]


def remappings() -> list[dict[str, Any]]:
    shows = {"water": "s01e01_water", "health": "s01e02_health"}
    found: list[dict[str, Any]] = [{"SourceKey": "avf_phone_id", "PipelineKey": "uid"}]
    for field, show in shows.items():
        found += [
            {"SourceKey": f"{field} (Text) - form", "PipelineKey": f"{show}_raw", "IsActivationMessage": True},
            {"SourceKey": f"{field} (Time) - form", "PipelineKey": "sent_on"},
        ]
    return [
        *found,
        {"SourceKey": "gender (Text) - form", "PipelineKey": "gender_raw"},
        {"SourceKey": "gender (Time) - form", "PipelineKey": "gender_time"},
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo project, with one CSV for its only source."""
    folder = tmp_path / "csv"
    shutil.copytree(DEMO, folder)
    (folder / "form.csv").write_text("Row,Date,Phone,Water,Health,Gender\n" + "\n".join(ROWS), encoding="utf-8")
    create_uuid_table(folder / "uuids.sqlite", "TEST", "avf-phone-uuid-")
    written = json.loads((folder / "pipeline.json").read_text(encoding="utf-8"))
    written |= {
        "RawDataSources": [SOURCE],
        "SourceKeyRemappings": remappings(),
        "UUIDTable": {"SQLiteFile": "uuids.sqlite", "TableName": "TEST"},
        "DataRoot": (tmp_path / "data").as_uri(),
    }
    written.pop("TimestampRemappings", None)
    (folder / "pipeline.json").write_text(json.dumps(written), encoding="utf-8")
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    return open_run(load_project(folder / "pipeline.json"), "today", None, "tester")


def test_a_fetch_publishes_the_rows_and_a_dry_run_gives_nobody_a_uuid(run: Run) -> None:
    tried = dry_run_fetch(run.project)
    assert tried.record_counts == {"form": 4}
    assert total(tried.counts, measure="people_who_have_no_participant_uuid_yet") == 2
    assert fetch(run, 0) == [run.storage.uri_of("runs/today/Raw Data/form.jsonl")]
    lines = run.storage.read("runs/today/Raw Data/form.jsonl").splitlines()
    assert len({json.loads(line)["avf_phone_id"] for line in lines}) == 2


def test_rows_become_messages_and_answers(folder: Path, tmp_path: Path) -> None:
    config, raw, coded, outputs = (
        str(folder / "pipeline.json"),
        *(str(tmp_path / n) for n in ("raw", "coded", "outputs")),
    )
    Path(coded).mkdir()
    main(["fetch", "--config", config, "--raw-data", raw])
    main(["process", "--config", config, "--raw-data", raw, "--coded", coded, "--outputs", outputs])
    with (tmp_path / "outputs" / "production.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["s01e01_water_raw"], row["s01e02_health_raw"], row["gender_raw"]) for row in rows] == [
        ("biyo la'aan", "", "naag"),
        ("", "dhaqtar ma joogo", "naag"),
        ("ceelka waa gudhay", "", "nin"),
        ("", "isbitaal", "nin"),
    ]
