"""What is measured: a project's raw data and labels, invented once for each number of messages and kept."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pipeline_lib.config import load_project
from pipeline_lib.stages.fetch import fetch_to_folder
from pipeline_lib.storage import located
from sandbox.airflow_server import REPOSITORY, SandboxError
from sandbox.world import MESSAGE_COUNT, write_world

CACHE = REPOSITORY / ".cache/bench"
SHARED = REPOSITORY.parent / "shared"
"""Beside the checkout: a generator of inputs like the predecessors' projects, and those projects' coding plans."""

_CONFIG = "pipeline.json"
_PREDECESSORS_CONFIG = "pipeline_config.json"
_PLANS = "coding_plans.json"


class BenchmarkInput(NamedTuple):
    """One project with what it processes."""

    name: str
    config: Path
    """A `pipeline.json`."""
    raw_data: Path
    coded: Path


def input_of_size(message_count: int) -> BenchmarkInput:
    """An invented input of so many messages, from the shared generator or, where there is none, the demo's world."""
    generator = SHARED / "tools/make_input.py"
    if not generator.exists():
        return demo_input(message_count)

    def generate(folder: Path) -> None:
        command = [sys.executable, str(generator), str(message_count), str(folder), "--ws", "on"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - arguments of our own

    return _invented_once(f"{message_count}", message_count, generate)


def demo_input(message_count: int = MESSAGE_COUNT) -> BenchmarkInput:
    """The demo's world of so many messages, with the demo's config."""
    return _invented_once(f"demo-{message_count}", message_count, partial(_write_demo, message_count=message_count))


def _invented_once(name: str, message_count: int, write: Callable[[Path], None]) -> BenchmarkInput:
    folder = CACHE / name
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"Inventing {message_count:,} messages once, in {folder} …", file=sys.stderr)  # noqa: T201
        with tempfile.TemporaryDirectory(dir=CACHE, prefix=".draft-") as draft_name:
            draft = Path(draft_name, name)
            write(draft)
            draft.rename(folder)
    return input_in(folder)


def input_in(folder: Path) -> BenchmarkInput:
    """The input in a folder as the shared generator writes it: raw data, Coda files and a config.

    Raises:
        SandboxError: The folder holds something else.
    """
    raw_data, coded = folder / "Raw Data", folder / "Coded Coda Files"
    configs = [folder / _CONFIG, folder / "configs/demo" / _CONFIG, folder / _PREDECESSORS_CONFIG]
    config = next((path for path in configs if path.exists()), None)
    if config is None or not raw_data.is_dir() or not coded.is_dir():
        raise SandboxError(f"{folder}: expected Raw Data, Coded Coda Files and {_PREDECESSORS_CONFIG} or {_CONFIG}")
    return BenchmarkInput(folder.name, config, raw_data, coded)


def readable_config(measured: BenchmarkInput, folder: Path) -> Path:
    """The input's config, a predecessor's one in the words of this project and written to a folder.

    Raises:
        SandboxError: There are no coding plans for a predecessor's config.
    """
    if measured.config.name != _PREDECESSORS_CONFIG:
        return measured.config
    places = [*(above / _PLANS for above in measured.config.parents), SHARED / "golden/ssf-elections" / _PLANS]
    plans = next((place for place in places if place.exists()), None)
    if plans is None:
        raise SandboxError(f"{measured.config}: no {_PLANS} in its folder, above it, or beside the checkout")
    written = json.loads(measured.config.read_text(encoding="utf-8"))
    path = folder / _CONFIG
    path.write_text(json.dumps(written | {"CodingPlans": str(plans), "Compatibility": "predecessor"}), encoding="utf-8")
    return path


def _write_demo(folder: Path, message_count: int) -> None:
    """The demo's world, its config and what its sources fetch from it; RapidPro's flows lie in the bucket here."""
    shutil.copytree(REPOSITORY / "configs/demo", folder / "configs/demo")
    write_world(folder / ".demo/world", message_count=message_count)
    path = folder / "configs/demo" / _CONFIG
    config = json.loads(path.read_text(encoding="utf-8"))
    config["RawDataSources"] = [_as_bucket(source) for source in config["RawDataSources"]]
    path.write_text(json.dumps(config), encoding="utf-8")
    project = load_project(path)
    fetch_to_folder(project, located((folder / "Raw Data").as_uri()))
    shutil.copytree(folder / ".demo/world/coda", folder / "Coded Coda Files")


def _as_bucket(source: dict[str, Any]) -> dict[str, Any]:
    if source["SourceType"] != "RapidPro":
        return source
    files = {
        key: [f"../../.demo/world/bucket/{flow}.jsonl" for flow in source[f"{key}Names"]]
        for key in ("ActivationFlow", "SurveyFlow")
    }
    return {"SourceType": "GCloudBucket", **{f"{key}URLs": urls for key, urls in files.items()}}
