"""Chooses the archives to read for a flow (sources.md A.6).

The live listing has everything that the server has not archived and purged yet. So archives are read for runs that were
archived before the first listing, for runs that may have been archived since the last one, and for corrections of runs
that were read before: the archive was rewritten or rolled up, or it has the whole text of an answer of which the live
listing had only the matched part.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from pipeline_lib.sources.rapid_pro.archives import Archive
from pipeline_lib.sources.rapid_pro.flow_log import FlowState

ARCHIVING_MARGIN = timedelta(days=2)
"""How long before the end of the retention the server is assumed to archive."""

_A_DAY = timedelta(days=1)


class Chosen(NamedTuple):
    """An archive to read, and the archives in it that were read before."""

    archive: Archive
    instead_of: frozenset[str]


def missing_since(state: FlowState, *, created_on: datetime | None, now: datetime, retention: timedelta) -> date:
    """The first day whose runs may be in archives only; `date.max` if there is none.

    Args:
        state: How far the earlier fetches of the flow had come.
        created_on: When the flow was made: older archives cannot have runs of it.
        now: The end of the gap since the last listing.
        retention: How long the server keeps runs live.
    """
    if state.listed_until is None:
        return (created_on - _A_DAY).astimezone(UTC).date() if created_on else date.min
    if now - state.listed_until > retention - ARCHIVING_MARGIN:
        return (state.listed_until - _A_DAY).astimezone(UTC).date()
    return date.max


def archives_to_read(listed: Sequence[Archive], state: FlowState, missing_since: date) -> list[Chosen]:
    """The archives to read, oldest first.

    Args:
        listed: All run archives of the workspace.
        state: How far the fetch of the flow has come.
        missing_since: The first day whose runs may be in archives only.
    """
    months = {archive.start_date for archive in listed if archive.period == "monthly"}
    listed_keys = {archive.key for archive in listed}
    chosen = []
    for archive in sorted(listed, key=lambda archive: (archive.start_date, archive.period)):
        if archive.period == "daily" and archive.start_date.replace(day=1) in months:
            continue  # its month has an archive already, which contains it
        inside = frozenset(_read_days(archive, state.archives))
        read_hash = state.archives.get(archive.key)
        if read_hash == version(archive):
            continue
        is_wanted = (
            read_hash is not None  # it was rewritten
            or bool(inside - listed_keys)  # it was rolled up
            or (_end(archive) > missing_since and archive.record_count > 0)
            or any(archive.start_date <= day < _end(archive) for day in _uncertain_days(state))
        )
        if is_wanted:
            chosen.append(Chosen(archive, inside))
    return chosen


def version(archive: Archive) -> str:
    """A value that changes when an archive is rewritten; on some servers empty archives have no hash."""
    return archive.hash or "empty"


def _uncertain_days(state: FlowState) -> set[date]:
    return {day for part in state.parts for day in part.uncertain_days}


def _read_days(archive: Archive, read: Mapping[str, str]) -> list[str]:
    """Keys of the daily archives that were read before and are in a monthly archive."""
    if archive.period != "monthly":
        return []
    return [key for key in read if key.startswith(f"run|daily|{archive.start_date:%Y-%m}-")]


def _end(archive: Archive) -> date:
    if archive.period == "daily":
        return archive.start_date + timedelta(days=1)
    return (archive.start_date.replace(day=28) + timedelta(days=4)).replace(day=1)
