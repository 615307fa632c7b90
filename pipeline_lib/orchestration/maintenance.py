"""Removes what Airflow itself leaves behind after `PIPELINE_RETENTION_DAYS`: rows of runs, and logs of tasks."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline_lib.errors import ConfigError, FatalSourceError, Problem

SETTING = "PIPELINE_RETENTION_DAYS"
DATABASE_SETTING = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

TABLES = (
    "asset_event",
    "callback",
    "celery_taskmeta",
    "celery_tasksetmeta",
    "connection_test_request",
    "dag_run",
    "dag_version",
    "deadline",
    "import_error",
    "job",
    "log",
    "partitioned_asset_key_log",
    "revoked_token",
    "session",
    "task_instance",
    "task_instance_history",
    "task_reschedule",
    "task_state_store",
    "trigger",
    "xcom",
)
"""What is cleaned: all that Airflow can clean but the few rows of DAGs, and what Airflow 2 left.

PostgreSQL does not let go of a DAG with a run that never began, such as that of a project that was removed while it was
paused. Airflow would then fail each time, and leave other tables as they are.
"""

_MOST_DIGITS = 5
"""Nobody has runs from before the year 1753, and no date is before the year 1."""

_BLOCKED = (DATABASE_SETTING, "AIRFLOW__CORE__SQL_ALCHEMY_CONN")
"""What Airflow overwrites in the processes of tasks, so that no task reaches the database unintended."""


def retention_days() -> int | None:
    """How long to keep them; None if the setting is empty, and they stay for ever.

    Raises:
        ConfigError: The setting is no number of days.
    """
    written = os.environ.get(SETTING, "").strip()
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) <= _MOST_DIGITS and int(written) > 0):
        raise ConfigError(Problem(SETTING, "is not a number of days", "write one such as 180, or leave it empty"))
    return int(written)


def clean_database(before: datetime) -> None:
    """Removes runs that began before that from Airflow's database, finished or not; a DAG's last scheduled one stays.

    Raises:
        ConfigError: This machine does not say how the database is reached.
        FatalSourceError: Airflow could not.
    """
    if f"{DATABASE_SETTING}_CMD" not in os.environ:
        right = "set it to a command that prints the address, or run `airflow db clean` yourself, outside of Airflow"
        raise ConfigError(Problem(f"{DATABASE_SETTING}_CMD", "is not set, and a task is not told the address", right))
    environment = {name: value for name, value in os.environ.items() if name not in _BLOCKED}
    asked = ("--clean-before-timestamp", before.isoformat(), "--skip-archive", "--yes", "--error-on-cleanup-failure")
    command = (sys.executable, "-m", "airflow", "db", "clean", *asked, "--tables", ",".join(TABLES))
    # Its lines go to the log of the task.
    ended = subprocess.run(command, env=environment, check=False)  # noqa: S603 - Airflow's own command
    if ended.returncode:
        right = "its lines above say why; mend that, then clear this task, or leave it to the next run"
        raise FatalSourceError(Problem("Airflow's database", "could not be cleaned", right))


def remove_old_logs(folder: Path, before: datetime) -> int:
    """Remove the logs below a folder that nobody has written to since, and the folders that are empty then.

    Returns:
        How many files it has removed.
    """
    count = 0
    _, folder_names, file_names = next(os.walk(folder), ("", [], []))
    for path in map(folder.joinpath, folder_names):
        if path.is_symlink() or not os.access(path, os.R_OK):
            continue
        # Asked before, since what is removed from it makes it new. One that has just been made awaits its log.
        is_old = _is_older(path, before)
        count += remove_old_logs(path, before)
        if is_old and not any(path.iterdir()):
            path.rmdir()
    for path in map(folder.joinpath, file_names):
        if _is_older(path, before):
            path.unlink(missing_ok=True)
            count += 1
    return count


def _is_older(path: Path, before: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC) < before
    except FileNotFoundError:  # somebody else has removed it
        return False
