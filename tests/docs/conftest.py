import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.model.times import parse_instant
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.storage import located
from sandbox.demo_world import served_demo_world
from tests.docs.markdown import ROOT


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder, with the projects that come along; it is the current one."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PIPELINE_CONFIGS", str(tmp_path / "configs"))
    monkeypatch.delenv("PIPELINE_DATA_ROOT", raising=False)
    monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(scope="session")
def demo_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the demo's project and its world, whose server is up."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "configs/demo", folder / "configs/demo")
    with served_demo_world(folder / ".demo" / "world") as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv(STAND_IN_SETTING, server.host)
        yield folder


@pytest.fixture(scope="session")
def demo_outputs(demo_checkout: Path) -> Path:
    """What the demo's run as of its last evening puts out."""
    project = load_project(demo_checkout / "configs/demo/pipeline.json")
    run = open_run(project, "guide", parse_instant("2025-09-16T23:00:00Z"), "ann")
    storage, name = located(run_to_outputs(run))
    with storage.local_folder(name) as made:
        return made
