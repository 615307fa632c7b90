"""Channels that a message would come by at the same time, times that no message has, and names that others have."""

from collections.abc import Iterator

from pipeline_lib.config.checks.datasets import OWN_FRAME_COLUMNS
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.name_rules import normal
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.resolved_groups import resolved_groups


def findings(read: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Time ranges of channels that overlap, names that are taken: errors; ranges outside the project's dates: warnings.

    `columns` compares the names with those of datasets.
    """
    config = read.model
    if config is None or config.channels is None:
        return
    taken = {normal(name): "a column of every frame of the analysis" for name in OWN_FRAME_COLUMNS}
    if plans.model is not None:
        taken |= {normal(group.column): "a group" for group in resolved_groups(config, plans.model)}
    for key in config.channels.as_columns().keys:
        if normal(key) in taken:
            yield error(read.file.at("Channels"), f'"{key}" is already {taken[normal(key)]}', "choose another Key")
    ranges = [
        (each, read.file.at("Channels", "Channels", number, "Ranges", index))
        for number, channel in enumerate(config.channels.channels)
        for index, each in enumerate(channel.ranges)
    ]
    # By start: if any two overlap, so does one with the latest end among those that start before it.
    ranges.sort(key=lambda pair: pair[0].range_start_inclusive)
    latest = None
    for each, place in ranges:
        if latest is not None and each.range_start_inclusive < latest[0].range_end_exclusive:
            earlier = latest[1].split(": ", 1)[-1]
            right = "let one end when the other starts"
            yield error(place, f"overlaps {earlier}, so that a message came by both", right)
        if latest is None or each.range_end_exclusive > latest[0].range_end_exclusive:
            latest = (each, place)
    weeks = [
        (each, read.file.at("Channels", "Weeks", number, "Ranges", index))
        for number, week in enumerate(config.channels.weeks)
        for index, each in enumerate(week.ranges)
    ]
    for each, place in (*ranges, *weeks):
        if each.range_end_exclusive <= config.starts_at or each.range_start_inclusive > config.ends_at:
            wrong = "lies outside ProjectStartDate to ProjectEndDate, so that it holds no message"
            yield warning(place, wrong, "correct it, or leave it out")
