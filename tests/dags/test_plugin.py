"""What Airflow's plugins folder adds: pages, their places in the UI, and links from tasks."""

import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import REPOSITORY, Nights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.dag_processing.dagbag import DagBag
    from sqlalchemy.orm import Session

RUN_ID = "scheduled__2026-01-01T23:00:00+00:00"
REPORT = "/pipeline/toy/runs/scheduled__2026-01-01T23%3A00%3A00%2B00%3A00"


@pytest.fixture
def plugin() -> Any:
    from pipeline_lib.orchestration.plugin import PipelinePlugin  # noqa: PLC0415 - after conftest's settings

    return PipelinePlugin


def link_of(link: Any, bag: "DagBag", task: str, dag_id: str = "toy") -> str:
    key = SimpleNamespace(dag_id=dag_id, run_id=RUN_ID, task_id=task)
    return str(link.get_link(bag.dags[dag_id].get_task(task), ti_key=key))


def test_the_plugins_folder_holds_the_plugin() -> None:
    told = "from airflow import plugins_manager as p; print([x.name for x in p._get_plugins()[0]], p._get_plugins()[1])"
    environment = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"), "PYTHONPATH": str(REPOSITORY)}
    printed = _python(told, environment)
    assert printed.splitlines()[-1].startswith("['pipeline'")
    assert printed.splitlines()[-1].endswith("{}")


def test_processes_that_serve_no_pages_load_nothing_for_them() -> None:
    heavy = ("polars", "pipeline_lib.web.app", "pipeline_lib.stages.provenance")
    told = f"import sys, pipeline_lib.orchestration.plugin; print([m for m in {heavy} if m in sys.modules])"
    assert _python(told, {"PYTHONPATH": str(REPOSITORY)}).splitlines()[-1] == "[]"


def _python(code: str, environment: dict[str, str]) -> str:
    made = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, check=True, capture_output=True, text=True
    )
    return made.stdout


def test_the_pages_have_their_places_in_the_ui(plugin: Any) -> None:
    places = {view["destination"]: view["href"] for view in plugin.external_views}
    assert places == {
        "nav": "/pipeline/",
        "dag": "/pipeline/{DAG_ID}",
        "dag_run": "/pipeline/{DAG_ID}/runs/{RUN_ID}",
    }


def test_every_task_leads_to_the_report_and_to_what_it_made(plugin: Any, bag: "DagBag") -> None:
    report, made = plugin.global_operator_extra_links
    assert link_of(report, bag, "coda_pull") == REPORT
    assert link_of(made, bag, "process") == f"{REPORT}#made-outputs"
    assert link_of(made, bag, "fetch") == f"{REPORT}#made-raw-data"
    assert link_of(made, bag, "analyse") == f"{REPORT}/files/Automated%20Analysis/index.html"


def test_dags_of_others_get_no_links(plugin: Any) -> None:
    from airflow.sdk import DAG, task  # noqa: PLC0415 - after conftest's settings

    def process() -> None:
        """Theirs."""

    with DAG("theirs", schedule=None) as dag:
        task(process)()
    for link in plugin.global_operator_extra_links:
        key = SimpleNamespace(dag_id="theirs", run_id="x", task_id="process")
        assert link.get_link(dag.get_task("process"), ti_key=key) == ""


def test_a_project_is_known_with_the_places_of_its_runs(nights: Nights) -> None:
    from pipeline_lib.orchestration.web import DatabaseGateway  # noqa: PLC0415 - after conftest's settings

    (project,) = DatabaseGateway(nights.configs).list_projects()
    assert (project.dag_id, project.has_config, project.is_scheduled) == ("toy", True, True)
    assert project.places == (nights.runs.parent.as_uri(),)
    nights.break_config()
    broken = DatabaseGateway(nights.configs).find_project("toy")
    assert broken is not None
    assert "Shedule" in broken.problems[0].place
    assert broken.places == project.places


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ({"Cron": "0 2 * * *"}, timedelta(days=1)),
        ({"Cron": "0 2 * * 1"}, timedelta(days=7)),
        ({"Cron": "0 2 * * *", "StartDate": "2999-01-01T00:00Z"}, None),
        (None, None),
    ],
)
def test_a_night_is_due_as_the_schedule_says(
    schedule: dict[str, str] | None, due: timedelta | None, nights: Nights
) -> None:
    from pipeline_lib.orchestration.web import DatabaseGateway  # noqa: PLC0415 - after conftest's settings

    nights.write(
        Schedule=schedule and {"Timezone": "UTC", "StartDate": "2026-01-01T00:00Z"} | schedule, DeadlineHours=20
    )
    (project,) = DatabaseGateway(nights.configs).list_projects()
    if due is None:
        assert project.due_at is None
    else:
        assert project.due_at is not None
        since = datetime.now(UTC) - project.due_at - timedelta(hours=20)
        assert timedelta(0) <= since <= due
        assert (project.due_at.hour, project.due_at.weekday() == 0 or due < timedelta(days=7)) == (2, True)


