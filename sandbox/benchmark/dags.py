"""What many projects cost Airflow's DAG processor, the process of a task, and the board of all projects.

What is over its bar is marked, and fails the command.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.authoring.new_project import Kind, create_project
from sandbox.benchmark.airflow_scripts import BOARD, FLOOR, LOOK_OF_A_TASK, PASSES

_REPOSITORY = Path(__file__).parents[2]
_DEMO = _REPOSITORY / "configs" / "demo"


class Measure(NamedTuple):
    """What something took."""

    name: str
    cpu_seconds: float
    bar: float | None
    """What it may take, if anybody has said."""

    @property
    def is_over(self) -> bool:
        """Whether it took more."""
        return self.bar is not None and self.cpu_seconds > self.bar

    def __str__(self) -> str:
        bar = f" (bar: {self.bar:g})" if self.bar is not None else ""
        return f"  {self.name:<34}{self.cpu_seconds:>8.2f} CPU s{bar}{'  OVER' if self.is_over else ''}"


def main(arguments: list[str]) -> int:
    """Has the DAG processor pass over copies of one project, then over projects of all kinds, and prints the costs.

    Returns:
        How many measures are over their bars.
    """
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.dags")
    parser.add_argument("--projects", type=int, default=200, help="how many; default: %(default)s")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="folder to make the projects in, and to leave them in")
    options = parser.parse_args(arguments)
    count: int = options.projects
    with tempfile.TemporaryDirectory() as scratch:
        kept = options.keep or Path(scratch, "configs")
        measures = [
            *_of_nobody(f"{count} DAGs of nine tasks that do nothing", count),
            *_of_projects(f"{count} copies of the demo project", kept / "copies", count, copy_demo),
            *_of_projects(f"{count} projects of {len(Kind)} kinds", kept / "kinds", count, begin_one),
        ]
    return sum(measure.is_over for measure in measures)


def _of_nobody(title: str, count: int) -> Iterator[Measure]:
    _say(title)
    with tempfile.TemporaryDirectory() as scratch:
        for folder in ("dags", "plugins", "configs"):
            Path(scratch, folder).mkdir()
        Path(scratch, "dags", "empty.py").write_text(FLOOR, encoding="utf-8")
        yield from _run(PASSES, _settings(Path(scratch), Path(scratch), Path(scratch, "configs"), count))


def _of_projects(title: str, configs: Path, count: int, make: Callable[[Path, int], None]) -> Iterator[Measure]:
    for number in range(count):
        make(configs, number)
    first = min(folder.name for folder in configs.iterdir())
    own = {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": first, "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "process"}
    _say(title)
    with tempfile.TemporaryDirectory() as scratch:
        settings = _settings(Path(scratch), _REPOSITORY, configs, count)
        yield from _run(PASSES, settings)
        yield from _run(LOOK_OF_A_TASK, settings | own)
        yield from _run(BOARD, settings)


def _say(title: str) -> None:
    sys.stdout.write(f"{title}, with a load of {os.getloadavg()[0]:.0f} on {os.cpu_count()} processors\n")
    sys.stdout.flush()


def _settings(scratch: Path, code: Path, configs: Path, count: int) -> dict[str, str]:
    """The settings of an Airflow that keeps everything in a folder.

    Args:
        scratch: The folder.
        code: What has the folders `dags` and `plugins`.
        configs: The folder of projects.
        count: How many projects there are.
    """
    return {
        "AIRFLOW_HOME": str(scratch / "airflow"),
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",  # of the clock, which is not what is measured
        "AIRFLOW__CORE__DAGS_FOLDER": str(code / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(code / "plugins"),
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "600",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PIPELINE_CACHE_DIR": str(scratch / "cache"),
        "PIPELINE_CONFIGS": str(configs),
        "PIPELINE_DATA_ROOT": (scratch / "data").as_uri(),
        "PROJECTS": str(count),
        "PYTHONPATH": str(_REPOSITORY),
    }


def _run(script: str, settings: dict[str, str]) -> Iterator[Measure]:
    """What a script of `airflow_scripts` measures, told as it comes."""
    with subprocess.Popen(  # noqa: S603 - our own scripts
        [sys.executable, "-c", script], env=os.environ | settings, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            measure = Measure(*json.loads(line))
            sys.stdout.write(f"{measure}\n")
            sys.stdout.flush()
            yield measure
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, "a benchmark in Airflow")


def copy_demo(configs: Path, number: int) -> None:
    """Copies the demo project, with a PipelineName of its own."""
    folder = configs / f"demo_{number:03}"
    shutil.copytree(_DEMO, folder)
    file = folder / "pipeline.json"
    written = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(written | {"PipelineName": f"demo-{number:03}"}, indent=2), encoding="utf-8")


def begin_one(configs: Path, number: int) -> None:
    """Begins a project as its author does, each of another kind than the one before."""
    create_project(f"new_{number:03}", list(Kind)[number % len(Kind)], configs, datetime.now(UTC))


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
