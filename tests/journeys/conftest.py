"""One Airflow for all journeys that need no other: a start takes as long as several runs of a small project."""

import shutil
from collections.abc import Iterator

import pytest

from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.drive_clients import EMULATOR_SETTING
from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import REPOSITORY, AirflowServer
from sandbox.demo_world import GENERATION, write_demo_world
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE
from sandbox.rapid_pro.server import RapidProServer
from tests.journeys.shared_airflow import MESSAGE_COUNT, Operated, write_show, write_small_show
from tests.receivers import MailServer, WebServer, serving
from tests.toy import change_config, write_toy

NOTICES = [
    {"Channel": "smtp", "To": ["data@example.org"]},
    {"Channel": "webhook", "Connection": "office"},
    {"Channel": "slack", "Connection": "nowhere"},
]


@pytest.fixture(scope="session")
def operated(tmp_path_factory: pytest.TempPathFactory, gcs_url: str) -> Iterator[Operated]:
    """An Airflow with projects that stay as they are: `full` has every task, most others only those of all projects."""
    root = tmp_path_factory.mktemp("operated")
    write_show(root, "full", ProcessingShards=2, KeepRuns=50, ApproveFirstPublication=True)
    write_small_show(root, "days")
    write_small_show(root, "hand", source_count=2)
    outlived = write_small_show(root, "outlived")
    change_config(outlived, MemoryProfileUploadBucket=str(root / "buckets"))
    shutil.copytree(REPOSITORY / "dags", root / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("toy", "paused"):
        change_config(write_toy(root / "configs", name), PipelineName=name, Notices=NOTICES)
    workspace = write_demo_world(root / "workspace", message_count=MESSAGE_COUNT)
    mails, office = MailServer(), WebServer()
    with RapidProServer(workspace.database, GENERATION) as rapid_pro, DriveServer() as drive:
        drive.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        drive.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        settings = {
            STAND_IN_SETTING: rapid_pro.host,
            EMULATOR_SETTING: drive.host,
            "AIRFLOW_CONN_SMTP_DEFAULT": mails.connection(),
            "AIRFLOW_CONN_OFFICE": f"{office.url}/hook",
            "PIPELINE_NOTICES": '[{"Channel": "webhook", "Connection": "office"}]',
            "STORAGE_EMULATOR_HOST": gcs_url,
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",  # whoever changes a config says so
        }
        server = AirflowServer(root / "airflow", root / "configs", root / "data", root / "dags", settings=settings)
        with serving(mails), serving(office), server.started() as running:
            api = AirflowApi(running)
            api.wait_until_healthy()
            for dag_id in ("full", "days", "hand", "outlived", "toy", "paused", "pipeline_watch"):
                api.wait_for(f"the DAG {dag_id}", lambda dag_id=dag_id: bool(api.tags(dag_id)))  # type: ignore[misc]
            api.unpause("toy")
            yield Operated(root, server, api, rapid_pro, mails, office)
