import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.errors import ConfigError, FatalSourceError
from pipeline_lib.orchestration.maintenance import TABLES, clean_database, remove_old_logs, retention_days

BEFORE = datetime(2026, 6, 1, tzinfo=UTC)
OLD, NEW = datetime(2026, 5, 31, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)


def written(path: Path, at: datetime) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a line\n")
    for each in (path, path.parent):
        os.utime(each, (at.timestamp(), at.timestamp()))
    return path


@pytest.mark.parametrize(("setting", "days"), [("180", 180), (" 7 ", 7), ("", None), (None, None)])
def test_what_is_kept_is_kept_for_the_days_that_the_setting_says(
    monkeypatch: pytest.MonkeyPatch, setting: str | None, days: int | None
) -> None:
    monkeypatch.delenv("PIPELINE_RETENTION_DAYS", raising=False)
    if setting is not None:
        monkeypatch.setenv("PIPELINE_RETENTION_DAYS", setting)
    assert retention_days() == days


@pytest.mark.parametrize("setting", ["0", "-1", "half a year", "1.5", "٣"])
def test_what_is_no_number_of_days_is_refused(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("PIPELINE_RETENTION_DAYS", setting)
    with pytest.raises(ConfigError) as caught:
        retention_days()
    right = "write one such as 180, or leave it empty"
    assert str(caught.value) == f"PIPELINE_RETENTION_DAYS: is not a number of days; {right}"


def test_old_logs_go_with_the_folders_that_are_empty_then(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    written(logs / "dag_id=old/run_id=1/task_id=fetch/attempt=1.log", OLD)
    new = written(logs / "dag_id=new/run_id=1/task_id=fetch/attempt=2.log", NEW)
    beside = written(new.with_name("attempt=1.log"), OLD)
    for folder in (logs / "dag_id=old/run_id=1", logs / "dag_id=old"):
        os.utime(folder, (OLD.timestamp(), OLD.timestamp()))
    assert remove_old_logs(logs, BEFORE) == 2
    assert new.exists()
    assert not beside.exists()
    assert not (logs / "dag_id=old").exists()


def test_a_folder_that_nobody_may_read_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs/lost+found").mkdir(parents=True)
    old = written(tmp_path / "logs/dag_id=old/attempt=1.log", OLD)
    os.utime(tmp_path / "logs/lost+found", (OLD.timestamp(), OLD.timestamp()))
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "lost+found")
    assert remove_old_logs(tmp_path / "logs", BEFORE) == 1
    assert not old.parent.exists()
    assert (tmp_path / "logs/lost+found").exists()


def test_an_empty_folder_that_is_new_stays_since_a_log_is_about_to_begin(tmp_path: Path) -> None:
    (tmp_path / "logs/dag_id=new").mkdir(parents=True)
    (tmp_path / "logs/dag_id=old").mkdir()
    os.utime(tmp_path / "logs/dag_id=old", (OLD.timestamp(), OLD.timestamp()))
    assert remove_old_logs(tmp_path / "logs", BEFORE) == 0
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["dag_id=new"]


def test_logs_behind_a_link_stay_and_the_link_itself_is_as_old_as_it_is(tmp_path: Path) -> None:
    elsewhere = written(tmp_path / "elsewhere/report.log", OLD)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/latest").symlink_to(elsewhere.parent)
    assert remove_old_logs(tmp_path / "logs", BEFORE) == 0
    assert elsewhere.exists()
    assert (tmp_path / "logs/latest").is_symlink()


def test_no_logs_at_all_are_nothing_to_remove(tmp_path: Path) -> None:
    assert remove_old_logs(tmp_path / "none", BEFORE) == 0


def test_a_database_whose_address_no_task_is_told_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", raising=False)
    with pytest.raises(ConfigError, match="_CMD: is not set, and a task is not told the address; set it to a command"):
        clean_database(BEFORE)


@pytest.mark.parametrize("code", [0, 1])
def test_airflow_is_asked_with_the_address_that_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nenv >"{told}"\necho "$@" >>"{told}"\nexit {code}\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", "cat /run/secrets/database_url")
    if code:
        with pytest.raises(FatalSourceError, match="Airflow's database: could not be cleaned; its lines above say why"):
            clean_database(BEFORE)
    else:
        clean_database(BEFORE)
    lines = told.read_text().splitlines()
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD=cat /run/secrets/database_url" in lines
    assert not any(line.startswith("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=") for line in lines)
    assert lines[-1] == (
        "-m airflow db clean --clean-before-timestamp 2026-06-01T00:00:00+00:00 "
        "--skip-archive --yes --error-on-cleanup-failure "
        f"--tables {','.join(TABLES)}"
    )
