"""`python -m sandbox.benchmark.profiles`: what profiling a stage costs, in turns with the stage alone.

The stage is `process`, each time in a process of its own. A turn's ratios are of runs that come one after the other;
the median over the turns counts.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pipeline_lib.config import load_project
from pipeline_lib.sources.targets import raw_data_file_name
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, make_outputs, raw_data_names
from pipeline_lib.stages.profiles import profiling
from sandbox.airflow_server import SandboxError
from sandbox.benchmark.inputs import BenchmarkInput, input_of_size, readable_config

WAYS = {"off": (), "memory": ("--profile-memory",), "CPU": ("--profile-cpu",)}
_PR_SET_CHILD_SUBREAPER = 36


class Cost(NamedTuple):
    """What a run took, imports apart."""

    wall_seconds: float
    cpu_seconds: float
    """Of all processes, the sampler of memory too."""


def main(arguments: list[str]) -> None:
    """Measures, and prints a line for each run and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.profiles")
    parser.add_argument("--messages", type=int, default=100_000, help="invented once and kept; default: %(default)s")
    parser.add_argument("--repeat", type=int, default=5, help="turns; default: %(default)s")
    parser.add_argument("--run", type=Path, nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--profile-memory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--profile-cpu", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.run is not None:
        with _told(), profiling(options.profile_memory, options.profile_cpu, "process"):
            _process(*options.run)
        return
    turns = []
    _say(f"{'profile':<10}{'wall s':>8}{'CPU s':>8}")
    for turn in measured_turns(input_of_size(options.messages), options.repeat):
        for way, cost in turn.items():
            _say(f"{way:<10}{cost.wall_seconds:>8.2f}{cost.cpu_seconds:>8.2f}")
        turns.append(turn)
    for way in list(WAYS)[1:]:
        cpu = median(turn[way].cpu_seconds / turn["off"].cpu_seconds for turn in turns)
        wall = median(turn[way].wall_seconds / turn["off"].wall_seconds for turn in turns)
        _say(f"{way}: {cpu:.3f} times the CPU time, {wall:.3f} times the wall time")


def measured_turns(benchmark_input: BenchmarkInput, count: int) -> Iterator[dict[str, Cost]]:
    """What each way of profiling took, turn by turn; waits for whatever else this process has started.

    Raises:
        SandboxError: A run failed; it has said why on its standard error.
    """
    # The sampler of memory is nobody's child: so it becomes this process', whose CPU time is told at its end.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for _ in range(count):
        yield {way: _measured(benchmark_input, profiles) for way, profiles in WAYS.items()}


def _measured(benchmark_input: BenchmarkInput, profiles: tuple[str, ...]) -> Cost:
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        outputs = folder / "Outputs"
        outputs.mkdir()
        config = readable_config(benchmark_input, folder)
        places = map(str, (config, benchmark_input.raw_data, benchmark_input.coded, outputs))
        asked = [argument for profile in profiles for argument in (profile, str(folder / "profile"))]
        command = [sys.executable, "-m", "sandbox.benchmark.profiles", "--run", *places, *asked]
        before = _ended_cpu_seconds()
        ran = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own
        with suppress(ChildProcessError):
            while True:
                os.wait()
        if ran.returncode:
            raise SandboxError(f"{benchmark_input.name}: the run failed with exit code {ran.returncode}")
        told = json.loads(ran.stdout)
        return Cost(told["wall_seconds"], _ended_cpu_seconds() - before - told["imports_cpu_seconds"])


def _ended_cpu_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


@contextmanager
def _told() -> Iterator[None]:
    imports_cpu_seconds, began_at = time.process_time(), time.monotonic()
    yield
    _say(json.dumps({"wall_seconds": time.monotonic() - began_at, "imports_cpu_seconds": imports_cpu_seconds}))


def _process(config: Path, raw_data: Path, coded: Path, outputs: Path) -> None:
    project = load_project(config)
    inputs = ProcessInputs({name: raw_data / raw_data_file_name(name) for name in raw_data_names(project)}, coded)
    make_outputs(project, inputs, outputs, ProcessRequest(datetime.now(UTC), "benchmark"))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what was asked for


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SandboxError as error:
        sys.exit(f"bench: {error}")
