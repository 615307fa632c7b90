"""What each step costs, taken from outside: memory is looked at while the measured process has no thread to spare."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from sandbox.airflow_server import SandboxError
from sandbox.benchmark import measured
from sandbox.benchmark.inputs import CACHE, BenchmarkInput, readable_config

SAMPLE_SECONDS = 0.02
"""How often memory is looked at."""


class Cost(NamedTuple):
    """What a step took."""

    description: str
    depth: int
    """In how many other steps it lies."""
    row_count: int | None
    wall_seconds: float
    cpu_seconds: float
    """Of all processes, their starts included."""
    peak_bytes: int
    """The most resident memory while it ran, of all processes together; what they share counts in each."""


def measure(benchmark_input: BenchmarkInput, *, traced: bool) -> list[Cost]:
    """The steps of one run in a process of its own, in the order in which they began; the first is the whole.

    Raises:
        SandboxError: The run failed; it has said why on its standard error.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".run-") as folder_name:
        folder = Path(folder_name)
        outputs = folder / "Outputs"
        outputs.mkdir()
        config = readable_config(benchmark_input, folder)
        arguments = [config, benchmark_input.raw_data, benchmark_input.coded, outputs, *["--traced"] * traced]
        command = [sys.executable, "-m", measured.__name__, *map(str, arguments)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
            samples: list[tuple[float, int]] = []
            sampling = threading.Thread(target=sample_memory, args=(process.pid, samples), daemon=True)
            sampling.start()
            told = [json.loads(line) for line in process.stdout or ()]
        sampling.join()
    if process.returncode:
        raise SandboxError(f"{benchmark_input.name}: the run failed with exit code {process.returncode}")
    steps = sorted((_Told(**line) for line in told), key=lambda step: step.began_at)
    return [_cost(step, steps, samples) for step in steps]


class _Told(NamedTuple):
    """What the measured process says of a step."""

    description: str
    row_count: int | None
    began_at: float
    ended_at: float
    cpu_seconds: float


def _cost(step: _Told, steps: list[_Told], samples: list[tuple[float, int]]) -> Cost:
    earliest, latest = step.began_at - SAMPLE_SECONDS, step.ended_at + SAMPLE_SECONDS
    return Cost(
        description=step.description,
        depth=sum(other.began_at < step.began_at and step.ended_at < other.ended_at for other in steps),
        row_count=step.row_count,
        wall_seconds=step.ended_at - step.began_at,
        cpu_seconds=step.cpu_seconds,
        peak_bytes=max((size for sampled_at, size in samples if earliest <= sampled_at <= latest), default=0),
    )


def sample_memory(pid: int, samples: list[tuple[float, int]]) -> None:
    """Looks at memory until the process has ended."""
    root = psutil.Process(pid)
    while True:
        try:
            processes = [root, *root.children(recursive=True)]
            size = sum(_resident_bytes(process) for process in processes)
            if root.status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        samples.append((time.monotonic(), size))
        time.sleep(SAMPLE_SECONDS)


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
