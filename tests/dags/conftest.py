"""Airflow as the DAG tests see it: a home of its own, set before anything imports Airflow."""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.toy import change_config, write_toy

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

REPOSITORY = Path(__file__).parents[2]
_HOME = tempfile.mkdtemp(prefix="airflow-of-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _setting in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[_setting]
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",  # of a busy machine
    "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "PIPELINE_CACHE_DIR": str(Path(_HOME, "cache")),
}


@pytest.fixture(scope="session")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two projects that can run, `toy` and `unscheduled`, and `broken`, which cannot."""
    configs = tmp_path_factory.mktemp("configs")
    for name in ("toy", "unscheduled", "broken"):
        shutil.copytree(REPOSITORY / "tests/data/toy_project", configs / name)
        config = configs / name / "pipeline.json"
        written = json.loads(config.read_text()) | {"PipelineName": name}
        if name != "toy":
            schedule = written.pop("Schedule")
        if name == "broken":
            written["Shedule"] = schedule
        config.write_text(json.dumps(written))
    return configs


@pytest.fixture(autouse=True)
def no_account_that_a_test_before_left(no_google_account: None) -> None:
    """With another test's invented credentials, a client would try for two minutes."""


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was looked up since: each look-up fails, as the DAG processor would repeat it every few seconds."""
    from airflow.sdk import Connection, Variable  # noqa: PLC0415 - not before the settings above

    made: list[str] = []

    def refuse(name: str, *_arguments: Any, **_options: Any) -> None:
        made.append(name)
        raise LookupError(name)

    monkeypatch.setattr(Connection, "get", refuse)
    monkeypatch.setattr(Variable, "get", refuse)
    return made


@pytest.fixture
def bag(configs: Path, lookups: list[str], monkeypatch: pytest.MonkeyPatch) -> "DagBag":
    """What Airflow makes of `dags/` with those projects."""
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    monkeypatch.setenv("PIPELINE_CONFIGS", str(configs))
    return DagBag(str(REPOSITORY / "dags"))


def call_of(task: Any) -> Callable[..., Any]:
    """What a task calls, with Airflow's context and its inputs."""
    call: Callable[..., Any] = (task.partial_kwargs["call"] if task.is_mapped else task.call).run
    return call


class Nights:
    """The toy project's runs as Airflow would have them, without a scheduler: each task reads the DAG file anew."""

    def __init__(self, configs: Path, root: Path) -> None:
        self.configs = configs
        self.config = configs / "toy" / "pipeline.json"
        self.runs = root / "toy" / "runs"

    def written(self) -> dict[str, Any]:
        """The config."""
        content: dict[str, Any] = json.loads(self.config.read_text(encoding="utf-8"))
        return content

    def write(self, **keys: Any) -> None:
        """Change top-level keys of the config."""
        change_config(self.config, **keys)

    def break_config(self) -> None:
        """Make a mistake in it."""
        self.write(Shedule="every night")

    def context(self, day: int = 2, **of_run: Any) -> dict[str, Any]:
        """What Airflow tells a task of the run of the interval that ends on that day of January 2026."""
        params = {"mode": "all", "publish": None, "as_of": None} | (of_run.pop("conf", None) or {})
        end = datetime(2026, 1, day, 23, tzinfo=UTC)
        run = {
            "run_id": f"scheduled__{end - timedelta(days=1):%Y-%m-%dT%H:%M:%S+00:00}",
            "run_type": SimpleNamespace(value="scheduled"),
            "run_after": end,
            "logical_date": end - timedelta(days=1),
            "data_interval_end": end,
            "start_date": end,
            "triggering_user_name": None,
            "conf": {name: value for name, value in params.items() if value not in (None, "all")},
        }
        return {"dag_run": SimpleNamespace(**(run | of_run)), "params": params}

    def task(self, name: str, context: dict[str, Any], **inputs: Any) -> Any:
        """What a task gives, in a process of its own as far as it can tell."""
        from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - not before the settings above

        (dag,) = dags_in(self.configs, only="toy")
        return call_of(dag.get_task(name))(**context, **inputs)

    def fetched(self, context: dict[str, Any]) -> list[list[str]]:
        """What all instances of the mapped task give that the DAG has now."""
        from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

        (dag,) = dags_in(self.configs, only="toy")
        parts = dag.get_task("fetch").expand_input.value["part"]
        return [self.task("fetch", context, **part) for part in parts]

    def night(self, context: dict[str, Any]) -> str:
        """The outputs of a run up to `process`."""
        coded, fetched = self.task("coda_pull", context), self.fetched(context)
        outputs: str = self.task("process", context, fetch=fetched, coda_pull=coded)
        return outputs


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """The toy project with its sources and an empty label store; cache and data root are the test's own."""
    configs, root = tmp_path / "configs", tmp_path / "data"
    write_toy(configs)
    monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIPELINE_DATA_ROOT", str(root))
    return Nights(configs, root)
