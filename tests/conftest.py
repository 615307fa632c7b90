import gc
import math
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

# Before numpy is imported: for matrices of a test's size, OpenBLAS' threads do little but wait for each other, each on
# a processor of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Servers of tests are on this machine. Where nothing says so, each request looks through the whole environment, twice.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

from sandbox.fake_gcs import create_bucket, fake_gcs
from sandbox.fake_gcs import why_it_cannot_run as fake_gcs_why_not
from sandbox.firestore_emulator import firestore_emulator, why_it_cannot_run

# How long an example takes says something about the machine, and nothing about what is tested.
settings.register_profile("any machine", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


_MEMORY = Path("/dev/shm")  # noqa: S108 - tempfile makes folders of its own in it
_ROOM_BYTES = 4 * 1024**3


def _has_room(folder: Path) -> bool:
    """Whether temporary files may be there, programs among them."""
    return (
        os.access(folder, os.W_OK)
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(folder).free > _ROOM_BYTES
    )


# What is published or committed waits until the disk has it, which in memory costs nothing. Before anything asks for a
# temporary folder: processes that tests start inherit it.
if "TMPDIR" not in os.environ and _has_room(_MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

_EMULATORS = {"firestore_host", "gcs_url"}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Looks for garbage neither while tests are collected, nor later among what collecting has made.

    Of that, millions of objects, nearly all stay to the end: to go through them once takes most of a second.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, object, object]:
    """Marks what needs an emulator, before markers choose; and has begin what takes long.

    Otherwise one process would have nothing left to do while the other is at a long file.
    """
    for item in items:
        if _EMULATORS & set(getattr(item, "fixturenames", ())):
            item.add_marker("emulator")
    done = yield
    items.sort(key=lambda item: ("journeys" not in item.path.parts, item.get_closest_marker("slow") is None))
    return done


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuses to start an Airflow in each of several processes."""
    if "PYTEST_XDIST_WORKER" in os.environ and item.get_closest_marker("airflow"):
        pytest.fail("it starts an Airflow, one at a time: run it with -n 0", pytrace=False)


def _skip_unless_in_ci(reason: str | None) -> None:
    """Skips a test that cannot run on this machine, and says why; in CI all of them must."""
    if reason is not None and os.environ.get("CI") != "true":
        pytest.skip(reason)
    assert reason is None, reason


@pytest.fixture(scope="session")
def firestore_host() -> Iterator[str]:
    """An emulator of Firestore, as `host:port`; CI must have one."""
    _skip_unless_in_ci(why_it_cannot_run())
    with firestore_emulator() as host:
        yield host


@pytest.fixture
def firestore_project(firestore_host: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Firebase project of the test's own, empty, to which clients that are made in the test connect."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_host)
    return f"test-{uuid4().hex}"


@pytest.fixture(scope="session")
def gcs_url() -> Iterator[str]:
    """A stand-in of Google Cloud Storage, as `http://host:port`; CI must have one."""
    _skip_unless_in_ci(fake_gcs_why_not())
    with fake_gcs() as url:
        yield url


@pytest.fixture
def gcs_bucket(gcs_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of the test's own, empty, to which clients that are made in the test connect: `gs://<bucket>`."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_url)
    name = f"test-{uuid4().hex}"
    create_bucket(gcs_url, name)
    return f"gs://{name}"


@pytest.fixture(scope="session")
def airflow_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home for Airflow, which makes folders there as soon as it is imported."""
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))


@pytest.fixture
def no_google_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without credentials for Google, and a process that has made no clients with any."""
    from pipeline_lib.storage import gcs  # noqa: PLC0415 - Google's libraries take a while

    for setting in ("STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    gcs._gcs_objects.cache_clear()


@pytest.fixture
def small_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is drawn, small and in this process; the same for all tests once."""
    # It imports all that draws, which takes a second: the process that hands tests out, and most tests, need none.
    from tests.small_drawings import draw_small_and_once  # noqa: PLC0415

    draw_small_and_once(monkeypatch)


@pytest.fixture(autouse=True)
def short_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine, work is short: how far it has come, and how long it took, is told on slow ones only."""
    monkeypatch.setattr("pipeline_lib.progress.SHORT_SECONDS", math.inf)
    monkeypatch.setattr("pipeline_lib.progress.LINE_SECONDS", math.inf)
