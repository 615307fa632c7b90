"""Airflow as the DAG tests see it: a home of its own, set before anything imports Airflow."""

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

REPOSITORY = Path(__file__).parents[2]
_HOME = tempfile.mkdtemp(prefix="airflow-of-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _setting in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[_setting]
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
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
