"""When things happen in the invented world: one week of September 2025, two shows, and what came before and after."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sandbox.dice import happens

if TYPE_CHECKING:
    from random import Random

EAT = timezone(timedelta(hours=3))
"""Mogadishu, which has no summer time."""

PROJECT_START_AT = datetime(2025, 9, 6, tzinfo=EAT)
PROJECT_END_AT = datetime(2025, 9, 14, tzinfo=EAT)
"""As `ProjectStartDate` and `ProjectEndDate` of the demo's config say."""

SECOND_SHOW_AT = datetime(2025, 9, 10, 8, tzinfo=EAT)
"""From then on a recovered message belongs to the second episode."""

_PROMOTION, _PILOT, _AFTERWARDS = datetime(2025, 9, 4, tzinfo=EAT), datetime(2025, 5, 12, tzinfo=EAT), PROJECT_END_AT
_SHARES_BY_DAY = {
    "s01e01_water": (12, 30, 20, 12, 8, 5, 3, 2),
    "s01e02_health": (0, 0, 0, 0, 35, 28, 20, 12),
}
_SHARES_BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 6, 7, 6, 5, 5, 6, 5, 5, 6, 14, 18, 16, 12, 10, 8, 6, 4)


def message_time(rng: "Random", episode: str) -> datetime:
    """When a message to an episode was sent: seldom before the project's start (the first episode) or after its end."""
    if episode == "s01e01_water" and happens(rng, 0.02):
        return _moment(rng, _PROMOTION + timedelta(days=rng.randint(0, 1)))
    if happens(rng, 0.01):
        return _moment(rng, _AFTERWARDS + timedelta(days=rng.randint(0, 1)))
    shares = _SHARES_BY_DAY[episode]
    (day,) = rng.choices(range(len(shares)), weights=shares)
    return _moment(rng, PROJECT_START_AT + timedelta(days=day))


def pilot_time(rng: "Random") -> datetime:
    """When somebody answered the survey of the pilot, months earlier."""
    return _moment(rng, _PILOT + timedelta(days=rng.randint(0, 9)))


def recovered_time(rng: "Random") -> datetime:
    """When an operator took a message that it delivered to nobody; whole seconds, Mogadishu's time."""
    day = rng.choice((-1, 1, 2, 2, 3, 4, 5, 5, 6, 8) if happens(rng, 0.5) else (1, 4))
    return _moment(rng, PROJECT_START_AT + timedelta(days=day)).astimezone(EAT).replace(microsecond=0)


def soon_after(rng: "Random", instant: datetime) -> datetime:
    """Some minutes later: the time between one question and its answer."""
    return instant + timedelta(seconds=rng.randint(20, 900), microseconds=rng.randrange(1_000_000))


def nightly_run_after(instant: datetime) -> datetime:
    """The next two o'clock at night in Mogadishu, when the pipeline has its run."""
    local = instant.astimezone(EAT)
    tonight = local.replace(hour=2, minute=0, second=0, microsecond=0)
    return (tonight if local < tonight else tonight + timedelta(days=1)).astimezone(UTC)


def _moment(rng: "Random", day: datetime) -> datetime:
    (hour,) = rng.choices(range(24), weights=_SHARES_BY_HOUR)
    within = timedelta(hours=hour, seconds=rng.randrange(3600), microseconds=rng.randrange(1_000_000))
    return (day + within).astimezone(UTC)
