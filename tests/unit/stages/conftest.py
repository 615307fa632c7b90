import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization

from pipeline_lib.config import Project, load_project
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.process import OUTPUTS
from pipeline_lib.stages.run_context import Run, open_run
from sandbox.demo_world import served_demo_world
from sandbox.rapid_pro.server import RapidProServer

DEMO = Path(__file__).parents[3] / "configs" / "demo"
BUCKETS = re.compile(r'^ *"(?:DataArchiveUploadBucket|MemoryProfileUploadBucket|BucketDirPath)": .*\n', re.MULTILINE)

# The numbers of a private key are looked through each time that it is read: as long as an upload of little takes.
serialization.load_pem_private_key = cache(serialization.load_pem_private_key)  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _draws_little(small_drawings: None) -> None:
    """Stages are tested for what becomes of drawings, not for how they look."""


@pytest.fixture
def no_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An analysis has its tables only: drawing takes seconds."""
    monkeypatch.setattr("pipeline_lib.stages.analysis.draw_analysis", lambda *_: None)


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
def surveys_only(demo: Path) -> Path:
    """The demo without its shows, whose gender answers are to be coded twice for inter-coder reliability."""
    config = json.loads(demo.read_text(encoding="utf-8"))
    config["RawDataSources"] = [
        {**{key: value for key, value in source.items() if not key.startswith("Activation")}}
        for source in config["RawDataSources"]
        if source.get("SurveyFlowNames") or source.get("SurveyFlowURLs")
    ]
    plans = config["CodingPlans"]
    plans |= {"ResearchQuestions": [], "Engagement": []}
    gender = plans["Demographics"][0]
    gender |= {"ICRFilename": "gender.csv", "RunIDField": "gender_run_id"}
    texts = [r["SourceKey"] for r in config["SourceKeyRemappings"] if r["PipelineKey"] == "gender_raw"]
    config["SourceKeyRemappings"] = [
        *(r for r in config["SourceKeyRemappings"] if not r.get("IsActivationMessage")),
        *({"SourceKey": t.replace("(Value)", "(Run ID)"), "PipelineKey": "gender_run_id"} for t in texts),
    ]
    config["TimestampRemappings"] = []
    config["AutomatedAnalysis"]["CrossTabs"] = [{"Rows": "gender", "Columns": "recently_displaced"}]
    demo.write_text(json.dumps(config), encoding="utf-8")
    return demo


@pytest.fixture
def run_of(demo: Path) -> Callable[..., Run]:
    def make(key: str = "today", as_of: datetime | None = None) -> Run:
        project: Project = load_project(demo)
        return open_run(project, key, as_of, "tester")

    return make


class Finished(NamedTuple):
    """What a run has left."""

    checkout: Path
    """Where it was made."""
    data: Path
    """A copy of its data root."""


@pytest.fixture(scope="session")
def finished_runs() -> dict[str, Finished]:
    """First runs of a project, by a digest of all that they are made of."""
    return {}


@pytest.fixture
def run_to_outputs_once(
    demo: Path, finished_runs: dict[str, Finished], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Run], str]:
    """As `run_to_outputs`, for a project's first run: what the same run has left for an earlier test is copied."""
    checkout = demo.parents[2]
    data = checkout / ".demo" / "data"

    def make(run: Run) -> str:
        assert not data.exists()
        made_of = hashlib.sha256(repr((run.key, run.as_of, run.user)).encode())
        for path in sorted(path for path in checkout.rglob("*") if path.is_file()):
            made_of.update(bytes(path.relative_to(checkout)) + path.read_bytes())
        finished = finished_runs.get(made_of.hexdigest())
        if finished is None:
            outputs = run_to_outputs(run)
            copy = shutil.copytree(data, tmp_path_factory.mktemp("finished") / "data", symlinks=True)
            finished_runs[made_of.hexdigest()] = Finished(checkout, copy)
            return outputs
        shutil.copytree(finished.data, data, symlinks=True)
        for path in data.rglob("*.json"):  # manifests name files by where they are
            path.write_bytes(path.read_bytes().replace(bytes(finished.checkout), bytes(checkout)))
        return run.storage.uri_of(f"{run.folder}/{OUTPUTS}")

    return make
