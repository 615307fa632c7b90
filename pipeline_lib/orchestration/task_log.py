"""The end of a task's log: our own errors as their sentences, without the stack frames of Airflow and our code."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from pipeline_lib.errors import PipelineError

_LOG = logging.getLogger(__name__)


@contextmanager
def log_sentences() -> Iterator[None]:
    """Has Airflow log our own errors in the block as their sentences; the stack frames are logged as DEBUG."""
    try:
        yield
    except PipelineError as error:
        # Only the frames: the error that caused it may quote what was being read.
        _LOG.debug("Where it was raised:\n%s", "".join(traceback.format_tb(error.__traceback__)))
        processors = structlog.get_config()["processors"]
        if _sentences not in processors:
            # In place, as structlog's own capture_logs does: the task's logger exists already, and keeps this list.
            processors.insert(0, _sentences)
        raise


def _sentences(_logger: Any, _method: str, event: Any) -> Any:
    """Replaces Airflow's message about an error, and its traceback, by the error's sentences."""
    given = event.get("exc_info")
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else None
    if isinstance(error, PipelineError):
        del event["exc_info"]
        event["event"] = f"{type(error).__name__}: {error}"
    return event
