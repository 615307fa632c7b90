from collections.abc import Iterator
from functools import partial
from itertools import count
from types import SimpleNamespace

import pytest
from google.cloud.storage.retry import DEFAULT_RETRY

from pipeline_lib.storage import gcs
from tests.cloud_storage_line import Line, running_line


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes by itself does so at once; a file of 9 MiB goes in three chunks."""
    monkeypatch.setattr(gcs, "_RETRY", DEFAULT_RETRY.with_delay(initial=0.001, maximum=0.001).with_timeout(60))
    monkeypatch.setattr(gcs, "_CHUNK_BYTES", 4 * 2**20)


@pytest.fixture
def impatient(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not pass after three tries more never does: by a clock that goes on whenever somebody looks at it."""
    clock = SimpleNamespace(monotonic=partial(next, count()), sleep=lambda _seconds: None)
    for module in ("retry_base", "retry_unary"):
        monkeypatch.setattr(f"google.api_core.retry.{module}.time", clock)
    monkeypatch.setattr(gcs, "_RETRY", gcs._RETRY.with_timeout(4))


@pytest.fixture
def line(quick: None, gcs_bucket: str, gcs_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """Clients that are made in the test speak over it."""
    with running_line(gcs_url) as running:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", running.url)
        yield running
