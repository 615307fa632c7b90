"""No file outside the run is reachable, and none of it does anything in a browser but being shown."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline_lib.storage import Storage
from pipeline_lib.storage.local import LocalStorage
from tests.unit.web.small_world import REPORT, RESEARCHER, RUN, write_file

BESIDE = "a secret beside the run"
BASE = f"/water/runs/{RUN}"
ATTEMPTS = [
    "../secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "Outputs/../../secret.txt",
    "Outputs%2f..%2f..%2fsecret.txt",
    "Outputs/%2e%2e/%2e%2e/secret.txt",
    "..%5csecret.txt",
    "%252e%252e%252fsecret.txt",
    "//secret.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "%00",
    "Outputs/messages.csv%00.png",
    "Outputs",
    "Outputs/",
    ".versions",
    "Outputs/.current.json",
    "logs/manifest/process.json",
    "C:%5cWindows%5cwin.ini",
    "x" * 256,
    "/".join("x" * 250 for _ in range(5)),
]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["files", "table"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_path_leads_out_of_the_run(attempt: str, kind: str, site: TestClient, water: Storage) -> None:
    write_file(water, "runs/secret.txt", BESIDE)
    answer = site.get(f"{BASE}/{kind}/{attempt}", headers=RESEARCHER)
    assert answer.status_code in {404, 307}
    assert BESIDE not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize("run", ["..", "%2e%2e", "..%2f..", "secret.txt", ".versions", "%00", "x" * 256])
def test_no_run_leads_out_of_the_runs(run: str, site: TestClient, water: Storage) -> None:
    write_file(water, "runs/secret.txt", BESIDE)
    answer = site.get(f"/water/runs/{run}/files/secret.txt", headers=RESEARCHER)
    assert answer.status_code == 404
    assert BESIDE not in answer.text


@pytest.fixture
def run_on_disk(water: Storage) -> Path:
    assert isinstance(water, LocalStorage)
    return water.root / "runs" / RUN


@pytest.mark.parametrize("place", ["file"], indirect=True)
@pytest.mark.parametrize("name", ["Raw Data/secret.txt", "secret.txt", "Raw Data/secret.csv"])
def test_no_link_leads_out_of_the_run(name: str, run_on_disk: Path, site: TestClient, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(BESIDE)
    (run_on_disk / name).symlink_to(tmp_path / "secret.txt")
    for kind in ("files", "table"):
        answer = site.get(f"{BASE}/{kind}/{name}", headers=RESEARCHER)
        assert (answer.status_code, BESIDE in answer.text) == (404, False)


@pytest.mark.parametrize("place", ["file"], indirect=True)
def test_no_link_of_a_folder_leads_out_of_the_run(run_on_disk: Path, site: TestClient, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret.txt").write_text(BESIDE)
    (run_on_disk / "Profiles").symlink_to(tmp_path / "elsewhere")
    assert site.get(f"{BASE}/files/Profiles/secret.txt", headers=RESEARCHER).status_code == 404


@pytest.mark.parametrize("place", ["file"], indirect=True)
def test_the_report_lists_no_file_that_a_link_brings_in(run_on_disk: Path, site: TestClient, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/amina.txt").write_text(BESIDE)
    (run_on_disk / "Profiles").symlink_to(tmp_path / "elsewhere")
    (run_on_disk / "Raw Data/caawiye.jsonl").symlink_to(tmp_path / "elsewhere/amina.txt")
    page = site.get(BASE, headers=RESEARCHER).text
    assert '<th scope="row">messages.csv<' in page
    assert '<th scope="row">water_activation.jsonl<' in page
    assert '<th scope="row">manifest.json<' in page
    assert "amina.txt" not in page
    assert "caawiye" not in page


@pytest.mark.parametrize("place", ["file"], indirect=True)
def test_links_in_a_circle_are_named(run_on_disk: Path, site: TestClient) -> None:
    (run_on_disk / "round").symlink_to("round")
    for path in ("", "/files/round", "/files/round/x.csv", "/files/manifest.json"):
        answer = site.get(f"{BASE}{path}", headers=RESEARCHER)
        assert answer.status_code == 503
        assert "/round</b> its links lead in a circle" in answer.text


@pytest.mark.parametrize("place", ["file"], indirect=True)
def test_no_link_gives_a_file_with_texts_the_name_of_one_with_counts(run_on_disk: Path, site: TestClient) -> None:
    graphs = run_on_disk / "Automated Analysis/graphs"
    (graphs / "innocent.svg").symlink_to(run_on_disk / "Outputs/messages.csv")
    answer = site.get(f"{BASE}/files/Automated Analysis/graphs/innocent.svg", headers={"X-User": "viewer"})
    assert answer.status_code == 404


def test_a_page_of_a_run_is_shown_and_none_of_its_scripts_runs(site: TestClient, water: Storage) -> None:
    answer = site.get(f"{BASE}/files/Automated%20Analysis/index.html", headers=RESEARCHER)
    assert answer.text == REPORT
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("inline;")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-same-origin" in policy
    assert "allow-scripts" not in policy


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Outputs/messages.csv", "application/octet-stream"),
        ("Automated Analysis/index.html?download=1", "application/octet-stream"),
        ("manifest.json", "application/octet-stream"),
    ],
)
def test_other_files_are_downloads(path: str, kind: str, site: TestClient, water: Storage) -> None:
    answer = site.get(f"{BASE}/files/{path}", headers=RESEARCHER)
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")


def test_a_page_that_no_report_made_is_a_download(site: TestClient, water: Storage) -> None:
    write_file(water, f"runs/{RUN}/Profiles/process.html", "<script>alert(1)</script>")
    answer = site.get(f"{BASE}/files/Profiles/process.html", headers=RESEARCHER)
    assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/water",
        BASE,
        f"{BASE}/files/Outputs/quality.csv",
        "/nothing",
        "/static/style.css",
        f"{BASE}/table/Outputs/quality.csv?page=x",
        "/water/",
    ],
)
def test_every_answer_keeps_the_browser_from_guessing_framing_and_keeping(
    path: str, site: TestClient, water: Storage
) -> None:
    headers = site.get(path, headers=RESEARCHER).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["cache-control"].startswith("private")


@pytest.mark.parametrize("path", ["/", BASE, f"{BASE}/files/Outputs/quality.csv", "/nothing", "/static/style.css"])
def test_who_asks_for_the_head_gets_the_headers_of_the_page(path: str, site: TestClient, water: Storage) -> None:
    page, head = (site.request(method, path, headers=RESEARCHER) for method in ("GET", "HEAD"))
    assert (head.status_code, head.headers, head.content) == (page.status_code, page.headers, b"")


@pytest.mark.parametrize("path", ["/", "/water", BASE, f"{BASE}/trace", f"{BASE}/table/Outputs/messages.csv"])
def test_our_pages_have_nothing_inline(path: str, site: TestClient, water: Storage) -> None:
    answer = site.get(path, headers=RESEARCHER)
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text


def test_a_printed_page_is_not_laid_out_as_on_a_phone(site: TestClient) -> None:
    """A4 is as narrow as a small screen, and cards of one column fill twice as many pages."""
    queries = re.findall(r"@media ([^{]*)", site.get("/static/style.css").text)
    assert [query for query in queries if "width" in query and not query.startswith("screen and")] == []
    assert any("width" in query for query in queries)
