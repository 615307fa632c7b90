"""docs/trace.md shows what the commands print."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.model.times import parse_instant
from pipeline_lib.sources.rapid_pro.endpoint import STAND_IN_SETTING
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.storage import located
from sandbox.demo_world import served_demo_world

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "trace.md").read_text(encoding="utf-8")
CONFIG = "configs/demo"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / CONFIG, folder / CONFIG)
    with served_demo_world(folder / ".demo" / "world") as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv(STAND_IN_SETTING, server.host)
        yield folder


@pytest.fixture(scope="module")
def outputs(checkout: Path) -> Path:
    project = load_project(checkout / CONFIG / "pipeline.json")
    run = open_run(project, "guide", parse_instant("2025-09-16T23:00:00Z"), "ann")
    storage, name = located(run_to_outputs(run))
    with storage.local_folder(name) as made:
        return made


@pytest.mark.parametrize("cell", ["messages.csv:310:s01e02_health_raw", "messages.csv:15:district"])
def test_the_guide_shows_what_trace_prints(
    checkout: Path, outputs: Path, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    assert main(["trace", "--config", str(checkout / CONFIG), "--outputs", str(outputs), "--cell", cell]) == 0
    (shown,) = re.findall(rf"`--cell {re.escape(cell)}`[^\n]*(?:\n[^\n`]+)*\n\n```\n(.*?)\n```", GUIDE, re.DOTALL)
    assert capsys.readouterr().out.strip() == shown
