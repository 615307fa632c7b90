"""What other DAGs may follow of a project."""

from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import Nights, call_of

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


def in_task(configs: Path, dag_id: str) -> Any:
    """The DAG as the process of one of its tasks has it."""
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    (dag,) = dags_in(configs, only=dag_id)
    return dag


def names(assets: list[Any]) -> list[str]:
    assert all(asset.name == asset.uri for asset in assets)  # so that a follower may name either
    return [asset.uri.removeprefix("x-pipeline://toy/") for asset in assets]


def test_every_task_says_what_it_reads_and_what_it_makes(configs: Path) -> None:
    told = {task.task_id: (names(task.inlets), names(task.outlets)) for task in in_task(configs, "toy").tasks}
    assert told == {
        "coda_pull": (["label_store"], ["coded_messages"]),
        "fetch": (["sources"], ["raw_data"]),
        "process": (["raw_data", "coded_messages"], ["production", "coda_files", "messages", "individuals"]),
        "analyse": (["messages", "individuals"], ["analysis"]),
        "coda_push": (["coda_files"], ["label_store"]),
    }


def test_airflow_keeps_what_others_may_follow_and_not_what_lies_between(bag: "DagBag") -> None:
    kept = {task.task_id: (names(task.inlets), names(task.outlets)) for task in bag.dags["toy"].tasks}
    assert kept == {
        "coda_pull": ([], []),
        "fetch": ([], []),
        "process": ([], ["production", "messages", "individuals"]),
        "analyse": ([], ["analysis"]),
        "coda_push": ([], ["label_store"]),
    }


def test_what_others_may_follow_is_what_some_task_makes() -> None:
    from pipeline_lib.orchestration.assets import FOLLOWED  # noqa: PLC0415
    from pipeline_lib.orchestration.plan import tasks_for  # noqa: PLC0415

    tasks = tasks_for(["1 RapidPro: water"], asked=("upload", "archive"))
    assert set(FOLLOWED) <= {name for task in tasks for name in (*task.makes, *task.makes_in_full)}


def test_no_two_projects_share_an_asset(configs: Path) -> None:
    made = [
        {asset.uri for task in in_task(configs, dag_id).tasks for asset in (*task.inlets, *task.outlets)}
        for dag_id in ("toy", "unscheduled")
    ]
    assert all(made)
    assert not made[0] & made[1]


def test_followers_do_not_hear_of_a_task_that_has_made_nothing(nights: Nights) -> None:
    fetch = in_task(nights.configs, "toy").get_task("fetch")
    outlets = SimpleNamespace(outlets=list(fetch.outlets))
    context = {"ti": SimpleNamespace(task=outlets, try_number=1, map_index=0), "outlet_events": {}}
    assert call_of(fetch)(**nights.context(), **context, source="9 RecoveryCSV: of before") == []
    assert outlets.outlets == []


@pytest.mark.parametrize(
    ("mode", "made"),
    [
        ("all", ["production", "messages", "individuals"]),
        ("auto-code-only", ["production"]),
    ],
)
def test_followers_hear_of_what_a_run_has_made_and_of_no_more(nights: Nights, mode: str, made: list[str]) -> None:
    context = nights.context(conf={"mode": mode})
    coded, fetched = nights.task("coda_pull", context), nights.fetched(context)
    process = in_task(nights.configs, "toy").get_task("process")
    events: dict[Any, SimpleNamespace] = defaultdict(SimpleNamespace)
    context |= {"ti": SimpleNamespace(task=process, try_number=1, map_index=-1), "outlet_events": events}
    outputs = call_of(process)(**context, fetch=fetched, coda_pull=coded)
    assert [asset.uri.rpartition("/")[2] for asset in process.outlets] == made
    for asset in process.outlets:
        assert events[asset].extra == {
            "run": "2026-01-02T230000Z",
            "as_of": "2026-01-02T23:00:00+00:00",
            "run_type": "scheduled",
            "folder": outputs,
        }
