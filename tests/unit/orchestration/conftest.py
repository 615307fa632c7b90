"""A project that loads, and a way to change it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TOY_PROJECT = Path(__file__).parents[2] / "data" / "toy_project"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Path]:
    """Copies the toy project to a folder of that name, with some top-level keys replaced (or left out where None)."""

    def make(name: str, **changes: Any) -> Path:
        folder = tmp_path / "configs" / name
        shutil.copytree(TOY_PROJECT, folder)
        path = folder / "pipeline.json"
        written = json.loads(path.read_text()) | {"PipelineName": name} | changes
        path.write_text(json.dumps({key: value for key, value in written.items() if value is not None}))
        return path

    return make
