import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.world import write_world

REPOSITORY = Path(__file__).parents[3]
TracedLines = Callable[[str], list[list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's world as `make demo` writes it; not to be changed."""
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    return folder


@pytest.fixture(scope="session")
def traced(world: Path) -> TracedLines:
    """The objects of a bucket file, each an array of updates."""

    def read(flow: str) -> list[list[dict[str, Any]]]:
        return [json.loads(line) for line in (world / "bucket" / f"{flow}.jsonl").read_text().splitlines()]

    return read


@pytest.fixture(scope="session")
def coda(world: Path) -> dict[str, list[dict[str, Any]]]:
    """The messages of every dataset in the coda folder."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((world / "coda").glob("*.json"))}


@pytest.fixture(scope="session")
def schemes() -> dict[str, dict[str, Any]]:
    """The demo's code schemes by file."""
    folder = REPOSITORY / "configs" / "demo" / "code_schemes"
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
