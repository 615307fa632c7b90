"""`make bench`: what each step of processing costs, and how that grows with the number of messages."""

import argparse
import sys
from pathlib import Path

from sandbox.airflow_server import SandboxError
from sandbox.benchmark.costs import measure
from sandbox.benchmark.inputs import input_in, input_of_size
from sandbox.benchmark.table import growth_line, lines_of, without_traced

SIZES = (10_000, 100_000, 1_000_000)


def main(arguments: list[str]) -> None:
    """Measure the inputs that the arguments name and print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of messages, invented once and kept")
    parser.add_argument("--input", type=Path, help="a folder of raw data, Coda files and a config, instead")
    parser.add_argument("--traced", action="store_true", help="write traced data as well, told apart")
    parser.add_argument("--repeat", type=int, default=1, help="measure so often and show the fastest")
    options = parser.parse_args(arguments)
    inputs = [input_in(options.input)] if options.input else [input_of_size(size) for size in options.sizes]
    before = None
    for measured in inputs:
        runs = [measure(measured, traced=options.traced) for _ in range(options.repeat)]
        costs = min(runs, key=lambda run: run[0].wall_seconds)
        _say(*lines_of(measured.name, costs))
        whole = measured.name, without_traced(costs)
        if before is not None:
            _say(growth_line(before, whole))
        _say("")
        before = whole


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201 - what was asked for


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SandboxError as error:
        sys.exit(f"bench: {error}")
