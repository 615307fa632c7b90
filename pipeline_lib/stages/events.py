"""Reports what a run does, in the log and on the operations dashboard, without ever holding the run up."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline_lib.concurrency import call_within
from pipeline_lib.config import Project
from pipeline_lib.delivery.events import RUN_END, RUN_START, Event, State, line_of, name_of
from pipeline_lib.errors import PipelineError
from pipeline_lib.model.step_counts import Outcome, in_words
from pipeline_lib.stages.run_context import Run, noting_parts, summary_of
from pipeline_lib.storage.manifest import TaskManifest

logger = logging.getLogger(__name__)

_PLACE = "pipeline.json: OperationsDashboard.FirebaseCredentialsFileURL"

SETTING = "PIPELINE_DASHBOARD_SECONDS"
"""The environment variable for how many seconds a task waits for the dashboard."""
_USUAL_SECONDS = 10.0


@dataclass
class Dashboard:
    """The dashboard that a project's config names for its events."""

    credentials_url: str
    base: Path
    """The config's folder."""
    has_failed: bool = False
    """Set after a failure: this process then does not try again, so that it waits and warns only once."""


@dataclass(frozen=True)
class EventReporter:
    """Reports the events of one run."""

    pipeline_name: str
    run_id: str
    dashboard: Dashboard | None

    def report(self, *events: Event) -> None:
        """Logs the events, and writes them to the dashboard if there is one; a failure is one warning."""
        for event in events:
            logger.info("%s", line_of(event))
        if self.dashboard is not None and not self.dashboard.has_failed:
            wrong = _told_within(self.dashboard, events, most_seconds())
            if wrong is not None:
                self.dashboard.has_failed = True
                logger.warning("The operations dashboard does not get this run's events: %s", wrong)

    def start_event(self, at: datetime) -> Event:
        """The event of the run's start."""
        return Event(self.pipeline_name, self.run_id, at, RUN_START, State.START)

    def end_event(self, state: State, at: datetime, began: datetime | None, error: str | None = None) -> Event:
        """The event of the run's end, however it ended."""
        duration = round((at - began).total_seconds(), 3) if began is not None else None
        return Event(self.pipeline_name, self.run_id, at, RUN_END, state, duration_seconds=duration, error=error)

    @contextmanager
    def report_stage(
        self, stage: "Stage", *before: Event, skip: type[BaseException] | None = None
    ) -> Iterator[list[TaskManifest]]:
        """Reports that a stage starts, and how it ends; yields a list that then has its parts of the manifest.

        Args:
            stage: The stage.
            before: Events to report with its start.
            skip: The error by which a stage says that it is not needed.
        """

        def event(state: State, **known: Any) -> Event:
            of_stage = (name_of(stage.task), state, stage.task, stage.source, stage.attempt)
            return Event(
                self.pipeline_name, self.run_id, known.pop("at", None) or datetime.now(UTC), *of_stage, **known
            )

        self.report(*before, event(State.START, at=stage.started_at))
        began = time.monotonic()
        with noting_parts() as parts:
            try:
                yield parts
            except BaseException as error:
                duration = round(time.monotonic() - began, 3)
                if skip is not None and isinstance(error, skip):
                    self.report(event(State.SKIP, duration_seconds=duration))
                    logger.info("skipped: %s", error)
                else:
                    self.report(event(State.FAILURE, duration_seconds=duration, error=type(error).__name__))
                raise
        duration = round(time.monotonic() - began, 3)
        self.report(event(State.SUCCESS, duration_seconds=duration, counts=_counts(parts)))
        for line in (line for part in parts for line in summary_of(part)):
            logger.log(logging.WARNING if line.is_warning else logging.INFO, "%s", line)


@dataclass(frozen=True)
class Stage:
    """One try of one stage."""

    task: str
    source: int | None = None
    """Which of the sources, if the task is mapped over them."""
    attempt: int = 1
    started_at: datetime | None = None
    """When it started; None for now. If known, a start that is reported again is the same event."""


def most_seconds() -> float:
    """Time limit for reporting some events together, reading the key included; then the run goes on without them."""
    try:
        return max(float(os.environ.get(SETTING) or _USUAL_SECONDS), 0.0)
    except ValueError:
        return _USUAL_SECONDS


def dashboard_of(project: Project) -> Dashboard | None:
    """The dashboard for the project's events; None if its config names none."""
    settings = project.config.operations_dashboard
    if settings is None:
        return None
    return Dashboard(settings.firebase_credentials_file_url.get_secret_value(), project.folder)


@contextmanager
def report_run(run: Run) -> Iterator[EventReporter]:
    """Reports the start and the end of a run whose stages follow each other in this process."""
    reporter = EventReporter(run.project.config.pipeline_name, run.key, dashboard_of(run.project))
    began = datetime.now(UTC)
    reporter.report(reporter.start_event(began))
    try:
        yield reporter
    except BaseException as error:
        reporter.report(reporter.end_event(State.FAILURE, datetime.now(UTC), began, type(error).__name__))
        raise
    reporter.report(reporter.end_event(State.SUCCESS, datetime.now(UTC), began))


def _counts(parts: Sequence[TaskManifest]) -> dict[str, int]:
    """What the stage counted, from its part of the run's manifest."""
    counts = [count for part in parts for count in part.counts]
    lost = (Outcome.DROPPED, Outcome.QUARANTINED)
    sums = {outcome.value: sum(each.count for each in counts if each.outcome is outcome) for outcome in lost}
    return in_words(each for each in counts if each.outcome not in lost) | {of: n for of, n in sums.items() if n}


def _told_within(dashboard: Dashboard, events: Sequence[Event], seconds: float) -> str | None:
    """Writes the events to the dashboard and returns why that failed; None if it did not.

    It does so in a thread of its own: reading a remote key, or getting a token from Google, can take much longer.
    """
    # Most projects have no dashboard and need not import Google's libraries; the import is not part of the time limit.
    from pipeline_lib.delivery.event_writer import write_events  # noqa: PLC0415
    from pipeline_lib.stages.firestore_clients import firestore_client  # noqa: PLC0415

    def tell() -> None:
        client = firestore_client(dashboard.credentials_url, dashboard.base, _PLACE)
        try:
            write_events(client, events, seconds)
        finally:
            client.close()  # type: ignore[no-untyped-call]

    try:
        return call_within(seconds, lambda: _why_not(tell))
    except TimeoutError:
        return f"it does not answer within {seconds:g} seconds"


def _why_not(tell: Callable[[], None]) -> str | None:
    try:
        tell()
    except PipelineError as error:
        return " ".join(str(error).split())
    except Exception as error:  # noqa: BLE001 - whatever it is, it may quote the key, and must not end the run
        return f"it failed with {type(error).__name__}"
    return None
