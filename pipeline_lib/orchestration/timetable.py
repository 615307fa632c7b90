"""The timetable of a project's schedule."""

from functools import lru_cache
from typing import Any

from airflow.plugins_manager import get_timetables_plugins
from airflow.sdk import CronDataIntervalTimetable
from airflow.timetables.base import Timetable
from airflow.timetables.interval import CronDataIntervalTimetable as DecodedTimetable

from pipeline_lib.orchestration.plan import PlannedSchedule


class SharedCronTimetable(DecodedTimetable):  # type: ignore[misc]  # Airflow has no types here
    """Airflow's timetable of data intervals by a cron expression; a process keeps one for all DAGs that have the same.

    Airflow decodes a DAG's timetable 17 times at each look, and describes its expression in words each time. The plugin
    registers this one, as Airflow wants of timetables that are not its own.
    """

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        """The timetable that Airflow has kept with a DAG."""
        return cls._decoded(data["expression"], data["timezone"])

    @classmethod
    @lru_cache(maxsize=1024)
    def _decoded(cls, expression: str, timezone: str | int) -> Timetable:
        return super().deserialize({"expression": expression, "timezone": timezone})


def timetable_of(schedule: PlannedSchedule) -> CronDataIntervalTimetable | Timetable:
    """The timetable of a schedule: Airflow's own where the plugin is not loaded, since no DAG could be read there."""
    if f"{__name__}.{SharedCronTimetable.__qualname__}" not in get_timetables_plugins():
        return CronDataIntervalTimetable(schedule.cron, timezone=schedule.timezone)
    return SharedCronTimetable.deserialize({"expression": schedule.cron, "timezone": schedule.timezone})
