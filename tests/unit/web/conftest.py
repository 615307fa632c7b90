"""The pages of a site, with a project that has one run, on disk and in memory."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.web.airflow_gateway import Access, DagStatus, KnownProject, KnownRun
from pipeline_lib.web.app import create_app
from pipeline_lib.web.site import Site
from tests.unit.web.small_world import RUN, STARTED_AT, FakeAirflow, reads_texts, see_project, visible, write_run


@pytest.fixture
def airflow() -> FakeAirflow:
    return FakeAirflow()


@pytest.fixture(scope="session")
def app_and_site() -> tuple[FastAPI, Site]:
    """The app, which takes longer to be made than a page, and all that its pages remember."""
    made = Site(FakeAirflow())
    access = Access(see_project, reads_texts, visible, lambda path: f"/auth/login?next={path}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline_lib.web.app.Site", lambda _airflow: made)
        return create_app(made.airflow, access), made


@pytest.fixture
def site(airflow: FakeAirflow, app_and_site: tuple[FastAPI, Site]) -> Iterator[TestClient]:
    """The pages of an Airflow of the test's own, of which nothing has been read."""
    app, its_site = app_and_site
    vars(its_site).update(vars(Site(airflow)))
    with TestClient(app, follow_redirects=False) as client:
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
    airflow.told["water"] = DagStatus(run, last_good=STARTED_AT)
    return storage
