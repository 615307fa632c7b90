"""What Airflow's callbacks and tasks tell people."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pipeline_lib.errors import ConfigError, DataError, Problem
from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.storage.manifest import NewestRecord, TaskManifest
from tests.dags.conftest import Nights
from tests.receivers import WebServer, serving

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

NIGHT = datetime(2026, 1, 9, 23, tzinfo=UTC)
RUN = "scheduled__2026-01-08T23:00:00+00:00"
LINK = "http://localhost:8080/dags/toy/runs/scheduled__2026-01-08T23%3A00%3A00%2B00%3A00"


@pytest.fixture
def office(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """Where the toy project's notices go."""
    server = WebServer()
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{server.url}/hook")
    nights.write(Notices=[{"Channel": "webhook", "Connection": "office"}])
    with serving(server):
        yield server


def told(office: WebServer) -> list[tuple[str, str, list[str]]]:
    return [(got["kind"], got["summary"], got["problems"]) for _, _, got in office.requests]


def toy(nights: Nights) -> Any:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    (dag,) = dags_in(nights.configs, only="toy")
    return dag


def fail(nights: Nights, task: str, error: BaseException | None, index: int = -1) -> None:
    """What Airflow does when a task has failed for good; without an error, in the DAG processor."""
    instance = SimpleNamespace(dag_id="toy", task_id=task, run_id=RUN, map_index=index)
    callbacks = toy(nights).get_task("coda_pull").on_failure_callback
    for callback in callbacks if isinstance(callbacks, list | tuple) else [callbacks]:
        callback({"ti": instance} | ({"exception": error} if error else {}))


def test_every_task_tells_that_it_failed(bag: "DagBag") -> None:
    assert all(task.has_on_failure_callback for dag in bag.dags.values() for task in dag.tasks)


def test_a_failed_task_tells_its_sentences_and_where_to_look(nights: Nights, office: WebServer) -> None:
    fail(nights, "fetch", DataError(Problem("demog.csv", "has nothing left", "have it restored")), index=1)
    assert told(office) == [("failure", "fetch 2 failed", ["demog.csv: has nothing left; have it restored"])]
    assert office.requests[0][2]["link"] == LINK


def test_the_words_of_an_error_that_is_not_ours_are_not_passed_on(nights: Nights, office: WebServer) -> None:
    fail(nights, "process", ValueError("canary"))
    ((kind, summary, (sentence,)),) = told(office)
    assert (kind, summary) == ("failure", "process failed")
    assert sentence == (
        "process: failed unexpectedly, with ValueError; look at its log; if that does not help, show the log to a "
        "developer"
    )


def test_a_killed_task_is_told_by_somebody_else(nights: Nights, office: WebServer) -> None:
    fail(nights, "process", None)
    sentence = (
        "process: its process was killed or stopped answering, or no worker took it; check whether its machine ran out "
        "of memory or was restarted, and workers are there; then clear the task"
    )
    assert told(office) == [("failure", "process failed", [sentence])]


BROKEN = ConfigError(Problem("toy/pipeline.json: Shedule", "is no key", 'did you mean "Schedule"?'))
TOLD_OF_BROKEN = (
    "config",
    "the config cannot be used",
    ['toy/pipeline.json: Shedule: is no key; did you mean "Schedule"?'],
)
MISTYPED = "parameter mode: is not known"
TOLD_OF_MISTYPED = ("failure", "a run's parameters cannot be used", [MISTYPED])


def mistyped() -> ConfigError:
    from pipeline_lib.orchestration.dag_run import ParameterError  # noqa: PLC0415 - after conftest's settings

    return ParameterError(Problem(*MISTYPED.split(": ")))


