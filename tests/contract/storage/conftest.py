"""One storage of every kind, empty."""

from pathlib import Path
from uuid import uuid4

import pytest

from pipeline_lib.storage import Storage, storage_at


@pytest.fixture(params=["file", "memory"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (tmp_path / "data root" / "demo").as_uri() if request.param == "file" else f"memory://{uuid4().hex}/demo"


@pytest.fixture
def storage(uri: str) -> Storage:
    return storage_at(uri)
