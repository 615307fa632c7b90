import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipeline_lib.config import Project, load_project
from pipeline_lib.sources.rapid_pro.endpoint import STAND_IN_SETTING
from pipeline_lib.stages.run_context import Run, open_run
from sandbox.demo_world import served_demo_world
from sandbox.rapid_pro.server import RapidProServer

DEMO = Path(__file__).parents[3] / "configs" / "demo"
BUCKETS = re.compile(r'^ *"(?:DataArchiveUploadBucket|MemoryProfileUploadBucket|BucketDirPath)": .*\n', re.MULTILINE)


@pytest.fixture(autouse=True)
def _draws_little(small_drawings: None) -> None:
    """Stages are tested for what becomes of drawings, not for how they look."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the demo's sources and labels, 200 messages; not to be changed."""
    return tmp_path_factory.mktemp("world")


@pytest.fixture(scope="session")
def rapid_pro(world: Path) -> Iterator[RapidProServer]:
    """The server of the demo's workspace."""
    with served_demo_world(world, message_count=200) as server:
        yield server


@pytest.fixture
def demo(tmp_path: Path, world: Path, rapid_pro: RapidProServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout's demo project with a world of its own, and without buckets: the config's path."""
    monkeypatch.setenv(STAND_IN_SETTING, rapid_pro.host)
    shutil.copytree(world, tmp_path / ".demo" / "world", symlinks=True)
    shutil.copytree(DEMO, tmp_path / "configs" / "demo")
    config = tmp_path / "configs" / "demo" / "pipeline.json"
    config.write_text(BUCKETS.sub("", config.read_text(encoding="utf-8")), encoding="utf-8")
    return config


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
