"""`python -m sandbox.benchmark.archive`: what packing an archive costs, beside `tar | gzip`, in turns.

The files are invented JSON lines, half of each a participant's uuid and numbers, half words: raw data compresses so.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.delivery.archive import Label, Member, write_archive

_FILES = 20
_LINES = 60_000
_AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


class Cost(NamedTuple):
    """What one way of packing took."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    archive_bytes: int


def main(arguments: list[str]) -> None:
    """Measures, and prints a line for each way and turn."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.archive")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=3, help="turns")
    parser.add_argument("--pack", type=Path, nargs=2, metavar=("DIR", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.pack is not None:
        _pack(*options.pack)
        return
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "files")
        _invent(files, int(options.gigabytes * 1e9))
        ours = [sys.executable, "-m", "sandbox.benchmark.archive", "--pack", str(files)]
        _compare(Path(folder), files, ours, options.repeat)


def _compare(folder: Path, files: Path, ours: list[str], turns: int) -> None:
    print(f"{'way':<14}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'archive MB':>12}")  # noqa: T201 - what was asked for
    fastest = dict[str, float]()
    for _ in range(turns):
        for way in ("tar | gzip", "ours"):
            to = folder / "archive"
            plain = ["sh", "-c", 'tar -C "$1" -cf - . | gzip >"$2"', "sh", str(files), str(to)]
            cost = _measured(plain if way == "tar | gzip" else [*ours, str(to)], to)
            fastest[way] = min(cost.wall_seconds, fastest.get(way, cost.wall_seconds))
            megabytes = f"{cost.peak_bytes / 1e6:>9.0f}{cost.archive_bytes / 1e6:>12,.0f}"
            print(f"{way:<14}{cost.wall_seconds:>8.1f}{cost.cpu_seconds:>8.1f}{megabytes}")  # noqa: T201
    print(f"ours takes {fastest['ours'] / fastest['tar | gzip']:.2f} times as long, of each the fastest")  # noqa: T201


def _measured(command: list[str], to: Path) -> Cost:
    started = time.monotonic()
    process = subprocess.Popen(command)  # noqa: S603 - our own
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    seconds = time.monotonic() - started
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, to.stat().st_size)


def _pack(folder: Path, to: Path) -> None:
    @contextmanager
    def opened(path: Path) -> Iterator[Path]:
        yield path

    members = [Member(path.name, lambda path=path: opened(path)) for path in folder.iterdir()]  # type: ignore[misc]
    write_archive(members, to, Label("benchmark", _AS_OF), "gzip")


def _invent(folder: Path, byte_count: int) -> None:
    """Files of lines; each begins at another line of the same block, which is longer than what gzip looks back."""
    folder.mkdir()
    chance = random.Random(1)  # noqa: S311 - the same every time
    words = ["".join(chance.choices("abcdefghiklmnoqrstuwxy", k=chance.randint(2, 9))) for _ in range(5_000)]
    block = "".join(_line(chance, words) for _ in range(_LINES)).encode()
    for number in range(_FILES):
        with (folder / f"flow_{number:02}.jsonl").open("wb") as file:
            while file.tell() < byte_count // _FILES:
                file.write(block[block.index(b"\n", number * 977) + 1 :])


def _line(chance: random.Random, words: list[str]) -> str:
    written = {
        "avf_participant_uuid": f"avf-participant-uuid-{chance.getrandbits(128):032x}",
        "text": " ".join(chance.choices(words, k=chance.randint(3, 20))),
        "run_id": chance.getrandbits(40),
        "sent_on": f"2025-09-{chance.randint(1, 30):02}T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00+03:00",
    }
    return json.dumps(written) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
