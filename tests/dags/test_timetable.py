"""The timetable that the plugin registers: Airflow's own, which a process keeps for all DAGs that have the same."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.dags.conftest import REPOSITORY, Nights

NIGHTLY = {"expression": "0 2 * * *", "timezone": "Africa/Nairobi"}
CRONS = ["0 2 * * *", "30 23 * * 1-5", "0 0 1,15 * *", "0 3 1 * 1", "*/20 * * * *"]


def decoded(**schedule: str) -> tuple[Any, Any]:
    """Ours, and Airflow's."""
    from airflow.timetables.interval import CronDataIntervalTimetable  # noqa: PLC0415 - after conftest's settings

    from pipeline_lib.orchestration.timetable import SharedCronTimetable  # noqa: PLC0415

    return SharedCronTimetable.deserialize(schedule), CronDataIntervalTimetable.deserialize(schedule)


@pytest.mark.parametrize("timezone", ["UTC", "Africa/Nairobi", "Europe/Paris"])
@pytest.mark.parametrize("cron", CRONS)
def test_nights_are_those_of_airflows_own_timetable(cron: str, timezone: str) -> None:
    import pendulum  # noqa: PLC0415
    from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: PLC0415

    ours, airflows = decoded(expression=cron, timezone=timezone)
    assert (ours.summary, ours.description, ours.serialize()) == (
        airflows.summary,
        airflows.description,
        airflows.serialize(),
    )
    since = TimeRestriction(pendulum.datetime(2026, 3, 20), None, catchup=True)
    intervals: list[tuple[DataInterval | None, DataInterval | None]] = [(None, None)]
    for _ in range(60):  # over a change of Paris' clocks
        each = [
            table.next_dagrun_info(last_automated_data_interval=last, restriction=since).data_interval
            for table, last in zip((ours, airflows), intervals[-1], strict=True)
        ]
        intervals.append((each[0], each[1]))
    assert all(mine == airflows_own for mine, airflows_own in intervals)
    by_hand = pendulum.instance(datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert ours.infer_manual_data_interval(run_after=by_hand) == airflows.infer_manual_data_interval(run_after=by_hand)


def test_each_is_made_once_in_a_process() -> None:
    (first, _), (again, _), (other, _) = (
        decoded(**NIGHTLY),
        decoded(**NIGHTLY),
        decoded(**NIGHTLY | {"timezone": "UTC"}),
    )
    assert again is first
    assert other is not first
    assert other != first


@pytest.mark.parametrize(
    ("plugins", "kind"),
    [("plugins", "pipeline_lib.orchestration.timetable.SharedCronTimetable"), (None, "CronDataIntervalTimetable")],
)
def test_a_dag_can_be_read_whether_the_plugin_is_loaded_or_not(plugins: str | None, kind: str, nights: Nights) -> None:
    code = """
import sys
from pathlib import Path
from airflow.serialization.serialized_objects import DagSerialization
from pipeline_lib.orchestration.dag import dags_in
(dag,) = dags_in(Path(sys.argv[1]))
kept = DagSerialization.to_dict(dag)
print(kept["dag"]["timetable"]["__type"], DagSerialization.from_dict(kept).timetable.summary)
"""
    settings = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / plugins)} if plugins else {}
    printed = subprocess.run(
        [sys.executable, "-c", code, str(nights.configs)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | settings,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    name, _, summary = printed.splitlines()[-1].partition(" ")
    assert name.endswith(kind)
    assert summary == "0 2 * * *"
