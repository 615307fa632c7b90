"""Nights that did not happen or are late, and projects that are paused."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline_lib.errors import Problem
from pipeline_lib.orchestration.nights import Found, Interval, look_at, look_at_removed
from pipeline_lib.orchestration.plan import Plan, PlannedSchedule
from pipeline_lib.orchestration.projects import ProjectFolder

NIGHTLY = PlannedSchedule(cron="0 23 * * *", timezone="UTC", start_date=datetime(2026, 1, 1, tzinfo=UTC))
MOST = timedelta(hours=6)


@dataclass
class Asked:
    """An Airflow that knows this."""

    unknown: bool = False
    paused: bool = False
    begun: Collection[datetime] = field(default_factory=list)
    finished: Collection[datetime] = field(default_factory=list)
    under_way: bool = False
    covered_until: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    """To where the interval of its newest run reaches."""

    def is_paused(self, dag_id: str) -> bool | None:
        assert dag_id == "water"
        return None if self.unknown else self.paused

    def has_run(self, dag_id: str, logical_date: datetime, *, finished: bool) -> bool:
        assert dag_id == "water"
        return logical_date in (self.finished if finished else (*self.begun, *self.finished))

    def is_covered(self, dag_id: str, moment: datetime) -> bool:
        assert dag_id == "water"
        return self.covered_until >= moment

    def is_under_way(self, dag_id: str) -> bool:
        assert dag_id == "water"
        return self.under_way


def water(*, schedule: PlannedSchedule | None = NIGHTLY, problems: tuple[Problem, ...] = ()) -> ProjectFolder:
    plan = Plan(pipeline_name="water", description="", sources=(), schedule=schedule, data_root="file:///data")
    usable = None if problems else plan
    return ProjectFolder("water", Path("/configs/water/pipeline.json"), usable, problems, plan, schedule, ())


def at_eleven(_: PlannedSchedule, moment: datetime) -> Interval:
    """The schedule, by hand."""
    end = moment.replace(hour=23, minute=0, second=0)
    end = end if end <= moment else end - timedelta(days=1)
    return Interval(end - timedelta(days=1), end)


def look(folder: ProjectFolder, airflow: Asked, end: datetime, hours: int = 1) -> list[Found]:
    return list(look_at([folder], Interval(end - timedelta(hours=hours), end), airflow, at_eleven))


NIGHT = datetime(2026, 1, 9, 23, tzinfo=UTC)
"""Its run's interval begins then, and its run a day later; six hours after that, at five, is its deadline."""
FIVE = datetime(2026, 1, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("airflow", "kinds"),
    [
        (Asked(finished=[NIGHT]), []),
        (Asked(begun=[NIGHT]), ["deadline"]),
        (Asked(finished=[NIGHT - timedelta(days=1)]), ["missed"]),
        (Asked(unknown=True), ["missed"]),
        (Asked(paused=True), []),
    ],
)
def test_a_night_that_is_not_done_in_time_is_told(airflow: Asked, kinds: list[str]) -> None:
    assert [found.kind for found in look(water(), airflow, FIVE)] == kinds


@pytest.mark.parametrize(
    ("end", "hours", "is_told"),
    [
        (FIVE - timedelta(minutes=1), 1, False),
        (FIVE, 1, True),
        (FIVE + timedelta(minutes=59), 1, True),
        (FIVE + timedelta(hours=1), 1, False),
        (FIVE + timedelta(hours=9), 10, True),
    ],
)
def test_it_is_told_by_the_first_look_after_its_deadline_and_by_no_other(
    end: datetime, hours: int, is_told: bool
) -> None:
    kinds = [found.kind for found in look(water(), Asked(), end, hours)]
    assert kinds == ["missed"] * is_told


def test_what_is_told_says_which_night_and_what_to_do() -> None:
    (found,) = look(water(), Asked(), FIVE)
    assert found.summary == "a night did not happen"
    assert str(found.problems[0]) == (
        "the run of 09 January 2026 23:00 to 10 January 23:00 (UTC): has not begun 6 hours after it was due; check "
        "whether Airflow's scheduler and DAG processor are running, and the project is in its list; then backfill "
        "what is missing"
    )


