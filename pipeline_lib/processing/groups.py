"""Who is in which group, by the files of their participant uuids (semantics.md 15)."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import read_data
from pipeline_lib.model.deidentified import holds_address, is_participant
from pipeline_lib.model.groups import Group, GroupFilter
from pipeline_lib.model.step_counts import StepCount

STEP = "read_groups"

OUTSIDE_GROUPS = "outside_groups"
"""Why messages are dropped of people whom a group's filter leaves out."""


class Members(NamedTuple):
    """The people of all groups."""

    by_column: Mapping[str, pl.Series]
    """Participant uuids, each once, by the group's column."""
    counts: tuple[StepCount, ...] = ()


NO_GROUPS = Members({})


def read_groups(groups: Sequence[Group], files: Mapping[str, Path], *, checks_participants: bool) -> Members:
    """The people of the groups.

    Args:
        groups: The groups.
        files: Their files in the raw data, by name.
        checks_participants: Whether every one must be a participant uuid, as a project's always are.

    Raises:
        DataError: Files lack their column, or somebody's number or address stands where a uuid should.
    """
    columns = {name: group.participant_column for group in groups for name in group.files}
    problems: list[Problem] = []
    read: dict[str, pl.Series] = {}
    counts: list[StepCount] = []
    for name, column in columns.items():
        try:
            listed = _listed(files[name], column, checks_participants=checks_participants)
        except DataError as error:
            problems.extend(error.problems)
            continue
        read[name] = listed.unique(maintain_order=True)
        if repeated := listed.len() - read[name].len():
            counts.append(StepCount(step=STEP, measure="repeated_members", file=name, count=repeated))
    if problems:
        raise DataError(*problems)
    nobody = pl.Series("uid", [], dtype=pl.String)
    members = {
        group.column: pl.concat([nobody, *(read[name] for name in group.files)]).unique(maintain_order=True)
        for group in groups
    }
    return Members(members, tuple(counts))


def member_counts(members: Members, senders: pl.Series) -> Iterator[StepCount]:
    """How many people are in each group, and how many of them are not among those who sent a message."""
    yield from members.counts
    for column, uids in members.by_column.items():
        unknown = uids.filter(~uids.is_in(senders.unique().implode())).len()
        yield StepCount(step=STEP, measure="members", kind=column, count=uids.len())
        if unknown:
            yield StepCount(step=STEP, measure="members_without_message", kind=column, count=unknown)


def memberships(participants: pl.Series, members: Members) -> pl.DataFrame:
    """A row per participant, in their order, and a Boolean column per group."""
    columns = [participants.is_in(uids.implode()).alias(column) for column, uids in members.by_column.items()]
    return pl.DataFrame(columns) if columns else pl.DataFrame(height=participants.len())


def is_left_in(groups: Sequence[Group], members: Members) -> pl.Expr | None:
    """Whether a row is of somebody whom the groups' filters leave in; None if no group has a filter."""

    def people(group_filter: GroupFilter) -> list[pl.Series]:
        return [members.by_column[group.column] for group in groups if group.filter is group_filter]

    kept, left_out = people(GroupFilter.KEEP_ONLY), people(GroupFilter.LEAVE_OUT)
    if not kept and not left_out:
        return None
    uid = pl.col("uid")
    is_kept = uid.is_in(pl.concat(kept).implode()) if kept else pl.lit(value=True)
    return is_kept & ~uid.is_in(pl.concat(left_out).implode()) if left_out else is_kept


def _listed(path: Path, column: str, *, checks_participants: bool) -> pl.Series:
    """The participant uuids of a file, in its order, repeats included."""
    try:
        text = read_data(path).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise DataError(Problem(str(path), "is no CSV file in UTF-8", 'save it as "CSV UTF-8"')) from None
    header = [name.strip() for name in rows[0]] if rows else []
    if column not in header:
        # The names that are there are not quoted: in a file without a header they would be somebody's.
        raise DataError(Problem(str(path), f'has no column "{column}"', "the first line names the columns"))
    place = header.index(column)
    cells = [(number, row[place].strip()) for number, row in enumerate(rows[1:], start=2) if len(row) > place]
    listed = [(number, cell) for number, cell in cells if cell]
    if checks_participants:
        wrong = [number for number, cell in listed if not is_participant(cell)]
        if wrong:
            holds_number = any(holds_address(cell) for _, cell in listed)
            what = "somebody's number or address" if holds_number else "something that is no participant uuid"
            problem = f"has {what} in {len(wrong)} rows, the first is row {wrong[0]}"
            raise DataError(Problem(str(path), problem, "list participant uuids alone"))
    return pl.Series("uid", [cell for _, cell in listed], dtype=pl.String)
