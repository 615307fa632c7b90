"""The pages as people meet them: an Airflow with logins, the demo's project, and a real browser."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import REPOSITORY, AirflowServer
from sandbox.background import RunningServer
from sandbox.demo_world import GENERATION, write_demo_world
from sandbox.rapid_pro.server import RapidProServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Page

pytestmark = pytest.mark.services

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SECONDS = 120_000
"""Milliseconds that a busy machine may take for one step."""
LEFT_OUT = (
    "Schedule",
    "DataRoot",
    "DriveUpload",
    "BucketDirPath",
    "AutomatedAnalysis",
    "DataArchiveUploadBucket",
    "MemoryProfileUploadBucket",
    "CPUProfileUploadBucket",
)


@dataclass
class Site:
    """An Airflow with two accounts: `amina` may start runs, `vera` looks on."""

    server: RunningServer
    home: Path
    api: AirflowApi
    browser: "Browser"

    def password(self, user: str) -> str:
        (file,) = self.home.glob("*passwords*")
        password: str = json.loads(file.read_text())[user]
        return password

    def page(self, user: str | None = None, viewport: dict[str, int] | None = None) -> "Page":
        """A browser's window, after the login."""
        page = self.browser.new_context(viewport=viewport or DESKTOP).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(SECONDS)
        page.on("console", lambda message: self.said.append(message.text))
        if user is not None:
            page.goto(f"{self.server.url}/")
            self.log_in(page, user)
            page.wait_for_url(f"{self.server.url}/")
        return page

    def log_in(self, page: "Page", user: str) -> None:
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", self.password(user))
        page.click("button[type=submit]")

    def __post_init__(self) -> None:
        self.said: list[str] = []
        """What pages wrote to the browser's console."""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("pages")
    workspace = write_demo_world(root / "world", message_count=400)
    project = root / "configs/demo"
    shutil.copytree(REPOSITORY / "configs/demo", project)
    config = json.loads((project / "pipeline.json").read_text().replace("../../.demo", str(root)))
    kept = {key: value for key, value in config.items() if key not in LEFT_OUT}
    (project / "pipeline.json").write_text(json.dumps(kept))
    with RapidProServer(workspace.database, GENERATION) as rapid_pro:
        settings = {
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "amina:user,vera:viewer",
            STAND_IN_SETTING: rapid_pro.host,
        }
        airflow = AirflowServer(root / "airflow", root / "configs", root / "data", settings=settings)
        begun_at = datetime.now(UTC)
        with airflow.started() as server:
            found: Site
            api = AirflowApi(server, lambda: ("amina", found.password("amina")))
            found = Site(server, root / "airflow", api, browser)
            api.wait_until_healthy()
            api.wait_until_parsed("demo", begun_at)
            yield found


@pytest.fixture(scope="module")
def run_id(site: Site) -> str:
    """A run of the demo, triggered through Airflow's form by a person, who has watched it succeed."""
    page = site.page("amina")
    page.goto(f"{site.server.url}/dags/demo")
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    form.locator("#element_user").fill("halima")
    form.locator("#element_mode").click()
    page.get_by_role("option", name="all", exact=True).click()
    form.locator("label", has=page.locator("[name=element_profile_memory]")).click()
    form.get_by_role("button", name="Trigger").click()
    site.api.wait_for("a run", lambda: len(site.api.runs("demo")) == 1)
    (run,) = site.api.runs("demo")
    assert run["triggering_user_name"] == "amina"
    given = {name: run["conf"][name] for name in ("user", "mode", "profile_memory", "profile_cpu", "publish")}
    assert given == {
        "user": "halima",
        "mode": "all",
        "profile_memory": True,
        "profile_cpu": False,
        "publish": "automatic",
    }
    page.goto(f"{site.server.url}/dags/demo/runs/{run['dag_run_id']}")
    page.get_by_text("Running", exact=True).first.wait_for()
    assert site.api.wait_until_ended("demo", run["dag_run_id"]) == "success"
    page.get_by_text("Success", exact=True).first.wait_for()
    page.context.close()
    return str(run["dag_run_id"])


def report_in(site: Site, page: "Page", run_id: str) -> "FrameLocator":
    page.goto(f"{site.server.url}/dags/demo/runs/{run_id}")
    page.get_by_role("link", name="Run report").click()
    return page.frame_locator("iframe[title='Run report']")


def test_without_a_login_there_is_only_the_way_to_it_and_back(site: Site) -> None:
    page = site.page()
    answer = page.goto(f"{site.server.url}/pipeline/")
    assert answer is not None
    assert answer.status == 401
    page.get_by_role("link", name="Log in to Airflow").click()
    site.log_in(page, "amina")
    page.wait_for_url(f"{site.server.url}/pipeline/")
    page.get_by_role("heading", name="All projects").wait_for()
    for path in ("/pipeline/demo", "/pipeline/demo/runs/x", "/pipeline/demo/runs/x/files/manifest.json"):
        anonymous = site.browser.new_context()
        assert anonymous.request.get(f"{site.server.url}{path}").status == 401
        anonymous.close()
    page.context.close()