def test_after_an_outage_all_nights_that_did_not_happen_are_told_in_one_notice() -> None:
    days = [NIGHT - timedelta(days=day) for day in range(4)]
    (found,) = look(water(), Asked(finished=[days[1]]), FIVE, hours=4 * 24)
    assert (found.kind, found.summary) == ("missed", "3 nights did not happen")
    assert str(found.problems[0]).startswith(
        "the run of 06 January 2026 23:00 to 07 January 23:00, of 07 January 2026 23:00 to 08 January 23:00, of 09 "
        "January 2026 23:00 to 10 January 23:00 (UTC): has not begun 6 hours after it was due; "
    )


def test_of_very_many_nights_the_first_are_named() -> None:
    def every_minute(_: PlannedSchedule, moment: datetime) -> Interval:
        end = moment.replace(second=0)
        return Interval(end - timedelta(minutes=1), end)

    since = Interval(FIVE - timedelta(days=7), FIVE)
    (found,) = look_at([water()], since, Asked(finished=[NIGHT]), every_minute)
    assert found.summary == "50 nights did not happen"
    assert " and of 43 more (UTC): has not begun" in str(found.problems[0])


def test_a_night_that_another_run_holds_up_is_told_so() -> None:
    (found,) = look(water(), Asked(under_way=True), FIVE)
    assert str(found.problems[0]) == (
        "the run of 09 January 2026 23:00 to 10 January 23:00 (UTC): has not begun 6 hours after it was due; a run of "
        "the project is under way, and beside backfills there is only one at a time: see which of its tasks is under "
        "way or waits, or mark it as failed; then backfill what is still missing"
    )


def test_a_night_that_ran_by_the_schedule_of_before_was_not_missed() -> None:
    changed_from_two_o_clock = Asked(covered_until=NIGHT + timedelta(days=1, hours=3))
    assert look(water(), changed_from_two_o_clock, FIVE) == []


def test_before_its_first_night_a_project_has_missed_none() -> None:
    later = NIGHTLY.model_copy(update={"start_date": NIGHT + timedelta(hours=1)})
    assert look(water(schedule=later), Asked(), FIVE) == []
    assert look(water(schedule=None), Asked(), FIVE) == []


@pytest.mark.parametrize(
    ("schedule", "does"),
    [(NIGHTLY, "no night of it is run"), (None, "a run that is started by hand waits for ever")],
)
def test_a_paused_project_is_told_every_morning(schedule: PlannedSchedule | None, does: str) -> None:
    four = datetime(2026, 1, 11, 4, tzinfo=UTC)
    (found,) = look(water(schedule=schedule), Asked(paused=True), four)
    assert (found.kind, found.problems[0].wrong) == ("paused", f"is configured, but paused: {does}")
    assert look(water(schedule=schedule), Asked(paused=True), four + timedelta(hours=1)) == []
    assert look(water(schedule=schedule), Asked(finished=[NIGHT]), four) == []


def test_a_config_that_cannot_be_used_is_told_every_morning() -> None:
    broken = water(problems=(Problem("water/pipeline.json: Shedule", "is no key"),))
    night = Asked(finished=[NIGHT])
    four = datetime(2026, 1, 11, 4, tzinfo=UTC)
    (found,) = look(broken, night, four)
    assert (found.kind, found.problems) == ("config", broken.problems)
    assert look(broken, night, four - timedelta(minutes=1)) == []


def test_a_run_that_stands_still_since_its_project_was_removed_is_told_every_morning() -> None:
    four = Interval(datetime(2026, 1, 11, 3, tzinfo=UTC), datetime(2026, 1, 11, 4, tzinfo=UTC))
    (found,) = look_at_removed([water()], four, Asked(under_way=True))
    assert (found.kind, found.summary) == ("deadline", "a run stands still")
    assert str(found.problems[0]) == (
        "water: was removed from the configs while a run of it was under way, which now stands still; put its folder "
        "back until the run has ended; or, if nobody needs it, mark it as failed in Airflow"
    )
    assert list(look_at_removed([water()], four, Asked())) == []
    five = Interval(four.end, four.end + timedelta(hours=1))
    assert list(look_at_removed([water()], five, Asked(under_way=True))) == []


@pytest.mark.parametrize("hours", [24, 40])
def test_a_look_over_a_day_or_more_has_a_morning_in_it(hours: int) -> None:
    end = datetime(2026, 1, 11, 3, tzinfo=UTC)
    assert Interval(end - timedelta(hours=hours), end).has_morning
