"""The process that is measured: processes one input, and tells on its standard output when each step ran."""

import argparse
import dataclasses
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline_lib.analysis.frames import FOLDER as FRAMES
from pipeline_lib.analysis.frames import read_frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, write_tables
from pipeline_lib.config import Project, load_project
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.progress import Step, step, watching_steps
from pipeline_lib.sources.targets import raw_data_file_name
from pipeline_lib.stages.disclosure import perturbation_table
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, make_outputs, raw_data_names

WHOLE = "From raw data to the analysis' tables"
"""The step that all others lie in."""


def main(arguments: list[str]) -> None:
    """Process what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.measured")
    for name in ("config", "raw_data", "coded", "outputs"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--traced", action="store_true")
    options = parser.parse_args(arguments)
    project = load_project(options.config)
    project = dataclasses.replace(project, config=project.config.model_copy(update={"traced_data": options.traced}))
    inputs = ProcessInputs(
        {name: options.raw_data / raw_data_file_name(name) for name in raw_data_names(project)}, options.coded
    )
    with watching_steps(_tell), step(WHOLE):
        make_outputs(project, inputs, options.outputs, ProcessRequest(datetime.now(UTC), "benchmark"))
        with step("Making the tables of the analysis"), TemporaryDirectory() as folder:
            _write_tables(project, options.outputs, Path(folder))


def _write_tables(project: Project, outputs: Path, folder: Path) -> None:
    with step("Reading the processed frames") as reading:
        frames = read_frames(outputs / FRAMES)
        reading.row_count = frames.messages.height
    asked = project.config.automated_analysis or AutomatedAnalysis()
    with step("Counting"):
        as_predecessor = project.config.keeps_predecessor_quirks
        published = release_numbers(
            frames, project.plans, asked, table=perturbation_table(project), as_predecessor=as_predecessor
        )
    write_tables(folder, Contents(published, project.plans, asked, as_predecessor))


@contextmanager
def _tell(watched: Step) -> Iterator[None]:
    began_at, began_cpu_seconds = time.monotonic(), cpu_seconds()
    yield
    told = {
        "description": watched.description,
        "row_count": watched.row_count,
        "began_at": began_at,
        "ended_at": time.monotonic(),
        "cpu_seconds": cpu_seconds() - began_cpu_seconds,
    }
    print(json.dumps(told), flush=True)  # noqa: T201 - read by `costs`


def cpu_seconds() -> float:
    """Of this process and of those that it started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    main(sys.argv[1:])
