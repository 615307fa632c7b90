"""Versions of Meta's Graph API and when they end: data that Meta changes, with the day on which it was read.

Meta's pages disagree by language, and a version is served for about two years. To a request for a version that has
ended, Meta answers as the oldest one that is left does, without a word: its answers can change overnight.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

CHECKED_ON = date(2026, 11, 29)
"""When the table was compared with Meta's changelog and its page of versions."""

DEFAULT_VERSION = "v26.0"

VERSION_ENDS: Mapping[str, date | None] = MappingProxyType({
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": date(2028, 11, 4),  # two years after the next one came; Meta has named no day yet
    "v27.0": None,  # the newest
})  # fmt: skip
"""The first day on which a version is not served any more; None where nobody knows yet."""

WARNED_AHEAD = timedelta(days=90)


def version_remark(version: str, today: date) -> tuple[str, str] | None:
    """What is wrong with a version on a day, and what would be right; None where nothing is wrong."""
    newest = max(VERSION_ENDS, key=lambda known: float(known[1:]))
    right = f"try another, such as {newest}, and correct APIVersion"
    if version not in VERSION_ENDS:
        return f"{version} is not in the table of {CHECKED_ON}, so its end is unknown", right
    end = VERSION_ENDS[version]
    if end is None or today < end - WARNED_AHEAD:
        return None
    if today >= end:
        return f"{version} ended on {end}: Meta answers as another version does", right
    return f"{version} ends on {end}, in {(end - today).days} days", right
