import json
import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline_lib.cli import main
from pipeline_lib.errors import ConfigError
from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.storage.secrets import read_secret
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.model import Flow, Workspace
from sandbox.rapid_pro.server import RapidProServer
from tests.dags.conftest import call_of

REPOSITORY = Path(__file__).parents[2]
TOKEN = "canary0token0canary"  # noqa: S105 - invented
KEY = {"type": "service_account", "private_key": "canary"}


@pytest.mark.parametrize(
    ("connection", "secret"),
    [
        ({"conn_type": "generic", "password": TOKEN}, TOKEN),
        (f"generic://:{TOKEN}@", TOKEN),
        ({"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": KEY}}, json.dumps(KEY)),
        ({"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": json.dumps(KEY)}}, json.dumps(KEY)),
        ({"conn_type": "generic", "password": TOKEN, "extra": {"keyfile_dict": KEY}}, TOKEN),
        ({"conn_type": "generic"}, ""),
        ({"conn_type": "generic", "extra": {"other": "canary"}}, ""),
    ],
)
def test_a_connections_secret_is_its_password_or_else_its_google_key(
    monkeypatch: pytest.MonkeyPatch, connection: Any, secret: str
) -> None:
    from pipeline_lib.orchestration.connections import connection_secret  # noqa: PLC0415 - after conftest's settings

    written = connection if isinstance(connection, str) else json.dumps(connection)
    monkeypatch.setenv("AIRFLOW_CONN_TEXTIT", written)
    assert connection_secret("textit") == secret


@pytest.mark.parametrize("written", [None, '{"password": "canary'])
def test_without_a_connection_that_can_be_read_there_is_no_secret(
    monkeypatch: pytest.MonkeyPatch, written: str | None
) -> None:
    from pipeline_lib.orchestration.connections import connection_secret  # noqa: PLC0415

    if written:
        monkeypatch.setenv("AIRFLOW_CONN_OTHER", written)
    assert connection_secret("other") is None


def _context(run_type: str = "manual") -> dict[str, Any]:
    run = SimpleNamespace(
        run_id="x",
        run_type=SimpleNamespace(value=run_type),
        run_after=None,
        logical_date=None,
        data_interval_end=None,
        triggering_user_name=None,
    )
    return {"dag_run": run, "params": {}}


def test_a_tasks_call_can_read_connections_and_logs_nothing_of_them(
    configs: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from pipeline_lib.orchestration import dag  # noqa: PLC0415

    def call(*_arguments: Any) -> str:
        return read_secret("connection://textit", configs, "key")

    monkeypatch.setattr(dag, "CALLS", {"coda_pull": call})
    monkeypatch.setenv("AIRFLOW_CONN_TEXTIT", json.dumps({"conn_type": "generic", "password": TOKEN}))
    caplog.set_level(logging.DEBUG)
    (toy,) = dag.dags_in(configs, only="toy")

    assert call_of(toy.get_task("coda_pull"))(**_context()) == TOKEN
    assert TOKEN not in caplog.text
    with pytest.raises(ConfigError, match="there is no Airflow here"):
        call()


@pytest.mark.parametrize("is_there", [True, False])
def test_a_command_reads_connections_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_there: bool
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    workspace = Workspace("3075ace0-0000-4000-8000-000000000001", "Demo")
    database = Database(workspace, flows=[Flow("3075ace0-0000-4000-8000-000000000002", "toy_show", at, at)])
    shutil.copytree(REPOSITORY / "tests/data/toy_project", tmp_path / "toy")
    config = tmp_path / "toy" / "pipeline.json"
    flows = {"SourceType": "RapidPro", "Domain": "textit.com", "ActivationFlowNames": ["toy_show"]}
    written = json.loads(config.read_text()) | {
        "RawDataSources": [flows | {"TokenFileURL": "connection://textit"}],
        "UUIDTable": {"SQLiteFile": "uuids.sqlite", "TableName": "toy"},
        "DataRoot": "data",
        "SourceKeyRemappings": [
            {"SourceKey": "Show (Text) - toy_show", "PipelineKey": "show_raw", "IsActivationMessage": True},
            {"SourceKey": "Show (Time) - toy_show", "PipelineKey": "sent_on"},
        ],
    }
    config.write_text(json.dumps(written))
    create_uuid_table(tmp_path / "toy" / "uuids.sqlite", "toy", "avf-phone-uuid-")
    if is_there:
        monkeypatch.setenv("AIRFLOW_CONN_TEXTIT", json.dumps({"conn_type": "generic", "password": TOKEN}))

    with RapidProServer(database, token=TOKEN) as server:
        monkeypatch.setenv("RAPIDPRO_EMULATOR_HOST", server.host)
        exit_code = main(["fetch", "--config", str(config), "--raw-data", str(tmp_path / "Raw Data")])

    told = capsys.readouterr()
    assert TOKEN not in told.out + told.err
    if is_there:
        assert (exit_code, told.err) == (0, "")
        assert (tmp_path / "Raw Data" / "toy_show.jsonl").read_bytes() == b""
    else:
        assert exit_code == 2
        assert told.err == (
            'pipeline.json: RawDataSources[0].TokenFileURL: there is no Airflow connection "textit"; '
            "add it in Airflow, or set the environment's AIRFLOW_CONN_TEXTIT\n"
        )
