"""The golden cases, where they are at hand."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of golden cases: `GOLDEN_ROOT`, else `../shared/golden` beside the checkout."""
    beside = Path(__file__).parents[4] / "shared" / "golden"
    root = Path(os.environ.get("GOLDEN_ROOT", beside))
    if not root.is_dir():
        pytest.skip(f"no golden cases in {root}; set GOLDEN_ROOT")
    return root
