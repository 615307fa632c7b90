import os
from pathlib import Path

from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from sandbox.benchmark.fetch import measured_fetch, served


def test_both_fetches_are_measured_with_all_requests(tmp_path: Path) -> None:
    before = os.environ.get(STAND_IN_SETTING)  # of a fixture of other tests, if any
    with served(600) as host:
        first, again = measured_fetch(host, tmp_path), measured_fetch(host, tmp_path)
    assert [first.request_count, again.request_count] == [8, 7]
    assert first.wall_seconds > 0
    assert first.cpu_seconds > 0
    assert first.peak_bytes > 10_000_000
    raw_data = tmp_path / "data/runs/benchmark/Raw Data/synthetic_activation.jsonl"
    assert raw_data.read_bytes().count(b"\n") == 600
    assert os.environ.get(STAND_IN_SETTING) == before
