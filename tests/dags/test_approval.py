"""The task that asks a person before the first upload, as far as it can be tried without a scheduler."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.errors import ConfigError
from pipeline_lib.orchestration.plan import tasks_of
from tests.dags.conftest import Nights

UPLOAD = {"DriveCredentialsFileURL": "connection://drive", "AutomatedAnalysisDir": "toy/analysis"}
MADE = {"process": "file:///outputs", "analyse": "file:///analysis"}


@pytest.fixture
def asking(nights: Nights) -> Nights:
    """The toy project, which uploads and asks before it does so first."""
    nights.write(DriveUpload=UPLOAD, ApproveFirstPublication=True)
    return nights


def approve(nights: Nights) -> Any:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    (dag,) = dags_in(nights.configs, only="toy")
    task = dag.get_task("approve")
    task.made = MADE
    return task


def test_the_upload_and_nothing_else_of_what_is_published_waits_for_the_answer(asking: Nights) -> None:
    task = approve(asking)
    assert task.upstream_task_ids == {"process", "analyse"}
    assert task.downstream_task_ids == {"upload"}
    assert (task.options, task.defaults) == (["Approve", "Reject"], ["Reject"])
    assert task.response_timeout == timedelta(hours=23)
    assert task.execution_timeout == timedelta(hours=3)


def test_who_has_no_schedule_waits_for_as_long_as_it_takes(asking: Nights) -> None:
    written = asking.written()
    del written["Schedule"]
    asking.config.write_text(json.dumps(written))
    assert approve(asking).response_timeout is None
    assert approve(asking).execution_timeout == timedelta(hours=3)


@pytest.mark.parametrize(
    ("changes", "has_task"),
    [
        ({}, False),
        ({"DriveUpload": UPLOAD}, False),
        ({"ApproveFirstPublication": True}, False),
        ({"DriveUpload": UPLOAD, "ApproveFirstPublication": True}, True),
    ],
)
def test_only_a_config_that_asks_has_the_task(nights: Nights, changes: dict[str, Any], has_task: bool) -> None:
    nights.write(**changes)
    assert ("approve" in [task.name for task in tasks_of(load_project(nights.config))]) is has_task


def test_a_run_that_publishes_waits_with_the_question(asking: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import TaskAwaitingInput  # noqa: PLC0415 - after conftest's settings

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **told: asked.append(told)
    )
    context = asking.context()
    asking.night(context)
    task = approve(asking)
    task.made = {"process": (asking.runs / "2026-01-02T230000Z/Outputs").as_uri(), "analyse": "file:///analysis"}
    with pytest.raises(TaskAwaitingInput) as waiting:
        task.execute(context | {"task_instance": SimpleNamespace(id="1")})
    assert waiting.value.timeout == timedelta(hours=23)
    ((subject, body),) = [(told["subject"], told["body"]) for told in asked]
    assert subject == "Publish toy for the first time?"
    assert "| messages | 1 |" in body
    assert "`file:///analysis/index.html`" in body
    assert "biyo" not in body


@pytest.mark.parametrize(
    "of_run",
    [{"conf": {"publish": False}}, {"conf": {"mode": "auto-code-only"}}, {"run_type": SimpleNamespace(value="manual")}],
)
def test_a_run_that_publishes_nothing_passes_at_once(asking: Nights, of_run: dict[str, Any]) -> None:
    assert approve(asking).execute(asking.context(**of_run)) is None


def test_a_wrong_parameter_is_no_reason_to_pass(asking: Nights) -> None:
    with pytest.raises(ConfigError):
        approve(asking).execute(asking.context(conf={"publsh": True}))


def test_a_project_that_was_published_before_passes_at_once(asking: Nights) -> None:
    context = asking.context()
    asking.night(context)
    state = asking.runs.parent / "state"
    (state / "first_publication.json").write_text('{"files": 1}')
    task = approve(asking)
    task.made = {"process": (asking.runs / "2026-01-02T230000Z/Outputs").as_uri(), "analyse": "file:///analysis"}
    assert task.execute(context) is None


def test_yes_goes_on_and_no_leaves_all_unpublished_and_says_so(asking: Nights) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 - after conftest's settings

    answer = {"params_input": {}, "responded_at": asking.context()["dag_run"].run_after, "responded_by_user": None}
    task = approve(asking)
    assert task.execute_complete(asking.context(), {**answer, "chosen_options": ["Approve"]})["chosen_options"] == [
        "Approve"
    ]
    with pytest.raises(AirflowSkipException, match="not approved: nothing is published, and the next run asks again"):
        task.execute_complete(asking.context(), {**answer, "chosen_options": ["Reject"]})
