import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Files = dict[str, Any]

CONTROLS = {"NA": -10, "NC": -30, "NR": -40, "STOP": -90, "WS": -100, "CE": -110}


def code_scheme(scheme_id: str, *normal: str) -> dict[str, Any]:
    codes: list[dict[str, Any]] = [
        {"CodeID": f"code-{name}", "CodeType": "Normal", "NumericValue": n, "StringValue": name, "MatchValues": [name]}
        for n, name in enumerate(normal, start=1)
    ]
    for control, number in CONTROLS.items():
        code = {"CodeID": f"code-{control}", "CodeType": "Control", "ControlCode": control}
        codes.append(code | {"NumericValue": number, "StringValue": control})
    return {"SchemeID": scheme_id, "Name": scheme_id, "Version": "0.0.0.1", "Codes": codes}


@pytest.fixture
def files() -> Files:
    """A project's files, by name, with nothing wrong or odd."""
    return {
        "pipeline.json": {
            "PipelineName": "water",
            "RawDataSources": [
                {
                    "SourceType": "RapidPro",
                    "Domain": "textit.com",
                    "TokenFileURL": "token.txt",
                    "ActivationFlowNames": ["water_s01e01_activation"],
                    "SurveyFlowNames": ["water_demographics"],
                },
                {"SourceType": "RecoveryCSV", "ActivationFlowURLs": ["recovered.csv"]},
            ],
            "UUIDTable": {"SQLiteFile": "uuids.sqlite", "TableName": "water"},
            "LabelStore": {"StoreType": "Directory", "DirectoryURL": "labels"},
            "TimestampRemappings": [
                {
                    "TimeKey": "received_on",
                    "ShowPipelineKeyToRemapTo": "s01e01_raw",
                    "RangeStartInclusive": "2025-09-01T00:00+03:00",
                    "RangeEndExclusive": "2025-09-07T24:00+03:00",
                }
            ],
            "SourceKeyRemappings": [
                {"SourceKey": "avf_phone_id", "PipelineKey": "uid"},
                {
                    "SourceKey": "S01E01 (Text) - water_s01e01_activation",
                    "PipelineKey": "s01e01_raw",
                    "IsActivationMessage": True,
                },
                {"SourceKey": "S01E01 (Run ID) - water_s01e01_activation", "PipelineKey": "s01e01_run_id"},
                {"SourceKey": "S01E01 (Time) - water_s01e01_activation", "PipelineKey": "sent_on"},
                {"SourceKey": "message", "PipelineKey": "recovered_raw", "IsActivationMessage": True},
                {"SourceKey": "received_on", "PipelineKey": "sent_on"},
                {"SourceKey": "Gender (Value) - water_demographics", "PipelineKey": "gender_raw"},
                {"SourceKey": "Gender (Time) - water_demographics", "PipelineKey": "gender_time"},
            ],
            "ProjectStartDate": "2025-09-01T00:00+03:00",
            "ProjectEndDate": "2025-10-01T00:00+03:00",
            "FilterTestMessages": True,
            "MoveWSMessages": False,
            "CodingPlans": "coding_plans.json",
        },
        "coding_plans.json": {
            "WSCorrectDatasetScheme": "ws_correct_dataset",
            "ResearchQuestions": [
                {
                    "RawField": "s01e01_raw",
                    "WSCodeMatchValue": "s01e01",
                    "Codings": [{"CodeScheme": "s01e01", "AnalysisFileKey": "s01e01"}],
                }
            ],
            "Demographics": [
                {
                    "RawField": "gender_raw",
                    "WSCodeMatchValue": "gender",
                    "Codings": [{"CodeScheme": "gender", "AnalysisFileKey": "gender", "Cleaner": "somali.gender"}],
                }
            ],
        },
        "code_schemes/gender.json": code_scheme("Scheme-gender", "man", "woman"),
        "code_schemes/s01e01.json": code_scheme("Scheme-s01e01", "wells", "rain"),
        "code_schemes/ws_correct_dataset.json": code_scheme("Scheme-ws", "gender", "s01e01"),
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a project's files; gives the path of its config."""

    def write(files: Files, project: str = "water") -> Path:
        folder = tmp_path / project
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        for name in ("token.txt", "recovered.csv", "uuids.sqlite"):
            (folder / name).touch()
        return folder / "pipeline.json"

    return write
