"""What a run tells of itself, and that nothing which hears it can be in its way."""

import json
import logging
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.mode import Mode
from pipeline_lib.stages import all_stages, events
from pipeline_lib.stages.all_stages import run_all
from pipeline_lib.stages.events import Dashboard, EventReporter, Stage
from pipeline_lib.stages.run_context import Run
from sandbox.emulator import free_address

Change = Callable[..., None]
RunOf = Callable[..., Run]
END = datetime(2025, 9, 16, 23, tzinfo=UTC)
AT = datetime(2026, 1, 2, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time enough for a busy machine."""
    monkeypatch.setenv(events.SETTING, "300")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The events in the log."""
    return [json.loads(record.message) for record in caplog.records if record.message.startswith('{"id"')]


@pytest.fixture
def no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An analysis that takes no time."""
    monkeypatch.setattr(all_stages, "analyse", lambda *_: "file:///analysis")


def short(told: dict[str, Any]) -> tuple[Any, ...]:
    return told["event"], told.get("source"), told["state"]


def documents(project: str) -> list[dict[str, Any]]:
    client = Client(project=project, credentials=AnonymousCredentials())
    found = client.collection("metrics", "pipelines", "pipeline_logs").stream()
    return [document.to_dict() or {} for document in found]


@pytest.fixture
def use_dashboard(demo: Path, change: Change, firestore_project: str) -> str:
    """Makes the demo tell a dashboard; its Firebase project."""
    key = {"type": "service_account", "project_id": firestore_project}
    (demo.parent / "dashboard.json").write_text(json.dumps(key))
    change(OperationsDashboard={"FirebaseCredentialsFileURL": "dashboard.json"}, DriveUpload=None)
    return firestore_project


WHOLE = [
    ("PipelineRunStart", None, "start"),
    ("CodaGet", None, "start"),
    ("CodaGet", None, "success"),
    *[("FetchingRawData", index, state) for index in range(3) for state in ("start", "success")],
    ("GeneratingOutputs", None, "start"),
    ("GeneratingOutputs", None, "success"),
    ("GeneratingAutomatedAnalysisFiles", None, "start"),
    ("GeneratingAutomatedAnalysisFiles", None, "success"),
    ("CodaAdd", None, "start"),
    ("CodaAdd", None, "success"),
    ("PipelineRunEnd", None, "success"),
]


@pytest.mark.usefixtures("no_drawing")
def test_the_dashboard_and_the_log_get_the_same_events(
    run_of: RunOf, use_dashboard: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run_all(run_of(as_of=END), publish=True)
    logged = lines(caplog)
    assert [short(line) for line in logged] == WHOLE
    stored = sorted(documents(use_dashboard), key=lambda document: document["timestamp"])
    assert stored == [{key: value for key, value in line.items() if key != "id"} for line in logged]
    assert {(each["pipeline_name"], each["run_id"]) for each in stored} == {("geedka-hoostiisa", "today")}
    processed = next(line for line in logged if short(line) == ("GeneratingOutputs", None, "success"))
    assert processed["counts"]["dropped"] > 0
    assert processed["duration_seconds"] > 0
    assert caplog.text.count("operations dashboard is not told") == 0


def test_a_failed_run_is_reported_with_the_kind_of_error_and_none_of_its_words(
    run_of: RunOf, use_dashboard: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> str:
        raise DataError(Problem("+252611111111", "canary"))

    monkeypatch.setattr(all_stages, "process", fail)
    caplog.set_level(logging.INFO)
    with pytest.raises(DataError):
        run_all(run_of(as_of=END), publish=True)
    stored = sorted(documents(use_dashboard), key=lambda document: document["timestamp"])
    failed = [(each["event"], each["error"]) for each in stored if each["state"] == "failure"]
    assert failed == [("GeneratingOutputs", "DataError"), ("PipelineRunEnd", "DataError")]
    told = json.dumps([stored, lines(caplog)])
    assert "canary" not in told
    assert "252611111111" not in told


def test_a_run_without_a_dashboard_reports_to_its_log(
    run_of: RunOf, change: Change, caplog: pytest.LogCaptureFixture
) -> None:
    change(DriveUpload=None)
    caplog.set_level(logging.INFO)
    run_all(run_of(as_of=END), publish=False, mode=Mode.AUTO_CODE_ONLY)
    left_out = {"GeneratingAutomatedAnalysisFiles", "CodaAdd"}
    assert [short(line) for line in lines(caplog)] == [told for told in WHOLE if told[0] not in left_out]


def test_a_stage_that_is_not_needed_is_reported_as_skipped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    reporter = EventReporter("water", "r1", None)
    with pytest.raises(LookupError), reporter.report_stage(Stage("coda_push", attempt=2), skip=LookupError):
        raise LookupError
    assert [(short(line), line["try"], line.get("error")) for line in lines(caplog)] == [
        (("CodaAdd", None, "start"), 2, None),
        (("CodaAdd", None, "skip"), 2, None),
    ]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (None, "there is no such file"),
        ("{}", "is no service account key"),
        ('{"type": "service_account", "project_id": "radio-water", "private_key": "canary"}', "is no service account"),
    ],
)
def test_a_key_that_cannot_be_used_is_one_warning(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    key: str | None,
    says: str,
) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    if key is not None:
        (tmp_path / "key.json").write_text(key)
    tell_a_stage(tmp_path)
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert says in warning
    assert "\n" not in warning
    assert "canary" not in caplog.text


def test_a_firestore_that_is_down_is_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", free_address())
    monkeypatch.setenv(events.SETTING, "0.5")
    (tmp_path / "key.json").write_text('{"type": "service_account", "project_id": "radio-water"}')
    tell_a_stage(tmp_path)
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert "Firestore is unavailable" in warning or "does not answer within 0.5 seconds" in warning


def test_a_dashboard_that_does_not_answer_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answered = threading.Event()
    asked: list[str] = []

    def hang(*_: Any) -> None:
        asked.append("key")
        answered.wait(60)

    monkeypatch.setattr("pipeline_lib.stages.firestore_clients.firestore_client", hang)
    monkeypatch.setenv(events.SETTING, "0.1")
    tell_a_stage(tmp_path)
    answered.set()
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert warning.endswith("it does not answer within 0.1 seconds")
    assert len(asked) == 1


def tell_a_stage(base: Path) -> None:
    with EventReporter("water", "r1", Dashboard("key.json", base)).report_stage(Stage("coda_pull")), nullcontext():
        pass
