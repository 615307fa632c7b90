"""Groups: their files, their columns, and the research questions that they are of."""

from collections.abc import Iterator
from typing import NamedTuple

from pipeline_lib.config.checks.columns import OWN_COLUMNS
from pipeline_lib.config.checks.datasets import OWN_FRAME_COLUMNS
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.file_names import safe_file_name
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.groups import DATASET_NAME
from pipeline_lib.config.name_rules import compared, normal
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.resolved_groups import resolved_groups
from pipeline_lib.errors import did_you_mean
from pipeline_lib.model.coding_plan import DatasetKind
from pipeline_lib.model.groups import Group, group_file_name


class _File(NamedTuple):
    place: str
    url: str

    @property
    def name(self) -> str:
        return group_file_name(self.url)


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Files that cannot be told apart, columns that there are already, and files or questions that are not there."""
    if config.model is None:
        return
    files = list(_files(config, config.model))
    yield from _file_names(files)
    if plans.model is None:
        return
    groups = resolved_groups(config.model, plans.model)
    yield from _columns_of_files(config, groups)
    yield from _columns(config, plans, plans.model, groups)
    if not plans.damaged:
        yield from _questions(config, config.model, plans.model)
    yield from _older_layout(plans, plans.model)
    if "Groups" not in plans.damaged | config.damaged:
        yield from _unread(files, groups)
        yield from _unlisted(plans, plans.model, groups)


def _files(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[_File]:
    for key, urls in config.urls_of_older_groups().items():
        yield from (_File(read.file.at(key, number), url) for number, url in enumerate(urls))
    for index, entry in enumerate(config.groups):
        for number, url in enumerate(entry.file_urls):
            yield _File(read.file.at("Groups", index, "FileURLs", number), url)


def _file_names(files: list[_File]) -> Iterator[Finding]:
    """Two groups may share a file, but not the name of two."""
    first: dict[str, _File] = {}
    for file in files:
        if not file.name.casefold().endswith(".csv"):
            yield error(file.place, "is no CSV file by its name", "name a file that ends in .csv or .csv.gz")
        earlier = first.setdefault(compared(file.name), file)
        if earlier.url != file.url:
            wrong = f'"{safe_file_name(file.name)}" is already the name of {earlier.place.split(": ", 1)[-1]}'
            yield error(file.place, wrong, "give each file a name of its own: they are kept in one folder")


def _columns_of_files(read: ReadModel[PipelineConfig], groups: tuple[Group, ...]) -> Iterator[Finding]:
    first: dict[str, Group] = {}
    for group in groups:
        for name in group.files:
            earlier = first.setdefault(name, group)
            if earlier.participant_column != group.participant_column:
                wrong = f'"{earlier.column}" and "{group.column}" read two columns of {safe_file_name(name)}'
                yield error(read.file.at("Groups"), wrong, "name the same ParticipantColumn in both")


def _columns(
    config: ReadModel[PipelineConfig],
    plans: ReadModel[CodingPlansFile],
    model: CodingPlansFile,
    groups: tuple[Group, ...],
) -> Iterator[Finding]:
    taken = {normal(name): "a column of every CSV" for name in OWN_COLUMNS}
    taken |= {normal(name): "a column of every frame of the analysis" for name in OWN_FRAME_COLUMNS}
    for kind, index, entry in model.datasets():
        taken[normal(entry.raw_field)] = plans.file.at(kind, index, "RawField")
        for number, coding in enumerate(entry.codings):
            if coding.analysis_file_key is not None:
                place = plans.file.at(kind, index, "Codings", number, "AnalysisFileKey")
                taken[normal(coding.analysis_file_key)] = place
    for place, column in _named(config, plans, groups):
        if normal(column) in taken:
            earlier = taken[normal(column)].removeprefix(f"{config.file.name}: ")
            yield error(place, f'"{column}" is already {earlier}', "give each group a name of its own")
        taken.setdefault(normal(column), place)


def _named(
    config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], groups: tuple[Group, ...]
) -> Iterator[tuple[str, str]]:
    """Where each group gets the name of its column from, and that name."""
    entries = len(config.model.groups) if config.model is not None else 0
    for number, group in enumerate(groups, start=entries - len(groups)):
        yield config.file.at("Groups", number, "Name") if number >= 0 else plans.file.at("Groups"), group.column


def _questions(read: ReadModel[PipelineConfig], config: PipelineConfig, plans: CodingPlansFile) -> Iterator[Finding]:
    known = [question.dataset_name for question in plans.research_questions]
    for index, entry in enumerate(config.groups):
        for number, name in enumerate(entry.for_research_questions):
            if name not in known:
                place = read.file.at("Groups", index, "ForResearchQuestions", number)
                yield error(place, f'no research question has the DatasetName "{name}"', did_you_mean(name, known))


def _older_layout(read: ReadModel[CodingPlansFile], plans: CodingPlansFile) -> Iterator[Finding]:
    per_question = plans.groups.column_per_question if plans.groups is not None else None
    if per_question is not None and DATASET_NAME not in per_question:
        yield error(
            read.file.at("Groups", "ColumnPerQuestion"),
            "gives all research questions the same column",
            f"write {DATASET_NAME} where the name of each goes",
        )
    for kind, index, entry in plans.datasets():
        if entry.group_file is None:
            continue
        place = read.file.at(kind, index, "GroupFile")
        if kind is not DatasetKind.RESEARCH_QUESTION or per_question is None:
            right = "name it in Groups of pipeline.json, or give Groups of the coding plans a ColumnPerQuestion"
            yield warning(place, "is read by nothing", right)


def _unread(files: list[_File], groups: tuple[Group, ...]) -> Iterator[Finding]:
    read = {name for group in groups for name in group.files}
    for file in files:
        if file.name not in read:
            yield warning(file.place, "is not fetched: no group has a file of this name")


def _unlisted(read: ReadModel[CodingPlansFile], plans: CodingPlansFile, groups: tuple[Group, ...]) -> Iterator[Finding]:
    if plans.groups is None:
        return
    listed = {name for group in groups for name in group.files}
    for index, question in enumerate(plans.research_questions):
        if question.group_file is not None and question.group_file not in listed:
            place = read.file.at("ResearchQuestions", index, "GroupFile")
            wrong = f'no URL of {plans.groups.urls_key} ends in "{question.group_file}": nobody is in the group'
            yield warning(place, wrong)
