import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from pipeline_lib.config import Project, load_project
from pipeline_lib.sandbox.world import write_world
from pipeline_lib.stages.run import Run, open_run

DEMO = Path(__file__).parents[3] / "configs" / "demo"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's sources and labels, 200 messages; not to be changed."""
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, message_count=200)
    return folder


@pytest.fixture
def demo(tmp_path: Path, world: Path) -> Path:
    """A checkout's demo project with a world of its own: the config's path."""
    shutil.copytree(world, tmp_path / ".demo" / "world", symlinks=True)
    shutil.copytree(DEMO, tmp_path / "configs" / "demo")
    return tmp_path / "configs" / "demo" / "pipeline.json"


@pytest.fixture
def change(demo: Path) -> Callable[..., None]:
    """Changes top-level keys of the demo's config."""

    def to(**keys: object) -> None:
        demo.write_text(json.dumps(json.loads(demo.read_text(encoding="utf-8")) | keys), encoding="utf-8")

    return to


@pytest.fixture
def run_of(demo: Path) -> Callable[..., Run]:
    def make(key: str = "today", as_of: datetime | None = None) -> Run:
        project: Project = load_project(demo)
        return open_run(project, key, as_of, "tester")

    return make
