"""Which versions of the Graph API there are and until when, read on 2026-11-29 (sources.md D.4)."""

from datetime import date
from typing import NamedTuple


class Version(NamedTuple):
    """One version, served from its release to the day before its end."""

    name: str
    released_on: date
    ends_on: date | None


VERSIONS = (
    Version("v20.0", date(2024, 5, 21), date(2026, 9, 24)),
    Version("v21.0", date(2024, 10, 2), date(2027, 1, 21)),
    Version("v22.0", date(2025, 1, 21), date(2027, 5, 20)),
    Version("v23.0", date(2025, 5, 29), date(2027, 10, 8)),
    Version("v24.0", date(2025, 10, 8), date(2028, 2, 18)),
    Version("v25.0", date(2026, 2, 18), date(2028, 7, 29)),
    Version("v26.0", date(2026, 7, 29), date(2028, 11, 4)),
    Version("v27.0", date(2026, 11, 4), None),
)
"""Oldest first."""


def serving_version(asked: str | None, today: date) -> str:
    """The version that answers a request: the one asked for, or the oldest that there is."""
    served = [
        version.name
        for version in VERSIONS
        if version.released_on <= today and (version.ends_on is None or today < version.ends_on)
    ]
    return asked if asked in served else next(iter(served), VERSIONS[-1].name)
