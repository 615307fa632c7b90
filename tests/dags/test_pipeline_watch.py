"""The DAG that looks at all projects."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pipeline_lib.errors import Problem
from pipeline_lib.model.notices import NoticeKind
from pipeline_lib.orchestration.plan import PlannedSchedule
from tests.dags.conftest import Nights
from tests.receivers import WebServer, serving
from tests.toy import change_config

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

END = datetime(2026, 1, 11, 5, tzinfo=UTC)
SCHEDULED = SimpleNamespace(run_type=SimpleNamespace(value="scheduled"))


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    server = WebServer()
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{server.url}/hook")
    monkeypatch.setenv("PIPELINE_NOTICES", '[{"Channel": "webhook", "Connection": "office"}]')
    with serving(server):
        yield server


def test_it_looks_every_hour_and_needs_nobody_to_unpause_it(bag: "DagBag") -> None:
    dag = bag.dags["pipeline_watch"]
    assert (dag.is_paused_upon_creation, dag.catchup, dag.max_active_runs) == (False, False, 1)
    assert [task.task_id for task in dag.tasks] == ["look"]
    assert dag.tasks[0].execution_timeout == timedelta(minutes=30)


def test_it_tells_what_it_finds_with_a_link_to_the_project(
    nights: Nights, office: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_lib.orchestration import watch  # noqa: PLC0415 - after conftest's settings

    class Airflow:
        def is_paused(self, dag_id: str) -> bool:
            return dag_id == "toy"

        def has_run(self, *_arguments: Any, **_options: Any) -> bool:
            return False

    monkeypatch.setattr(watch, "_ExecutionApi", Airflow)
    look = watch.watch_dag(nights.configs).get_task("look").python_callable
    context = {"dag_run": SCHEDULED, "data_interval_end": END, "data_interval_start": END - timedelta(hours=2)}
    assert look(**context, prev_data_interval_end_success=None) == 1
    ((_, _, got),) = office.requests
    assert (got["kind"], got["link"]) == ("paused", "http://localhost:8080/dags/toy")


def miss_nights(count: int) -> None:
    """Has so many projects miss a night."""
    from pipeline_lib.orchestration.nights import Found  # noqa: PLC0415 - after conftest's settings
    from pipeline_lib.orchestration.notices import tell_of_projects  # noqa: PLC0415
    from pipeline_lib.orchestration.projects import ProjectFolder  # noqa: PLC0415

    names = [f"water_{number}" for number in range(1, count + 1)]
    folders = [ProjectFolder(name, Path(name, "pipeline.json"), None, (), None, None, ()) for name in names]
    night = Problem("the run of 9 January", "has not begun", "backfill it")
    tell_of_projects([Found(folder, NoticeKind.MISSED, "a night did not happen", (night,)) for folder in folders])


def test_what_is_wrong_with_very_many_projects_is_one_notice_that_names_them_all(office: WebServer) -> None:
    miss_nights(200)
    ((_, _, got),) = office.requests
    assert (got["kind"], got["project"], got["summary"]) == ("missed", "200 projects", "nights did not happen")
    assert got["link"] == "http://localhost:8080/dags"
    names, first, *_, rest = got["problems"]
    assert names == f"all of them: {', '.join(f'water_{number}' for number in range(1, 201))}"
    assert first == "water_1, the run of 9 January: has not begun; backfill it"
    assert rest == "and 196 more"


def test_what_is_wrong_with_a_few_projects_is_a_notice_each(office: WebServer) -> None:
    miss_nights(5)
    assert [got["project"] for _, _, got in office.requests] == [f"water_{number}" for number in range(1, 6)]


def test_people_are_told_only_of_their_own_projects(
    nights: Nights, office: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_lib.orchestration import watch  # noqa: PLC0415 - after conftest's settings

    theirs = WebServer()
    monkeypatch.setenv("AIRFLOW_CONN_THEIRS", f"{theirs.url}/hook")
    for number in range(7):
        shutil.copytree(nights.config.parent, nights.configs / f"ours_{number}")
        change_config(nights.configs / f"ours_{number}/pipeline.json", PipelineName=f"ours_{number}")
    nights.write(Notices=[{"Channel": "webhook", "Connection": "theirs"}])
    monkeypatch.setattr(
        watch, "_ExecutionApi", lambda: SimpleNamespace(is_paused=lambda _: True, has_run=lambda *_, **__: True)
    )
    look = watch.watch_dag(nights.configs).get_task("look").python_callable
    context = {"dag_run": SCHEDULED, "data_interval_end": END, "data_interval_start": END - timedelta(hours=2)}
    with serving(theirs):
        assert look(**context) == 8
    assert [(got["project"], got["summary"]) for _, _, got in office.requests] == [("7 projects", "they are paused")]
    assert [(got["project"], got["summary"]) for _, _, got in theirs.requests] == [("toy", "the project is paused")]


def test_it_tells_of_a_run_that_stands_still_since_its_project_was_removed(
    nights: Nights, office: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: PLC0415 - after conftest's settings

    from pipeline_lib.orchestration import watch  # noqa: PLC0415

    def count(dag_id: str, states: list[str], logical_dates: object = None) -> int:
        return logical_dates is not None or (dag_id, states) == ("other", ["queued", "running"])

    monkeypatch.setattr(RuntimeTaskInstance, "get_dr_count", staticmethod(count))
    monkeypatch.setattr(watch, "_is_paused", lambda _dag_id: False)
    shutil.copytree(nights.config.parent, nights.configs / "other")
    (nights.configs / "other/pipeline.json").write_text(json.dumps(nights.written() | {"PipelineName": "other"}))
    look = watch.watch_dag(nights.configs).get_task("look").python_callable
    context = {"dag_run": SCHEDULED, "data_interval_end": END, "data_interval_start": END - timedelta(hours=2)}
    assert look(**context) == 0
    shutil.rmtree(nights.configs / "other")
    assert look(**context) == 1
    ((_, _, got),) = office.requests
    assert (got["kind"], got["project"], got["summary"]) == ("deadline", "other", "a run stands still")


@pytest.mark.parametrize(
    ("last", "since"),
    [
        (None, END - timedelta(hours=1)),
        (END - timedelta(hours=1), END - timedelta(hours=1)),
        (END - timedelta(hours=30), END - timedelta(hours=30)),
        (END - timedelta(days=90), END - timedelta(days=7)),
    ],
)
def test_it_looks_back_to_its_last_look(last: datetime | None, since: datetime) -> None:
    from pipeline_lib.orchestration.watch import _since  # noqa: PLC0415

    context = {
        "dag_run": SCHEDULED,
        "data_interval_start": END - timedelta(hours=1),
        "data_interval_end": END,
        "prev_data_interval_end_success": last,
    }
    assert _since(context) == (since, END)


def test_nights_are_reckoned_as_airflow_does_even_when_clocks_change() -> None:
    from pipeline_lib.orchestration.watch import last_interval  # noqa: PLC0415

    nightly = PlannedSchedule(cron="0 2 * * *", timezone="Africa/Nairobi", start_date=END)
    found = last_interval(nightly, datetime(2026, 1, 9, 23, 30, tzinfo=UTC))
    assert found == (datetime(2026, 1, 8, 23, tzinfo=UTC), datetime(2026, 1, 9, 23, tzinfo=UTC))
    of_paris = PlannedSchedule(cron="0 12 * * *", timezone="Europe/Paris", start_date=END)
    found = last_interval(of_paris, datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert found == (datetime(2026, 3, 28, 11, tzinfo=UTC), datetime(2026, 3, 29, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("cron", "timezone", "end"),
    [
        ("0 0 * * *", "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
        ("30 2 * * *", "Europe/Paris", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_night_that_ends_when_a_clock_goes_forward_begins_where_the_scheduler_has_its_run(
    cron: str, timezone: str, end: datetime
) -> None:
    from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: PLC0415 - after conftest's settings
    from airflow.timetables.interval import CronDataIntervalTimetable  # noqa: PLC0415
    from pendulum import instance  # noqa: PLC0415

    from pipeline_lib.orchestration.watch import last_interval  # noqa: PLC0415

    night = last_interval(PlannedSchedule(cron=cron, timezone=timezone, start_date=END), end)
    before = DataInterval(instance(end - timedelta(days=2)), instance(end - timedelta(days=1)))
    run = CronDataIntervalTimetable(cron, timezone=timezone).next_dagrun_info(
        last_automated_data_interval=before, restriction=TimeRestriction(earliest=None, latest=None, catchup=True)
    )
    assert run is not None
    assert night == (run.data_interval.start, run.data_interval.end)


def test_a_night_has_ended_from_its_very_minute_on() -> None:
    from pipeline_lib.orchestration.watch import last_interval  # noqa: PLC0415

    nightly = PlannedSchedule(cron="0 2 * * *", timezone="Africa/Nairobi", start_date=END)
    end = datetime(2026, 1, 9, 23, tzinfo=UTC)
    moments = (end - timedelta(microseconds=1), end, end + timedelta(seconds=59.5))
    assert [last_interval(nightly, moment).end for moment in moments] == [end - timedelta(days=1), end, end]


def test_projects_of_one_schedule_have_their_nights_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline_lib.orchestration import watch  # noqa: PLC0415

    asked: list[str] = []
    timetable = watch._timetable

    def counting(cron: str, timezone: str) -> Any:
        asked.append(cron)
        return timetable(cron, timezone)

    monkeypatch.setattr(watch, "_timetable", counting)
    for days in range(3):
        begun_then = PlannedSchedule(cron="7 3 * * *", timezone="UTC", start_date=END - timedelta(days=days))
        watch.last_interval(begun_then, END + timedelta(seconds=days))
    assert asked == ["7 3 * * *"]


def test_the_nights_before_are_found_even_where_a_clock_goes_forward_at_the_hour_of_the_schedule() -> None:
    from pipeline_lib.orchestration.nights import Interval, _nights  # noqa: PLC0415 - after conftest's settings
    from pipeline_lib.orchestration.watch import last_interval  # noqa: PLC0415

    half_past_two = PlannedSchedule(cron="30 2 * * *", timezone="Europe/Paris", start_date=END - timedelta(days=99))
    since = Interval(datetime(2026, 3, 26, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC))
    found = islice(_nights(half_past_two, since, timedelta(hours=6), last_interval), 99)
    ends = [night.end for night in found]
    assert [f"{end:%d %H:%M}" for end in ends] == ["31 00:30", "30 00:30", "29 01:30", "28 01:30", "27 01:30"]