def test_a_project_without_a_config_is_what_its_data_tell(nights: Nights) -> None:
    from pipeline_lib.orchestration.web import DatabaseGateway  # noqa: PLC0415 - after conftest's settings

    (nights.runs / "x").mkdir(parents=True)
    (nights.runs / "x/manifest.json").write_text("{}")
    shutil.rmtree(nights.config.parent)
    (nights.configs / "other").mkdir()
    (nights.configs / "other/pipeline.json").write_text("{}")
    ours = DatabaseGateway(nights.configs)
    gone = ours.find_project("toy")
    assert gone is not None
    assert (gone.has_config, gone.places) == (False, (nights.runs.parent.as_uri(),))
    assert ours.find_project("never") is None
    assert ours.find_project("..") is None
    assert ours.find_project("runs/toy") is None


def test_a_project_that_was_removed_is_found_where_its_own_config_kept_its_runs(nights: Nights, tmp_path: Path) -> None:
    from pipeline_lib.orchestration.web import DatabaseGateway  # noqa: PLC0415 - after conftest's settings

    ours, elsewhere = DatabaseGateway(nights.configs), tmp_path / "elsewhere"
    nights.write(DataRoot=str(elsewhere), PipelineName="toys")
    (known,) = ours.list_projects()
    (elsewhere / "toy/runs/x").mkdir(parents=True)
    (elsewhere / "toy/runs/x/manifest.json").write_text("{}")
    (nights.configs / "other").mkdir()
    (nights.configs / "other/pipeline.json").write_text("{}")
    shutil.rmtree(nights.config.parent)
    gone = ours.find_project("toy")
    assert gone is not None
    assert (gone.title, gone.has_config, gone.places) == ("toys", False, known.places)
    of_board = {each.dag_id: each for each in ours.list_projects()}
    assert (of_board["other"].has_config, of_board["toy"].has_config) == (True, False)
    assert (of_board["toy"].title, of_board["toy"].places) == ("toys", known.places)
    assert gone.places == ((elsewhere / "toy").as_uri(),)


@pytest.mark.parametrize(
    ("run_type", "key"), [("scheduled", "2026-01-02T230000Z"), ("backfill", "2026-01-02T230000Z"), ("manual", "x")]
)
def test_a_run_has_the_folder_that_its_tasks_fill(run_type: str, key: str) -> None:
    from pipeline_lib.orchestration.web import _known_run  # noqa: PLC0415 - after conftest's settings

    end = datetime(2026, 1, 2, 23, tzinfo=UTC)
    run = SimpleNamespace(
        dag_id="toy",
        run_id="x",
        run_type=run_type,
        run_after=end,
        data_interval_end=end,
        start_date=end + timedelta(minutes=1),
        state="failed",
    )
    tasks = {
        ("toy", "x"): [("fetch", "failed"), ("fetch", "failed"), ("approve", "awaiting_input"), ("outcome", "failed")]
    }
    known = _known_run(run, tasks)
    assert (known.key, known.state, known.failed_tasks, known.awaits_approval) == (key, "failed", ("fetch",), True)
    assert not _known_run(run, {}).awaits_approval


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Session]":
    """Airflow's tables of runs and of tasks, empty."""
    from airflow import models  # noqa: PLC0415 - after conftest's settings
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.orm import Session  # noqa: PLC0415

    models.import_all_models()
    engine = create_engine("sqlite://")
    metadata = models.dagrun.DagRun.metadata
    tables = [metadata.tables[name] for name in ("dag_run", "task_instance", "log_template")]
    metadata.create_all(engine, tables=tables)
    with Session(engine) as session:
        monkeypatch.setattr("airflow.utils.session.create_session", lambda: nullcontext(session))
        yield session
    engine.dispose()


def test_a_run_is_found_by_its_id_and_by_its_folder(database: "Session", tmp_path: Path) -> None:
    from airflow.models.dagrun import DagRun  # noqa: PLC0415 - after conftest's settings
    from sqlalchemy import insert  # noqa: PLC0415

    from pipeline_lib.orchestration.web import DatabaseGateway  # noqa: PLC0415

    end = datetime(2026, 1, 2, 23, tzinfo=UTC)
    nights = [
        ("toy", "scheduled", 0, "success"),
        ("toy", "scheduled", 1, "failed"),
        ("other", "scheduled", 2, "queued"),
    ]
    for dag_id, run_type, days, state in nights:
        at = end + timedelta(days=days)
        run_id = f"{run_type}__{at - timedelta(days=1):%Y-%m-%dT%H:%M:%S+00:00}"
        facts = {"dag_id": dag_id, "run_id": run_id, "run_type": run_type, "state": state}
        database.execute(insert(DagRun.__table__).values(**facts, run_after=at, data_interval_end=at))
    found = DatabaseGateway(tmp_path).find_run
    by_id, by_folder = found("toy", "scheduled__2026-01-02T23:00:00+00:00"), found("toy", "2026-01-03T230000Z")
    assert by_id is not None
    assert (by_id.key, by_id.state) == ("2026-01-03T230000Z", "failed")
    assert by_folder == by_id
    assert found("toy", "2026-01-04T230000Z") is None
    assert found("other", "2026-01-03T230000Z") is None
