"""Files of groups, in which some of the people are, somebody twice, and somebody whom nobody knows."""

import csv
from collections.abc import Collection
from pathlib import Path
from random import Random

from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.model.groups import Group, GroupFilter

_SHARE_OF_EVERYBODY = 0.3
_NOBODY = "avf-phone-uuid-00000000-0000-4000-8000-000000000000"

Members = dict[str, list[str]]
"""The participant uuids in each file, by its name."""


def write_groups(plans: CodingPlans, people: Collection[str], raw_data: Path, rng: Random) -> Members:
    """Writes the files of all groups into the folder of raw data."""
    columns = {name: group.participant_column for group in plans.groups for name in group.files}
    members: Members = {}
    for name, column in columns.items():
        some = rng.sample(sorted(people), int(len(people) * _SHARE_OF_EVERYBODY))
        members[name] = [*some, *some[:1], _NOBODY]
        with (raw_data / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([[column], *([uid] for uid in members[name])])
    return members


def outside_groups(plans: CodingPlans, people: Collection[str], members: Members) -> set[str]:
    """The people whom the groups' filters leave out."""

    def people_of(filter_: GroupFilter) -> set[str]:
        groups: list[Group] = [group for group in plans.groups if group.filter is filter_]
        return {uid for group in groups for name in group.files for uid in members[name]}

    keeps_only = any(group.filter is GroupFilter.KEEP_ONLY for group in plans.groups)
    others = set(people) - people_of(GroupFilter.KEEP_ONLY) if keeps_only else set[str]()
    return others | people_of(GroupFilter.LEAVE_OUT)
