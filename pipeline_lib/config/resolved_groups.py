"""The groups of a project, however its config and its coding plans say them."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.groups import DATASET_NAME, PARTICIPANT_COLUMN, GroupColumns
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.groups import Group, group_file_name

BENEFICIARIES = "beneficiary"
"""The column of the people in `BeneficiaryFileURLs`, where the plans say nothing of groups."""


def resolved_groups(config: PipelineConfig, plans: CodingPlansFile) -> tuple[Group, ...]:
    """The groups, in the order of their columns. The predecessors' analysis showed none."""
    is_breakdown = not config.keeps_predecessor_quirks
    return (
        *_of_older_keys(config, plans, is_breakdown=is_breakdown),
        *(
            Group(
                column=entry.name,
                files=tuple(map(group_file_name, entry.file_urls)),
                participant_column=entry.participant_column,
                research_questions=entry.for_research_questions,
                is_breakdown=is_breakdown,
                filter=entry.filter,
            )
            for entry in config.groups
        ),
    )


def _of_older_keys(config: PipelineConfig, plans: CodingPlansFile, *, is_breakdown: bool) -> Iterator[Group]:
    urls_by_key = config.urls_of_older_groups()
    if plans.groups is not None:
        has_one_name = Quirk.REPEAT_GROUP_FILE_HAS_ONE_NAME in config.quirks
        names = list(map(group_file_name, urls_by_key.pop(plans.groups.urls_key)))
        yield from _of_columns(plans.groups, names, plans, is_breakdown=is_breakdown, has_one_name=has_one_name)
    for key, urls in urls_by_key.items():
        names = list(map(group_file_name, urls))
        groups: dict[str, tuple[str, ...]] = {PurePosixPath(name).stem: (name,) for name in names}
        if key == "BeneficiaryFileURLs" and names:
            groups = {BENEFICIARIES: tuple(names)}
        for column, files in groups.items():
            yield Group(column=column, files=files, participant_column=PARTICIPANT_COLUMN, is_breakdown=is_breakdown)


def _of_columns(
    columns: GroupColumns, names: Sequence[str], plans: CodingPlansFile, *, is_breakdown: bool, has_one_name: bool
) -> Iterator[Group]:
    """The groups of the predecessors' layout.

    Args:
        columns: What the coding plans say.
        names: The files that the config lists.
        plans: The coding plans.
        is_breakdown: Whether the analysis shows the groups.
        has_one_name: Whether the file for all questions must have just the name that the plans say (Q62), rather than
            end in it.
    """
    if columns.everyone is not None:
        wanted = columns.everyone.file
        found = [name for name in names if name == wanted or (not has_one_name and name.endswith(f"_{wanted}"))]
        yield Group(
            column=columns.everyone.column,
            files=tuple(found),
            participant_column=columns.member_column,
            is_breakdown=is_breakdown,
        )
    for question in plans.research_questions if columns.column_per_question is not None else ():
        name, file = question.dataset_name, question.group_file
        yield Group(
            column=(columns.column_per_question or "").replace(DATASET_NAME, name),
            files=(file,) if file is not None and file in names else (),
            participant_column=columns.member_column,
            research_questions=(name,),
            is_breakdown=is_breakdown,
        )
