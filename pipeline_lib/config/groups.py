"""`Groups` of a `pipeline.json`, and the keys by which the predecessors' coding plans say the same."""

from typing import Literal

from pydantic import Field

from pipeline_lib.config.name_rules import Column
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.groups import GroupFilter

PARTICIPANT_COLUMN = "avf-phone-uuid"
"""What the predecessors' files call the column of participant uuids."""

DATASET_NAME = "{DatasetName}"
"""Stands for the name of a research question's dataset."""


class GroupEntry(Frozen):
    """People who belong together, such as a listening group; a column of the CSVs says True or False."""

    name: Column
    """Name of the column, and of the breakdown in the analysis."""
    file_urls: tuple[str, ...] = Field(min_length=1)
    """CSV files of its people, one a row: URLs, or paths relative to the config. Whoever is in one of them is in the
    group."""
    participant_column: str = Field(default=PARTICIPANT_COLUMN, min_length=1)
    """Column of the files that has the participant uuids. Other columns are not kept."""
    for_research_questions: tuple[str, ...] = ()
    """DatasetNames of the research questions whose themes are broken down by the group. Default: all."""
    filter: GroupFilter | None = None
    """`keep_only`: only people of this group, and of others that say so, are in the outputs. `leave_out`: they are in
    none. Default: everybody stays."""


class GroupOfAllQuestions(Frozen):
    """A group that belongs to no single research question."""

    file: str = Field(min_length=1)
    """Name of its file: what one of the URLs ends in."""
    column: Column
    """Name of its column."""


class GroupColumns(Frozen):
    """Which columns the files become that a config lists under a key of the predecessors.

    A new project writes `Groups` in its `pipeline.json` instead.
    """

    urls_key: Literal["ListeningGroupCSVURLs", "BeneficiaryFileURLs"]
    """The key of the config that lists the files."""
    member_column: str = Field(default=PARTICIPANT_COLUMN, min_length=1)
    """Column of the files that has the participant uuids."""
    everyone: GroupOfAllQuestions | None = None
    """A group for all research questions."""
    column_per_question: Column | None = None
    """Name of the column of each research question, with `{DatasetName}` in it; its people are in the question's
    `GroupFile`."""
