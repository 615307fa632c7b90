"""What an Airflow DAG run means here: its folder, the time it sees the world as of, and whether it publishes."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from croniter import croniter

from pipeline_lib.config.pipeline import Schedule
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.mode import Mode
from pipeline_lib.model.times import parse_instant

_AIRFLOWS_OWN = re.compile(r"\w+__\d{4}-\d\d-\d\dT[\d:.]+\+00:00(_\w+)?")
_UNFIT_FOR_A_FOLDER = re.compile(r"[^\w.+-]")


@dataclass(frozen=True)
class DagRun:
    """What Airflow knows about a DAG run, as far as the pipeline asks; the same for every try of every task."""

    run_id: str
    run_type: Literal["scheduled", "backfill", "manual"]
    """Whatever is neither scheduled nor a backfill counts as manual: a person or another system asked for it."""
    run_after: datetime
    logical_date: datetime | None = None
    data_interval_end: datetime | None = None
    params: Mapping[str, Any] | None = None
    triggered_by: str | None = None

    @property
    def has_own_interval(self) -> bool:
        """Whether the run stands for a data interval, rather than for the wish of a moment."""
        return self.run_type != "manual" and self.data_interval_end is not None

    @property
    def key(self) -> str:
        """Name of the run's folder: the data interval's end, or the run id where a person asked.

        So a scheduled run, its reruns and a backfill of its day share a folder, and no manual run ever takes it.
        """
        if self.has_own_interval and self.data_interval_end is not None:
            return self.data_interval_end.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        folder = _UNFIT_FOR_A_FOLDER.sub("", self.run_id).lstrip(".")
        if folder == self.run_id or _AIRFLOWS_OWN.fullmatch(self.run_id):
            return folder
        return f"{folder}-{hashlib.sha256(self.run_id.encode()).hexdigest()[:8]}"

    @property
    def as_of(self) -> datetime:
        """The time that the run sees the world as of, in UTC.

        The parameter, else the data interval's end, else the manual run's logical date, else when it was asked for.

        Raises:
            ConfigError: The parameter is no time.
        """
        asked = (self.params or {}).get("as_of")
        if asked is not None:
            try:
                return parse_instant(asked).astimezone(UTC)
            except ValueError as error:
                raise ConfigError(Problem("parameter as_of", str(error))) from None
        if self.has_own_interval and self.data_interval_end is not None:
            return self.data_interval_end.astimezone(UTC)
        return (self.logical_date or self.run_after).astimezone(UTC)


def mode_of(run: DagRun) -> Mode:
    """How much of the outputs the run makes: its parameter, else everything."""
    return Mode((run.params or {}).get("mode") or Mode.ALL)


def reason_not_to_publish(run: DagRun, schedule: Schedule | None, now: datetime) -> str | None:
    """Why a run leaves what others see as it is; nothing where it should publish."""
    asked = (run.params or {}).get("publish")
    if asked is not None:
        return None if asked else "the run's parameter publish says no"
    if run.run_type == "manual":
        return "a run that was started by hand publishes only with the parameter publish"
    if run.run_type == "backfill":
        return "a backfill computes the past and publishes it only with the parameter publish"
    if schedule is not None and run.data_interval_end is not None:
        newer = _next_tick(schedule, run.data_interval_end)
        if newer <= now:
            return f"a newer interval ended at {newer.astimezone(UTC):%Y-%m-%d %H:%M} UTC, and its run publishes"
    return None


def _next_tick(schedule: Schedule, after: datetime) -> datetime:
    tick: datetime = croniter(schedule.cron, after.astimezone(ZoneInfo(schedule.timezone))).get_next(datetime)
    return tick
