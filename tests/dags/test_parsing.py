import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

REPOSITORY = Path(__file__).parents[2]
HEAVY = ("polars", "pandas", "geopandas", "matplotlib", "pyarrow", "google.cloud", "pipeline_lib.stages")


def test_parsing_imports_nothing_heavy(configs: Path) -> None:
    script = (
        "import airflow.sdk, sys; before = set(sys.modules); sys.path.insert(0, 'dags'); import projects;"
        f"print([name for name in {HEAVY} if name in set(sys.modules) - before])"
    )
    parsed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env=os.environ | {"PIPELINE_CONFIGS": str(configs), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert parsed.stdout.splitlines()[-1] == "[]"


def test_a_tasks_process_builds_its_own_dag_only(configs: Path) -> None:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    assert [dag.dag_id for dag in dags_in(configs, only="toy")] == ["toy"]


def test_parsing_looks_nothing_up(bag: "DagBag", lookups: list[str]) -> None:
    assert {"toy", "unscheduled", "broken"} < set(bag.dags)
    assert lookups == []


def test_the_guard_against_look_ups_catches_one(lookups: list[str], tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    (tmp_path / "dag.py").write_text(
        "from airflow.sdk import DAG, Connection, Variable\n"
        "for get in (Connection.get, Variable.get):\n"
        "    try:\n        get('name')\n    except LookupError:\n        pass\n"
    )
    DagBag(str(tmp_path))
    assert lookups == ["name", "name"]
