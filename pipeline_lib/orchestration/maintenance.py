"""Removes what Airflow itself leaves behind after `PIPELINE_RETENTION_DAYS`: rows of runs, and logs of tasks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline_lib.errors import ConfigError, FatalSourceError, Problem

SETTING = "PIPELINE_RETENTION_DAYS"
DATABASE_SETTING = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

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
    """Removes what ended before that from Airflow's database, except unfinished runs and each DAG's last scheduled run.

    Raises:
        ConfigError: This machine does not say how the database is reached.
        FatalSourceError: Airflow could not.
    """
    if f"{DATABASE_SETTING}_CMD" not in os.environ:
        right = "set it to a command that prints the address, or run `airflow db clean` yourself, outside of Airflow"
        raise ConfigError(Problem(f"{DATABASE_SETTING}_CMD", "is not set, and a task is not told the address", right))
    environment = {name: value for name, value in os.environ.items() if name not in _BLOCKED}
    asked = ("--clean-before-timestamp", before.isoformat(), "--skip-archive", "--yes", "--error-on-cleanup-failure")
    command = (sys.executable, "-m", "airflow", "db", "clean", *asked)
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
    for parent, file_names in _bottom_up(folder):
        for name in file_names:
            path = parent / name
            if _is_older(path, before):
                path.unlink(missing_ok=True)
                count += 1
        # A folder that has just been made is empty because its log is about to begin.
        if parent != folder and _is_older(parent, before) and not any(parent.iterdir()):
            parent.rmdir()
    return count


def _bottom_up(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    for parent, _folders, file_names in os.walk(folder, topdown=False):
        yield Path(parent), file_names


def _is_older(path: Path, before: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC) < before
    except FileNotFoundError:  # somebody else has removed it
        return False
