import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from sandbox.invent.project_input import write_input
from tests.toy import write_toy

REPOSITORY = Path(__file__).parents[4]

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from pathlib import Path
from sandbox.benchmark import inputs
from sandbox.benchmark.profiles import main
inputs.CACHE, inputs.SHARED = Path("cache").absolute(), Path("nowhere").absolute()
main(["--messages", "60", "--repeat", "1"])
"""
"""In a process of its own, since the benchmark waits for whatever the process has started."""


def test_a_stage_is_measured_alone_and_with_each_profile(tmp_path: Path) -> None:
    # In the place of the demo's world, whose cleaners take most of a small run to be made ready.
    toy = write_toy(tmp_path / "cache", "demo-60")
    write_input(load_project(toy), toy.parent, people_count=60)
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = [line.split() for line in ran.stdout.splitlines()]
    assert [line[0] for line in told] == ["profile", "off", "memory", "CPU", "memory:", "CPU:"]
    assert all(float(figure) > 0 for way in told[1:4] for figure in way[1:])
