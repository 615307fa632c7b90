"""The pages of a site, with a project that has one run, on disk and in memory."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.web.airflow_side import Access, KnownProject, KnownRun, Night
from pipeline_lib.web.app import create_app
from tests.unit.web.small_world import RUN, STARTED_AT, FakeAirflow, reads_texts, see_project, visible, write_run


@pytest.fixture
def airflow() -> FakeAirflow:
    return FakeAirflow()


@pytest.fixture
def site(airflow: FakeAirflow) -> Iterator[TestClient]:
    access = Access(see_project, reads_texts, visible, lambda path: f"/auth/login?next={path}")
    with TestClient(create_app(airflow, access), follow_redirects=False) as client:
        yield client


@pytest.fixture(params=["file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a project's data lie."""
    return (tmp_path / "data/water").as_uri() if request.param == "file" else f"memory://{uuid4()}/water"


@pytest.fixture
def water(place: str, airflow: FakeAirflow) -> Storage:
    """The project `water` with one run, which Airflow has too."""
    storage = storage_at(place)
    write_run(storage)
    airflow.known["water"] = KnownProject("water", "Biyo 2026", "Radio about water", places=(place,))
    run = KnownRun("scheduled__2026-11-20T21:00:00+00:00", RUN, "success", "scheduled", STARTED_AT)
    airflow.runs["water", run.run_id] = run
    airflow.told["water"] = Night(run, last_good=STARTED_AT)
    return storage
