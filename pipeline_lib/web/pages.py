"""The pages' templates, and the filters that format what they show."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline_lib.errors import counted
from pipeline_lib.model.times import in_zone

_UNKNOWN, _MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
_MEGABYTE = 1_000_000
_SPARK_WIDTH, _SPARK_HEIGHT = 100, 24


@cache
def environment() -> Environment:
    """The templates with the filters that they use; every value is escaped."""
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "ago": ago,
        "counted": counted,
        "day": day,
        "duration": duration,
        "instant": instant,
        "megabytes": lambda count: f"{count / _MEGABYTE:,.0f} MB",
        "number": lambda count: _UNKNOWN if count is None else f"{count:,}",
        "part": lambda text: quote(str(text), safe=""),
        "path": lambda text: quote(str(text), safe="/"),
        "signed": signed,
        "spark": spark,
    }
    return made


def static_file(name: str) -> bytes | None:
    """One of the files that all pages load; None if there is none of this name."""
    return files(__package__).joinpath("static", name).read_bytes() if name in {"style.css", "script.js"} else None


def instant(time: datetime | None, zone: str = "UTC") -> str:
    """A time as people read it, in a zone."""
    return f"{in_zone(time, zone):%-d %b %Y, %H:%M %Z}" if time is not None else _UNKNOWN


def day(time: datetime | str | None, zone: str = "UTC") -> str:
    """The day of a time, in a zone."""
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    return f"{in_zone(time, zone):%-d %b %Y}" if time is not None else _UNKNOWN


def ago(time: datetime | None, now: datetime) -> str:
    """How long ago a time was, roughly."""
    if time is None:
        return "never"
    minutes = int((now - time).total_seconds() // 60)
    if minutes < 0:
        return day(time)
    for size, noun in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        count = minutes // size
        if count:
            return f"{count:,} {noun}{'s' if count > 1 else ''} ago"
    return "just now"


def signed(count: int | None) -> str:
    """A difference as people read it."""
    if count is None:
        return _UNKNOWN
    return f"{count:+,}".replace("-", _MINUS) if count else "±0"


def duration(seconds: float) -> str:
    """A duration as people read it."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def spark(counts: Sequence[int]) -> str:
    """The points of a sparkline of counts, for a polyline in an SVG of 100 by 24."""
    if not counts:
        return ""
    low, span = min(counts), max(counts) - min(counts)
    step = _SPARK_WIDTH / max(len(counts) - 1, 1)
    inner = _SPARK_HEIGHT - 4
    heights = [2 + inner - ((count - low) / span * inner if span else inner / 2) for count in counts]
    return " ".join(f"{number * step:.1f},{height:.1f}" for number, height in enumerate(heights))


def context_of(root: str, **shown: Any) -> dict[str, Any]:
    """What a page's template gets: the path that all pages begin with, the time now, and what it shows."""
    return {"root": root, "now": datetime.now(UTC), **shown}
