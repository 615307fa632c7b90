"""Copied to the homes of workers and of the DAG processor, where each of their processes imports it.

It kills once at each step that a test names: the task's process as it reads, writes, makes or renames that path, or the
whole worker with all its processes. A retry comes soon, so that the test need not wait minutes for it.
"""

import json
import os
import re
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

__all__ = ["task_policy"]

_KILLS = json.loads(os.environ["TEST_KILLS"])
"""By the task: the pattern of its step, such as `write .*/messages.csv`, and what dies: `task` or `worker`."""
_FOLDER = Path(os.environ["TEST_KILLS_FOLDER"])
"""Nothing is killed before this is there; then it has a file for each task that was killed."""
_VERBS = {"os.mkdir": "make", "os.rename": "rename"}


def task_policy(task: Any) -> None:
    """Airflow's hook for a site's own rules: here, not to wait long before a retry."""
    task.retry_delay = timedelta(seconds=1)
    task.retry_exponential_backoff = 0


def _die_here(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        verb = "write" if (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR) else "read"
    elif event in _VERBS:
        verb = _VERBS[event]
    else:
        return
    step = f"{verb} {arguments[0]}"
    task = os.environ.get("AIRFLOW_CTX_TASK_ID", "")
    pattern, victim = _KILLS.get(task, ("", ""))
    if pattern and re.fullmatch(pattern, step) and _is_first(task):
        if victim == "worker":
            _kill_others_of_session()
        os.kill(os.getpid(), signal.SIGKILL)


def _is_first(task: str) -> bool:
    try:
        os.close(os.open(_FOLDER / task, os.O_CREAT | os.O_EXCL))
    except (FileExistsError, FileNotFoundError):
        return False
    return True


def _kill_others_of_session() -> None:
    """What the end of a container does: a worker's first process leads the session that all its processes are in."""
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.Error):
            if process.pid != os.getpid() and os.getsid(process.pid) == os.getsid(0):
                process.kill()


sys.addaudithook(_die_here)
