"""How long tasks and runs may take."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_lib.errors import FatalSourceError
from pipeline_lib.orchestration.plan import Task
from tests.dags.conftest import Nights

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


def test_every_task_ends_at_some_time(bag: "DagBag") -> None:
    limits = {task.task_id: task.execution_timeout for task in bag.dags["toy"].tasks}
    assert limits == {
        "coda_pull": timedelta(hours=3),
        "fetch": timedelta(hours=12),
        "process": timedelta(hours=6),
        "analyse": timedelta(hours=3),
        "coda_push": timedelta(hours=3),
    }
    assert all(task.execution_timeout for dag in bag.dags.values() for task in dag.tasks)


def test_a_night_ends_even_if_a_task_hangs_where_its_own_limit_cannot_reach(bag: "DagBag") -> None:
    assert bag.dags["toy"].dagrun_timeout == timedelta(days=3)
    assert bag.dags["unscheduled"].dagrun_timeout is None


def test_a_config_may_give_its_tasks_another_limit(nights: Nights) -> None:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    nights.write(TaskTimeoutHours=30)
    (dag,) = dags_in(nights.configs, only="toy")
    assert {task.execution_timeout for task in dag.tasks} == {timedelta(hours=30)}
    assert dag.dagrun_timeout == timedelta(hours=90)  # else three tasks in a row would not have theirs


def test_a_task_that_took_too_long_says_so_in_a_sentence(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowTaskTimeout  # noqa: PLC0415

    from pipeline_lib.orchestration import dag  # noqa: PLC0415

    def hang(*_arguments: object) -> None:
        raise AirflowTaskTimeout

    monkeypatch.setattr(dag, "CALLS", {"coda_pull": hang})
    nights.write(TaskTimeoutHours=1.5)
    with pytest.raises(FatalSourceError, match=r"coda_pull: took longer than 1\.5 hours, and was ended; look where"):
        nights.task("coda_pull", nights.context())


def test_a_plan_s_task_has_three_hours_unless_it_says_otherwise() -> None:
    assert Task("prune", "Removes old runs.").most_hours == 3
