"""What a look at many projects costs the DAG processor: the demo project, copied under other names."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]
_DEMO = _REPOSITORY / "configs" / "demo"

_LOOK = """
import os, sys, time
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
for name in sys.argv[2:]:
    began = time.process_time()
    bag = DagBag(sys.argv[1])
    parsed = time.process_time()
    written = [DagSerialization.to_dict(dag) for dag in bag.dags.values()]
    ended = time.process_time()
    print(f"{name:<28}{len(bag.dags):>8}{parsed - began:>12.2f}{ended - parsed:>16.2f}", flush=True)
    assert not bag.import_errors, bag.import_errors
"""
"""In a process of its own: Airflow reads its settings when it is imported, and this package imports no Airflow."""

_LOOK_OF_A_TASK = """
import sys, time
from airflow.dag_processing.dagbag import DagBag
import pipeline_lib.orchestration.dag
began = time.process_time()
bag = DagBag(sys.argv[1] + "/projects.py")
took = time.process_time() - began
print(f"{'its own, in a task':<28}{len(bag.dags):>8}{took:>12.2f}", flush=True)
assert len(bag.dags) == 1 and not bag.import_errors, bag.import_errors
"""
"""The process of a task reads the file of all projects, of which it wants one; imports come before it is measured."""


def main(arguments: list[str]) -> None:
    """Look at the projects with an empty cache, and again, and print what both looks took."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.dags")
    parser.add_argument("--projects", type=int, default=200, help="how many; default: %(default)s")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="folder to make the projects in, and to leave them in")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        configs = options.keep or Path(scratch, "configs")
        make_projects(configs, options.projects)
        settings = {
            "AIRFLOW_HOME": str(Path(scratch, "airflow")),
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",  # of the clock, which is not what is measured
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "PIPELINE_CACHE_DIR": str(Path(scratch, "cache")),
            "PIPELINE_CONFIGS": str(configs),
            "PYTHONPATH": str(_REPOSITORY),
        }
        sys.stdout.write(f"{'look':<28}{'DAGs':>8}{'parse CPU s':>12}{'serialise CPU s':>16}\n")
        sys.stdout.flush()
        subprocess.run(  # noqa: S603 - our own script
            [
                sys.executable,
                "-c",
                _LOOK,
                str(_REPOSITORY / "dags"),
                "first, nothing is known",
                "again, nothing changed",
            ],
            env=os.environ | settings,
            check=True,
        )
        own = {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "demo_000", "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "process"}
        subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", _LOOK_OF_A_TASK, str(_REPOSITORY / "dags")],
            env=os.environ | settings | own,
            check=True,
        )


def make_projects(configs: Path, count: int) -> None:
    """Copies of the demo project, each with a PipelineName of its own."""
    for number in range(count):
        folder = configs / f"demo_{number:03}"
        shutil.copytree(_DEMO, folder)
        file = folder / "pipeline.json"
        written = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(written | {"PipelineName": f"demo-{number:03}"}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
