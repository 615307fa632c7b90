"""What processing costs each worker, at once and in shards of participants; the bytes must be the same."""

import argparse
import dataclasses
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config import load_project
from pipeline_lib.model.shard import Shard
from pipeline_lib.sources.targets import raw_data_file_name
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, gather_shard, make_outputs, raw_data_names
from sandbox.airflow_server import SandboxError
from sandbox.benchmark.costs import sample_memory
from sandbox.benchmark.inputs import CACHE, input_of_size, readable_config
from sandbox.benchmark.measured import cpu_seconds

_AT = datetime(2026, 12, 1, tzinfo=UTC)
_WHOLE, _MERGED = "whole", "merged"


class _Cost(NamedTuple):
    part: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def main(arguments: list[str]) -> None:
    """Measure processing at once, then in shards, and print what each part took."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.shards")
    parser.add_argument("--messages", type=int, default=1_000_000, help="default: %(default)s")
    parser.add_argument("--shards", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--part", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.part:
        _do_part(*options.part)
        return
    measured = input_of_size(options.messages)
    shards = [str(Shard(number, options.shards)) for number in range(options.shards)]
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".run-") as folder_name:
        folder = Path(folder_name)
        inputs = (readable_config(measured, folder), measured.raw_data, measured.coded, folder)

        def cost(part: str) -> _Cost:
            return _measure(part, *inputs)

        whole = cost(_WHOLE)
        began_at = time.monotonic()
        with ThreadPoolExecutor(options.workers) as workers:
            costs = [*workers.map(cost, shards), cost(_MERGED)]
        wall_seconds = time.monotonic() - began_at
        differing = _differing(folder / _WHOLE, folder / _MERGED)
    _say(f"{options.messages:,} messages, {options.shards} shards, {options.workers} workers")
    _say(f"{'part':<22}{'wall s':>8}{'CPU s':>8}{'peak GB':>9}")
    for each in (whole, *costs):
        _say(f"{each.part:<22}{each.wall_seconds:>8.1f}{each.cpu_seconds:>8.1f}{each.peak_bytes / 10**9:>9.2f}")
    cpu = sum(each.cpu_seconds for each in costs)
    _say(
        f"{'shards and merge':<22}{wall_seconds:>8.1f}{cpu:>8.1f}{max(each.peak_bytes for each in costs) / 10**9:>9.2f}"
    )
    _say(f"files that differ: {', '.join(differing) or 'none'}")


def _measure(part: str, *inputs: Path) -> _Cost:
    command = [sys.executable, "-m", __spec__.name, "--part", part, *map(str, inputs)]
    samples: list[tuple[float, int]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        sampling = threading.Thread(target=sample_memory, args=(process.pid, samples), daemon=True)
        sampling.start()
        told = process.communicate()[0]
    sampling.join()
    if process.returncode:
        raise SandboxError(f"{part}: failed with exit code {process.returncode}")
    wall_seconds, cpu = json.loads(told)
    return _Cost(part, wall_seconds, cpu, max(size for _, size in samples))


def _do_part(part: str, config: str, raw_data: str, coded: str, folder: str) -> None:
    """Do one part in this process, and tell how long it took and its CPU time."""
    project = load_project(Path(config))
    project = dataclasses.replace(project, config=project.config.model_copy(update={"traced_data": False}))
    raw_files = {name: Path(raw_data, raw_data_file_name(name)) for name in raw_data_names(project)}
    inputs, into = ProcessInputs(raw_files, Path(coded)), Path(folder, part)
    into.mkdir()
    began_at = time.monotonic()
    if part in {_WHOLE, _MERGED}:
        gathered = [] if part == _WHOLE else sorted(Path(folder).glob("* of *"))
        make_outputs(project, inputs._replace(shards=gathered), into, ProcessRequest(_AT, "benchmark"))
    else:
        gather_shard(project, inputs, into, Shard.named(part), _AT)
    _say(json.dumps([time.monotonic() - began_at, cpu_seconds()]))


def _differing(one: Path, other: Path) -> list[str]:
    hashes = [
        {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).digest() for file in _files(folder)}
        for folder in (one, other)
    ]
    return sorted(name for name in hashes[0].keys() | hashes[1].keys() if hashes[0].get(name) != hashes[1].get(name))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what was asked for


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SandboxError as error:
        sys.exit(f"bench: {error}")
