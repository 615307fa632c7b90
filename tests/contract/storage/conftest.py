"""One storage of every kind, empty."""

from pathlib import Path
from uuid import uuid4

import pytest

from pipeline_lib.storage import Storage, storage_at


@pytest.fixture(params=["file", "memory", "gs"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "file":
            return (tmp_path / "data root" / "demo").as_uri()
        case "gs":
            return f"{request.getfixturevalue('gcs_bucket')}/data root/demo"
        case _:
            return f"memory://{uuid4().hex}/demo"


@pytest.fixture
def storage(uri: str) -> Storage:
    return storage_at(uri)