@pytest.fixture
def first_task(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """The state of the run's first task, as Airflow knows it."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: PLC0415 - after conftest's settings

    states: dict[str, str | None] = {}
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(lambda **_asked: {RUN: states}))
    return states


FIRST_TASKS = [("coda_pull", -1), ("fetch", 0), ("fetch", 1)]


def test_a_config_that_broke_is_told_once_however_many_tasks_fail_of_it(
    nights: Nights, office: WebServer, first_task: dict[str, str | None]
) -> None:
    toy(nights)  # its last good state
    nights.break_config()
    for state, (task, index) in zip(("failed", "running", "up_for_retry"), FIRST_TASKS, strict=True):
        first_task["coda_pull"] = state
        fail(nights, task, BROKEN, index)
    assert told(office) == [TOLD_OF_BROKEN]


def test_a_wrong_parameter_is_told_once_and_not_as_a_broken_config(
    nights: Nights, office: WebServer, first_task: dict[str, str | None]
) -> None:
    first_task["coda_pull"] = "failed"
    for task, index in FIRST_TASKS:
        fail(nights, task, mistyped(), index)
    assert told(office) == [TOLD_OF_MISTYPED]


def test_what_the_first_task_did_not_fail_of_a_later_one_tells(
    nights: Nights, office: WebServer, first_task: dict[str, str | None]
) -> None:
    toy(nights)
    nights.break_config()
    first_task["coda_pull"] = "success"  # of an earlier start: only later tasks are done again
    fail(nights, "process", BROKEN)
    first_task["coda_pull"] = "failed"
    fail(nights, "process", ConfigError(Problem("UUIDTable", "there is no such key")))
    assert [problems for _, _, problems in told(office)] == [TOLD_OF_BROKEN[2], ["UUIDTable: there is no such key"]]


def test_where_airflow_does_not_say_how_the_first_task_ended_all_are_told(nights: Nights, office: WebServer) -> None:
    fail(nights, "process", mistyped())
    assert told(office) == [TOLD_OF_MISTYPED]


def test_the_task_that_fails_for_others_says_nothing(nights: Nights, office: WebServer) -> None:
    fail(nights, "outcome", DataError(Problem("this run", "one of its tasks has failed")))
    assert told(office) == []


@pytest.mark.parametrize(
    ("reason", "sentences"),
    [
        ("task_failure", []),
        ("timed_out", ["this run: was ended, since it took too long; see which task stopped, and clear it"]),
        ("tasks_deadlocked", ["this run: could not go on; look at its tasks, and clear those that are not green"]),
    ],
)
def test_a_run_tells_that_it_failed_where_no_task_did(
    nights: Nights, office: WebServer, reason: str, sentences: list[str]
) -> None:
    for callback in toy(nights).on_failure_callback:
        callback({"run_id": RUN, "reason": reason})
    assert [problem for _, _, problems in told(office) for problem in problems] == sentences


def test_a_project_without_notices_of_its_own_has_those_of_the_setting(
    nights: Nights, office: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.write(Notices=None)
    error = DataError(Problem("demog.csv", "has nothing left"))
    fail(nights, "process", error)
    assert told(office) == []
    monkeypatch.setenv("PIPELINE_NOTICES", '[{"Channel": "webhook", "Connection": "office"}]')
    fail(nights, "process", error)
    assert len(told(office)) == 1
    nights.write(Notices=[{"Channel": "log"}])
    fail(nights, "process", error)
    assert len(told(office)) == 1


def test_a_setting_that_cannot_be_used_is_an_import_error_and_stops_nothing(
    configs: Path, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    monkeypatch.setenv("PIPELINE_CONFIGS", str(configs))
    monkeypatch.setenv("PIPELINE_NOTICES", '[{"Channel": "smtp"}, {"Channel": "pigeon"}]')
    bag = DagBag(str(Path(__file__).parents[2] / "dags"))
    ((file, trace),) = bag.import_errors.items()
    assert Path(file).name == "config_health.py"
    assert 'PIPELINE_NOTICES[0]: an e-mail needs somebody to get it: add "To"' in trace
    assert "PIPELINE_NOTICES[1].Channel: " in trace
    assert "toy" in bag.dags


def part(task: str, **facts: Any) -> TaskManifest:
    return TaskManifest(task=task, started_at=NIGHT, duration_seconds=1, peak_memory_bytes=1, **facts)


def find(nights: Nights, planned: str, found: TaskManifest, night: datetime = NIGHT, kind: str = "scheduled") -> None:
    """What a task does that has succeeded."""
    from pipeline_lib.orchestration.notices import tell_of_findings  # noqa: PLC0415
    from pipeline_lib.orchestration.plan import Task  # noqa: PLC0415
    from pipeline_lib.orchestration.projects import read_projects  # noqa: PLC0415

    (folder,) = read_projects(nights.configs, only="toy")
    run = SimpleNamespace(
        run_id=RUN,
        run_type=SimpleNamespace(value=kind),
        data_interval_start=night - timedelta(days=1),
        data_interval_end=night,
    )
    tell_of_findings(folder, Task(planned, ""), {"dag_run": run}, [found])


@pytest.mark.parametrize(
    ("set_aside", "sentences"),
    [
        (0, []),
        (5, []),
        (6, ["fetch-0: 6 records of 1,006 were set aside (0.6%); "]),
    ],
)
def test_records_set_aside_are_told_before_they_are_so_many_that_the_task_fails(
    nights: Nights, office: WebServer, set_aside: int, sentences: list[str]
) -> None:
    count = StepCount(step="fetch", measure="records", count=set_aside, outcome=Outcome.QUARANTINED, reason="no number")
    find(nights, "fetch", part("fetch-0", outputs={"file:///x": 1000}, counts=(count,)))
    assert [(kind, problems[0].partition("the reasons")[0]) for kind, _, problems in told(office)] == [
        ("quarantine", sentence) for sentence in sentences
    ]


@pytest.mark.parametrize(
    ("age", "config", "kind", "is_told"),
    [
        (timedelta(days=6, hours=23), {}, "scheduled", False),
        (timedelta(days=7), {}, "scheduled", True),
        (timedelta(days=8), {}, "scheduled", False),
        (timedelta(days=14), {}, "scheduled", True),
        (timedelta(days=7), {}, "backfill", False),
        (timedelta(days=3), {"StaleAfterDays": 3}, "scheduled", True),
        (timedelta(days=7), {"StaleAfterDays": 3}, "scheduled", False),
        (timedelta(days=7), {"ProjectEndDate": "2026-01-09T00:00+00:00"}, "scheduled", False),
    ],
)
def test_silence_is_told_when_it_has_lasted_for_so_many_days_and_again_after_as_many(
    nights: Nights, office: WebServer, age: timedelta, config: dict[str, Any], kind: str, is_told: bool
) -> None:
    nights.write(**config)
    newest = (NIGHT - age).isoformat()
    quality = ({"dataset": "show", "newest_message": newest}, {"dataset": "age", "newest_message": None})
    find(nights, "process", part("process", quality=quality), kind=kind)
    assert [kind for kind, _, _ in told(office)] == ["stale"] * is_told


def test_silence_names_the_day_of_the_newest_message(nights: Nights, office: WebServer) -> None:
    quality = ({"dataset": "show", "newest_message": "2026-01-02T20:00:00+00:00"},)
    find(nights, "process", part("process", quality=quality))
    ((_, summary, (sentence,)),) = told(office)
    assert summary == "no new messages"
    assert sentence.startswith("messages: the newest message is of 02 January 2026, 7 days ago; check whether the show")


def heard(*ages: timedelta | None) -> TaskManifest:
    """What `process` finds where the newest message is of tonight, and each source's newest record so old."""
    records = tuple(
        NewestRecord(
            source=f"{number} RapidPro: show_{number}",
            file="x.jsonl",
            received_at=NIGHT - age if age is not None else None,
        )
        for number, age in enumerate(ages, start=1)
    )
    quality = ({"dataset": "show", "newest_message": (NIGHT - timedelta(hours=1)).isoformat()},)
    return part("process", quality=quality, newest_records=records)


@pytest.mark.parametrize(
    ("age", "is_told"),
    [
        (timedelta(days=6, hours=23), False),
        (timedelta(days=7), True),
        (timedelta(days=8), False),
        (timedelta(days=14), False),
        (None, False),
    ],
)
def test_a_source_that_went_silent_is_told_once_and_by_its_name(
    nights: Nights, office: WebServer, age: timedelta | None, *, is_told: bool
) -> None:
    find(nights, "process", heard(timedelta(hours=1), age))
    sentence = "source 2 RapidPro: show_2: its newest record is of 02 January 2026, 7 days ago; check whether its flows"
    assert [(summary, problems[0].partition(", form")[0]) for _, summary, problems in told(office)] == [
        ("a source is silent", sentence)
    ] * is_told


@pytest.mark.parametrize(
    ("earlier", "is_told"),
    [
        ({"2026-01-08T230000Z": ["process"]}, False),
        ({"2026-01-07T230000Z": ["process"], "2026-01-08T230000Z": ["coda_pull"]}, True),
        ({"2026-01-07T230000Z": ["process"], "manual__2026-01-09T090000+0000": ["process"]}, True),
        (
            {"2026-01-07T230000Z": ["process"], "2026-01-09T230000Z": ["process"], "2026-01-10T230000Z": ["process"]},
            True,
        ),
    ],
)
def test_silence_that_began_to_count_in_a_night_that_failed_is_told_by_the_next(
    nights: Nights, office: WebServer, earlier: dict[str, list[str]], *, is_told: bool
) -> None:
    runs = [
        {"key": key, "tasks": tasks, "worked_on_at": "2026-01-09T00:00Z", "duration_seconds": 1, "peak_memory_bytes": 1}
        for key, tasks in earlier.items()
    ]
    history = nights.runs.parent / "state/run_history.json"
    history.parent.mkdir(parents=True)
    history.write_text(json.dumps({"runs": runs}))
    find(nights, "process", heard(timedelta(hours=1), timedelta(days=8)))
    assert [summary for _, summary, _ in told(office)] == ["a source is silent"] * is_told
    office.requests.clear()
    quality = ({"dataset": "show", "newest_message": (NIGHT - timedelta(days=8)).isoformat()},)
    find(nights, "process", part("process", quality=quality))
    assert [summary for _, summary, _ in told(office)] == ["no new messages"] * is_told


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("", "http://localhost:8080/dags/toy/runs/a%2Fb"),
        ("https://x.org/pipelines/", "https://x.org/pipelines/dags/toy/runs/a%2Fb"),
    ],
)
def test_a_link_leads_to_airflow_whatever_its_address_and_the_runs_id(
    monkeypatch: pytest.MonkeyPatch, base: str, link: str
) -> None:
    from pipeline_lib.orchestration.notices import link_to  # noqa: PLC0415 - after conftest's settings

    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert link_to("toy", "a/b") == link


def test_a_source_is_as_fresh_as_its_freshest_file(nights: Nights, office: WebServer) -> None:
    old, new = (heard(timedelta(days=age)).newest_records[0] for age in (7, 1))
    find(nights, "process", heard().model_copy(update={"newest_records": (old, new)}))
    assert told(office) == []
