"""Who is told of a project's runs, with a real scheduler: by e-mail and on the web."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import AirflowServer
from tests.receivers import MailServer, WebServer, serving
from tests.toy import change_config, write_toy

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

NOTICES = [
    {"Channel": "smtp", "To": ["data@example.org"]},
    {"Channel": "webhook", "Connection": "office"},
    {"Channel": "slack", "Connection": "nowhere"},
]


@dataclass(frozen=True)
class Told:
    config: Path
    api: AirflowApi
    mails: MailServer
    office: WebServer

    def kinds(self, project: str) -> list[str]:
        """What the address on the web was told of a project."""
        return [got["kind"] for _, _, got in self.office.requests if got["project"] == project]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """An Airflow with two projects: one that a file is missing of, and one that stays paused."""
    root = tmp_path_factory.mktemp("told")
    config = write_toy(root / "configs")
    paused = write_toy(root / "configs", "paused")
    change_config(paused, PipelineName="paused", Notices=NOTICES)
    change_config(config, Notices=NOTICES)
    mails, office = MailServer(), WebServer()
    settings = {
        "AIRFLOW_CONN_SMTP_DEFAULT": mails.connection(),
        "AIRFLOW_CONN_OFFICE": f"{office.url}/hook",
        "PIPELINE_NOTICES": '[{"Channel": "webhook", "Connection": "office"}]',
    }
    server = AirflowServer(root / "airflow", root / "configs", root / "data", settings=settings)
    with serving(mails), serving(office), server.started() as running:
        api = AirflowApi(running)
        api.wait_until_healthy()
        for dag_id in ("toy", "paused", "pipeline_watch"):
            api.wait_for(f"the DAG {dag_id}", lambda dag_id=dag_id: bool(api.tags(dag_id)))  # type: ignore[misc]
        api.unpause("toy")
        yield Told(config, api, mails, office)


def test_a_run_that_fails_is_told_to_everybody_who_can_be_reached(told: Told) -> None:
    (told.config.parent / "sources" / "toy_recovered.csv").unlink()
    told.api.trigger("toy", "without_a_file", {})
    assert told.api.wait_until_ended("toy", "without_a_file") == "failed"
    told.api.wait_for("the notice", lambda: bool(told.mails.mails) and bool(told.office.requests))
    ((path, _, got),) = [each for each in told.office.requests if each[2]["project"] == "toy"]
    assert (path, got["kind"], got["summary"]) == ("/hook", "failure", "fetch 1 failed")
    assert "toy_recovered.csv" in got["problems"][0]
    assert got["link"].endswith("/dags/toy/runs/without_a_file")
    (mail,) = told.mails.mails
    assert (mail["Subject"], mail["To"]) == ("toy: fetch 1 failed", "data@example.org")


def test_the_watch_tells_of_projects_that_are_paused_and_of_nights_that_did_not_happen(told: Told) -> None:
    told.api.trigger("pipeline_watch", "by_hand", {})
    assert told.api.wait_until_ended("pipeline_watch", "by_hand") == "success"
    assert told.kinds("paused") == ["paused"]
    assert told.kinds("toy")[1:] == ["missed"]
    assert told.api.returned("pipeline_watch", "by_hand", "look") == 2
