"""`python -m sandbox.benchmark.fetch`: what fetching a workspace costs, twice, network apart.

The server is a process of its own, so that only the client's side is measured: requests, JSON, participant uuids, the
raw store, Raw Data.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config.sources import RapidProSource
from pipeline_lib.identity.sqlite import create_uuid_table, open_uuid_table
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING, open_client
from pipeline_lib.sources.rapid_pro.fetch import Workspace, fetch_flows
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import storage_at
from sandbox.rapid_pro.server import TOKEN, RapidProServer
from sandbox.rapid_pro.synthetic import FLOW_NAME, synthetic_database

_HOURLY_LIMIT = 1_000_000
"""Of requests: what a server would take is not what is measured."""


class Cost(NamedTuple):
    """What one fetch took of the client's process."""

    request_count: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    """The most that the process has had so far."""


def main(arguments: list[str]) -> None:
    """Measures, and prints a line for each fetch."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.fetch")
    parser.add_argument("--runs", type=int, default=100_000)
    options = parser.parse_args(arguments)
    with served(options.runs) as host, tempfile.TemporaryDirectory() as folder:
        print(f"{'fetch':<12}{'runs':>10}{'requests':>10}{'wall s':>8}{'CPU s':>8}{'runs a CPU s':>14}{'peak MB':>9}")  # noqa: T201
        for name in ("first", "again"):
            cost = measured_fetch(host, Path(folder))
            print(  # noqa: T201 - what was asked for
                f"{name:<12}{options.runs:>10,}{cost.request_count:>10,}{cost.wall_seconds:>8.1f}{cost.cpu_seconds:>8.1f}"
                f"{options.runs / cost.cpu_seconds:>14,.0f}{cost.peak_bytes / 1e6:>9.0f}"
            )


@contextmanager
def served(run_count: int) -> Iterator[str]:
    """The `host:port` of a server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(run_count, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join()


def measured_fetch(host: str, folder: Path) -> Cost:
    """Fetch everything that the server has into a folder."""
    source = RapidProSource.model_validate(
        {"SourceType": "RapidPro", "Domain": host, "TokenFileURL": "", "ActivationFlowNames": [FLOW_NAME]}
    )
    table = folder / "uuids.sqlite"
    uuids = (open_uuid_table if table.exists() else create_uuid_table)(table, "bench", "avf-phone-uuid-").uuids
    storage = storage_at((folder / "data").as_uri())
    with _setting(STAND_IN_SETTING, host):
        client = open_client(host, TOKEN, place="benchmark", requests_an_hour=_HOURLY_LIMIT)
        started, cpu_started = time.monotonic(), time.process_time()
        fetch_flows(
            Workspace(source, "benchmark", client, uuids, storage),
            targets=run_targets(storage, "runs/benchmark"),
            quarantine_share_limit=0.0,
            now=datetime.now(UTC),
        )
    return Cost(
        client.traffic.request_counts.total(),
        time.monotonic() - started,
        time.process_time() - cpu_started,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def _serve(run_count: int, started: Connection) -> None:
    with RapidProServer(synthetic_database(run_count)) as server:
        started.send(server.host)
        started.recv()


@contextmanager
def _setting(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


if __name__ == "__main__":
    main(sys.argv[1:])
