"""Who sees what: without a login nothing, and participants' texts only with a second permission."""

import pytest
from fastapi.testclient import TestClient

from pipeline_lib.storage import Storage
from pipeline_lib.web.airflow_gateway import KnownProject
from tests.unit.web.small_world import RESEARCHER, RUN, STRANGER, TEXT, VIEWER, FakeAirflow

PAGES = [
    "/",
    "/water",
    f"/water/runs/{RUN}",
    f"/water/runs/{RUN}/trace",
    f"/water/runs/{RUN}/table/Outputs/quality.csv",
]
WITH_TEXTS = [
    "files/Outputs/messages.csv",
    "table/Outputs/messages.csv",
    "table/Outputs/messages.csv?page=2",
    "files/Automated%20Analysis/sample_messages.csv",
    "table/Automated Analysis/sample_messages.csv",
    "files/Outputs/messages_traced_data.jsonl",
    "files/Raw%20Data/water_activation.jsonl",
    "files/config.json",
    "trace?cell=messages.csv:1:water_raw",
    "trace",
]
OF_COUNTS = [
    "files/manifest.json",
    "files/Outputs/quality.csv",
    "table/Outputs/quality.csv",
    "files/Automated%20Analysis/index.html",
    "table/Automated%20Analysis/theme_distributions.csv",
    "files/Automated%20Analysis/graphs/themes_s01e01.svg",
]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_without_a_login_there_is_only_the_way_to_it(page: str, site: TestClient, water: Storage) -> None:
    answer = site.get(page)
    assert answer.status_code == 401
    assert "Log in to Airflow" in answer.text
    assert "s01e01" not in answer.text


def test_the_way_to_the_login_leads_back(site: TestClient, water: Storage) -> None:
    assert 'href="/auth/login?next=/water"' in site.get("/water").text
    cell = "/water/runs/it%3Fis/trace?cell=messages.csv%3A17%3Agender"
    assert f'href="/auth/login?next={cell}"' in site.get(cell).text


@pytest.mark.parametrize("page", PAGES[1:])
def test_who_may_not_see_the_dag_sees_nothing_of_the_project(page: str, site: TestClient, water: Storage) -> None:
    answer = site.get(page, headers=STRANGER)
    assert answer.status_code == 403
    assert "Biyo" not in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("path", WITH_TEXTS)
def test_a_viewer_is_refused_what_may_hold_texts_and_told_what_to_ask_for(
    path: str, site: TestClient, water: Storage
) -> None:
    answer = site.get(f"/water/runs/{RUN}/{path}", headers=VIEWER)
    assert answer.status_code == 403
    assert "accounts that may start runs of the project" in answer.text
    assert TEXT not in answer.text


@pytest.mark.parametrize("path", WITH_TEXTS[:6])
def test_who_may_start_runs_reads_texts(path: str, site: TestClient, water: Storage) -> None:
    answer = site.get(f"/water/runs/{RUN}/{path}", headers=RESEARCHER)
    assert answer.status_code == 200
    assert TEXT in answer.text


@pytest.mark.parametrize("path", OF_COUNTS)
def test_a_viewer_may_read_what_holds_counts_only(path: str, site: TestClient, water: Storage) -> None:
    assert site.get(f"/water/runs/{RUN}/{path}", headers=VIEWER).status_code == 200


def test_a_viewers_report_has_no_text_and_no_link_to_one(site: TestClient, water: Storage) -> None:
    page = site.get(f"/water/runs/{RUN}", headers=VIEWER).text
    assert TEXT not in page
    assert "messages.csv" in page  # that there is such a file is no secret
    assert "/Outputs/messages.csv" not in page
    assert "/trace" not in page


def test_the_board_shows_what_the_user_may_see(site: TestClient, water: Storage, airflow: FakeAirflow) -> None:
    airflow.known["secret"] = KnownProject("secret", "Hidden project")
    page = site.get("/", headers=VIEWER).text
    assert "Biyo 2026" in page
    assert "Hidden project" not in page
    assert "no project that you may see" in site.get("/", headers=STRANGER).text


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_the_app_describes_itself_to_nobody(path: str, site: TestClient) -> None:
    assert site.get(path).status_code in {401, 403}
    assert site.get(path, headers=VIEWER).status_code == 404