def test_the_way_to_the_login_leads_out_of_airflows_frame(site: Site) -> None:
    page = site.page("amina")
    page.get_by_role("link", name="All projects").click()
    board = page.frame_locator("iframe[title='All projects']")
    project = board.get_by_role("link", name="geedka-hoostiisa", exact=True)
    project.wait_for()
    page.context.clear_cookies()
    project.click()
    board.get_by_role("link", name="Log in to Airflow").click()
    page.wait_for_url(f"{site.server.url}/auth/login**")
    site.log_in(page, "amina")
    page.wait_for_url(f"{site.server.url}/pipeline/demo")
    page.context.close()


def test_the_report_leads_from_a_table_to_a_cell_and_to_maps(site: Site, run_id: str) -> None:
    page = site.page("amina")
    report = report_in(site, page, run_id)
    report.get_by_text(re.compile(r"manual run · as of .*, for halima")).wait_for()
    report.get_by_role("row", name=re.compile(r"^geedka_demog\.jsonl .* 2025")).first.wait_for()
    report.get_by_role("row", name=re.compile(r"^messages\.csv")).get_by_role("link", name="rows").click()
    report.get_by_text("page 1 of").first.wait_for()
    report.get_by_role("link", name="next").first.click()
    report.get_by_role("rowheader", name="51", exact=True).wait_for()
    report.get_by_role("row", name=re.compile("^51 ")).get_by_role("link").first.click()
    report.get_by_text("got its name in the pipeline").first.wait_for()

    report = report_in(site, page, run_id)
    report.get_by_text(re.compile(r"^\d+ maps$")).click()
    picture = report.get_by_role("img", name="districts total participants")
    picture.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => [...document.querySelector('iframe').contentDocument.images]"
        ".some(image => image.alt.startsWith('districts') && image.complete && image.naturalWidth > 300)"
    )
    report.get_by_text("The same page, here").click()
    whole = report.frame_locator("iframe.whole")
    whole.get_by_role("heading", name="Key figures").wait_for()
    page.context.close()


def test_the_analysis_opens_in_a_window_of_its_own_though_airflows_frame_lets_no_link_open_one(
    site: Site, run_id: str
) -> None:
    page = site.page("amina")
    report = report_in(site, page, run_id)
    with page.context.expect_page() as opened:
        report.get_by_role("link", name="The analysis on one page").click()
    opened.value.get_by_role("heading", name="Key figures").wait_for()
    page.context.close()


def test_a_tasks_details_lead_to_what_it_made(site: Site, run_id: str) -> None:
    page = site.page("amina")
    links = f"{site.server.url}/api/v2/dags/demo/dagRuns/{run_id}/taskInstances/process/links"
    told = page.request.get(links).json()["extra_links"]
    answer = page.goto(f"{site.server.url}{told['What it made']}")
    assert answer is not None
    assert answer.status == 200
    page.locator("#made-outputs").get_by_role("row", name=re.compile(r"^messages\.csv")).wait_for()
    page.context.close()


def text_of_board(site: Site, page: "Page") -> str:
    return page.request.get(f"{site.server.url}/pipeline/").text()


def test_the_board_is_in_the_menu_and_leads_to_the_project(site: Site, run_id: str) -> None:
    page = site.page("amina")
    # The board keeps for a minute what it has read, and it was read before the run had ended.
    told = re.compile(r"label \d+ messages")
    site.api.wait_for("the board to tell of the run", lambda: told.search(text_of_board(site, page)) is not None)
    page.get_by_role("link", name="All projects").click()
    board = page.frame_locator("iframe[title='All projects']")
    board.get_by_text(told).first.wait_for()
    board.get_by_role("link", name="geedka-hoostiisa", exact=True).click()
    board.get_by_role("link", name=run_id).first.wait_for()
    page.context.close()


def test_a_viewer_sees_the_report_and_is_refused_what_people_wrote(site: Site, run_id: str) -> None:
    page = site.page("vera")
    base = f"{site.server.url}/pipeline/demo/runs/{run_id}"
    page.goto(base)
    page.get_by_role("heading", name="What became of the messages").wait_for()
    assert page.get_by_role("link", name="Provenance").count() == 0
    for path in ("/table/Outputs/messages.csv", "/files/Outputs/messages.csv", "/trace?cell=messages.csv:1:uid"):
        answer = page.goto(f"{base}{path}")
        assert answer is not None
        assert answer.status == 403
        assert "accounts that may start runs of the project" in page.inner_text("body")
    assert page.request.get(f"{base}/table/Outputs/quality.csv").status == 200
    page.context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_is_wider_than_the_window_and_the_policy_stops_nothing(
    viewport: dict[str, int], site: Site, run_id: str
) -> None:
    page = site.page("amina", viewport)
    site.said.clear()
    base = f"{site.server.url}/pipeline"
    run = f"{base}/demo/runs/{run_id}"
    for url in (f"{base}/", f"{base}/demo", run, f"{run}/table/Outputs/messages.csv", f"{run}/trace"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], url
    assert [text for text in site.said if "Content Security Policy" in text or "Content-Security-Policy" in text] == []
    page.context.close()
