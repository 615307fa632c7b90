"""The DAG that looks at all projects."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pipeline_lib.orchestration.plan import PlannedSchedule
from tests.dags.conftest import Nights
from tests.receivers import WebServer, serving

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


def test_the_nights_before_are_found_even_where_a_clock_goes_forward_at_the_hour_of_the_schedule() -> None:
    from pipeline_lib.orchestration.nights import Interval, _nights  # noqa: PLC0415 - after conftest's settings
    from pipeline_lib.orchestration.watch import last_interval  # noqa: PLC0415

    half_past_two = PlannedSchedule(cron="30 2 * * *", timezone="Europe/Paris", start_date=END - timedelta(days=99))
    since = Interval(datetime(2026, 3, 26, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC))
    found = islice(_nights(half_past_two, since, timedelta(hours=6), last_interval), 99)
    ends = [night.end for night in found]
    assert [f"{end:%d %H:%M}" for end in ends] == ["31 00:30", "30 00:30", "29 01:30", "28 01:30", "27 01:30"]
