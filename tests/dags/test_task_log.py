"""How a task's log ends."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline_lib.errors import DataError, PipelineError, Problem

Nights = Any  # conftest.py has it; test modules are not imported

WRONG = (Problem("demog.csv: line 7", "has no time"), Problem("demog.csv: line 9", "has no text", "add one"))


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """What Airflow's task runner writes: its own logger, configured as in a task's process."""
    import structlog  # noqa: PLC0415 - after conftest's settings
    from airflow.sdk._shared.logging.structlog import structlog_processors  # noqa: PLC0415

    before = structlog.get_config()
    shared, _, final = structlog_processors(json_output=True)
    written = io.BytesIO()
    structlog.configure(processors=[*shared, final], logger_factory=structlog.BytesLoggerFactory(written))
    yield written
    structlog.configure(**before)


def fail(error: Exception) -> None:
    raise error


def end_of_task(error: Exception) -> None:
    """What Airflow's task runner does with an error."""
    import structlog  # noqa: PLC0415

    from pipeline_lib.orchestration.task_log import log_sentences  # noqa: PLC0415

    runner = structlog.get_logger("task").bind()  # made, with its processors, before the task runs
    try:
        with log_sentences():
            fail(error)
    except (KeyError, PipelineError):
        runner.exception("Task failed with exception")


def entries(log: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_deliberate_error_is_its_sentences_and_no_frames(log: io.BytesIO) -> None:
    for _ in range(2):
        end_of_task(DataError(*WRONG))
    told = [(entry["level"], entry["event"], "exception" in entry) for entry in entries(log)]
    sentences = "DataError: demog.csv: line 7: has no time\ndemog.csv: line 9: has no text; add one"
    assert told == [("error", sentences, False)] * 2


def test_a_defect_keeps_its_frames(log: io.BytesIO) -> None:
    end_of_task(DataError(*WRONG))
    end_of_task(KeyError("column"))
    defect = entries(log)[-1]
    assert defect["event"] == "Task failed with exception"
    assert defect["exception"][0]["frames"]


def logged(name: str) -> tuple[logging.Logger, list[tuple[int, str]]]:
    """What a logger logs from now on. By a handler of its own: Airflow, when it is imported, takes pytest's away."""
    lines: list[tuple[int, str]] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append((record.levelno, record.getMessage()))  # type: ignore[method-assign]
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    return logger, lines


def test_frames_are_there_for_debugging_without_what_was_raised_before() -> None:
    from pipeline_lib.orchestration.task_log import log_sentences  # noqa: PLC0415

    _, lines = logged("pipeline_lib.orchestration.task_log")
    error = DataError(*WRONG)
    error.__cause__ = ValueError("what a participant wrote")
    with pytest.raises(PipelineError), log_sentences():
        fail(error)
    ((level, told),) = lines
    assert level == logging.DEBUG
    assert "test_task_log.py" in told
    assert "participant" not in told


def test_a_task_ends_with_what_it_has_done_and_a_skipped_one_with_why(nights: Nights) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415

    context = nights.context(conf={"publish": False})
    _, lines = logged("pipeline_lib.stages.events")
    nights.task("fetch", context, source="1 RecoveryCSV: toy_recovered")
    assert (logging.INFO, "        1  toy_recovered: records") in lines
    with pytest.raises(AirflowSkipException):
        nights.task("coda_push", context, process="file:///outputs")
    assert lines[-1] == (logging.INFO, "skipped: not published: the run's parameter publish says no")
