"""Flows, files and fields may be called whatever people call them on a server: none is a file's name as it stands."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from tests.toy import change_config, write_toy

NAMES = [
    'what "is" water?',
    "back\\slash",
    "a:b*c?<d>|e",
    "%2F 100%",
    "x" * 240,
    "\u0635" * 120,
    "\U00010480" * 60,
    "heart \U0001f49a",
    " around ",
    "{{ conn.a }}",
    "{% raw %}",
    "caf\u00e9",
    "cafe\u0301",
    "Case",
    "case",
    "CON",
    "$^(.*)[a-z]+",
    "it's `$(x)`",
    "-rf",
    "s01e01",
]
PARTICIPANT = "avf-phone-uuid-3f5f0b0e-0000-4000-8000-0000000000"


def field(name: str) -> str:
    return f"Rqa (Value) - {name}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The toy project with a bucket's files, each called by an odd name and with fields that have it too."""
    config = write_toy(tmp_path / "configs")
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    for number, name in enumerate(NAMES, start=10):
        line = {
            "avf_phone_id": f"{PARTICIPANT}{number}",
            field(name): "biyo",
            f"Rqa (Time) - {name}": "2026-01-02T10:00:00+03:00",
            f"Rqa (Run ID) - {name}": f"{number}",
        }
        (bucket / f"{name}.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    remappings: list[dict[str, Any]] = [{"SourceKey": "avf_phone_id", "PipelineKey": "uid"}]
    for name in NAMES:
        remappings += [
            {"SourceKey": field(name), "PipelineKey": "show_raw", "IsActivationMessage": True},
            {"SourceKey": f"Rqa (Time) - {name}", "PipelineKey": "sent_on"},
            {"SourceKey": f"Rqa (Run ID) - {name}", "PipelineKey": "show_run_id"},
        ]
    urls = [f"../../bucket/{name}.jsonl" for name in NAMES]
    change_config(
        config,
        SourceKeyRemappings=remappings,
        RawDataSources=[{"SourceType": "GCloudBucket", "ActivationFlowURLs": urls}],
        AutomatedAnalysis={},
        DataRoot=(tmp_path / "data").as_uri(),
    )
    return config


@pytest.mark.slow
def test_a_project_with_files_and_fields_of_any_name_is_fetched_processed_and_analysed(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw_data, outputs = tmp_path / "run" / "Raw Data", tmp_path / "outputs"
    assert main(["validate", str(config)]) == 0, capsys.readouterr().out
    assert main(["run", "--config", str(config)]) == 0
    (tmp_path / "coded").mkdir()
    folders = ["--raw-data", str(raw_data)]
    for _ in range(2):
        assert main(["fetch", "--config", str(config), *folders]) == 0
    processing = [*folders, "--coded", str(tmp_path / "coded"), "--outputs", str(outputs)]
    assert main(["process", "--config", str(config), *processing]) == 0
    messages = (outputs / "messages.csv").read_text(encoding="utf-8").splitlines()
    assert len(messages) == 1 + len(NAMES)
    assert main(["analyse", "--config", str(config), "--outputs", str(outputs), "--analysis", str(tmp_path / "a")]) == 0
    assert len(list(raw_data.glob("*.jsonl"))) == len(NAMES)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("field", ["*", "^.*$", "^show$", "^a[b$", "*.*"])
def test_a_field_that_looks_like_a_pattern_is_the_field_of_that_name(config: Path, tmp_path: Path, field: str) -> None:
    line = {
        "avf_phone_id": f"{PARTICIPANT}10",
        field: "biyo",
        "sent": "2026-01-02T10:00:00Z",
        "shows": "no",
        "^time$": "t",
    }
    (tmp_path / "bucket" / "flow.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    remappings = [
        {"SourceKey": "avf_phone_id", "PipelineKey": "uid"},
        {"SourceKey": field, "PipelineKey": "show_raw", "IsActivationMessage": True},
        {"SourceKey": "sent", "PipelineKey": "sent_on"},
        {"SourceKey": "^time$", "PipelineKey": "show_run_id"},
    ]
    sources = [{"SourceType": "GCloudBucket", "ActivationFlowURLs": ["../../bucket/flow.jsonl"]}]
    change_config(config, SourceKeyRemappings=remappings, RawDataSources=sources)
    raw_data, outputs = tmp_path / "run" / "Raw Data", tmp_path / "outputs"
    (tmp_path / "coded").mkdir()
    assert main(["fetch", "--config", str(config), "--raw-data", str(raw_data)]) == 0
    folders = ["--raw-data", str(raw_data), "--coded", str(tmp_path / "coded"), "--outputs", str(outputs)]
    assert main(["process", "--config", str(config), *folders]) == 0
    assert (outputs / "messages.csv").read_text(encoding="utf-8").splitlines()[1].endswith(",biyo")
