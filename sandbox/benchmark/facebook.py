"""`python -m sandbox.benchmark.facebook`: what fetching a page's comments costs, twice, network apart.

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
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config.sources import FacebookSource
from pipeline_lib.identity.sqlite import create_uuid_table, open_uuid_table
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING, open_client
from pipeline_lib.sources.facebook.fetch import PageToFetch, fetch_comments
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import storage_at
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import MATCH, PAGE, TOKEN, synthetic_world

_SEARCH = {"Match": MATCH, "StartDate": "2025-09-01T00:00+03:00", "EndDate": "2035-01-01T00:00+03:00"}


class Cost(NamedTuple):
    """What one fetch took of the client's process."""

    comment_count: int
    request_count: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    """The most that the process has had so far."""


def main(arguments: list[str]) -> None:
    """Measures, and prints a line for each fetch."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.facebook")
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--posts", type=int, default=100)
    options = parser.parse_args(arguments)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(options.comments, options.posts, there), daemon=True)
    process.start()
    os.environ[STAND_IN_SETTING] = here.recv()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'fetch':<12}{'comments':>10}{'requests':>10}{'wall s':>8}{'CPU s':>8}{'a CPU s':>9}{'peak MB':>9}")  # noqa: T201
        for name in ("first", "again"):
            cost = measured_fetch(Path(folder))
            print(  # noqa: T201 - what was asked for
                f"{name:<12}{cost.comment_count:>10,}{cost.request_count:>10,}{cost.wall_seconds:>8.1f}"
                f"{cost.cpu_seconds:>8.1f}{cost.comment_count / cost.cpu_seconds:>9,.0f}{cost.peak_bytes / 1e6:>9.0f}"
            )
    here.send(None)
    process.join()


def measured_fetch(folder: Path) -> Cost:
    """Fetch everything that the server has into a folder."""
    source = FacebookSource.model_validate(
        {
            "SourceType": "Facebook",
            "PageID": PAGE.id,
            "TokenFileURL": "",
            "Datasets": [{"Name": "bench", "Search": _SEARCH}],
        }
    )
    table = folder / "uuids.sqlite"
    uuids = (open_uuid_table if table.exists() else create_uuid_table)(table, "bench", "avf-facebook-uuid-").uuids
    storage = storage_at((folder / "data").as_uri())
    client = open_client(TOKEN, place="benchmark", version=source.api_version)
    started, cpu_started = time.monotonic(), time.process_time()
    fetched = fetch_comments(
        PageToFetch(source, "benchmark", client, uuids, storage),
        targets=run_targets(storage, "runs/benchmark"),
        quarantine_share_limit=0.0,
        now=datetime.now(UTC),
    )
    return Cost(
        sum(file.record_count for file in fetched.files),
        client.traffic.request_counts.total(),
        time.monotonic() - started,
        time.process_time() - cpu_started,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def _serve(comment_count: int, post_count: int, started: Connection) -> None:
    with FacebookServer(synthetic_world(comment_count, post_count=post_count)) as server:
        started.send(server.host)
        started.recv()


if __name__ == "__main__":
    main(sys.argv[1:])
