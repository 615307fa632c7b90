"""In which order the messages and individuals CSVs show their columns, where that is not dataset by dataset."""

from collections.abc import Iterator, Sequence

from pipeline_lib.exports.columns import Block, code_column_names
from pipeline_lib.model.coding_plan import CodingMode, CodingPlans, ColumnLayout, Dataset


def laid_out(blocks: Sequence[Block], plans: CodingPlans) -> list[Block]:
    """The blocks of a CSV, their columns in the order of the plans' layout."""
    if plans.column_layout is ColumnLayout.BY_DATASET:
        return list(blocks)
    shown = {name for block in blocks for name in block.table.columns}
    of_datasets = [name for name in _by_kind(plans) if name in shown]
    own = [name for block in blocks for name in block.table.columns if name not in {*of_datasets}]
    uid, *others = own
    derived = [name for survey in plans.derived for name in _of_survey(survey) if name in shown]
    return arranged(blocks, [uid, *derived, *others, *(name for name in of_datasets if name not in derived)])


def arranged(blocks: Sequence[Block], names: Sequence[str]) -> list[Block]:
    """The same columns in the order of these names."""
    owners = {name: number for number, block in enumerate(blocks) for name in block.table.columns}
    parts: list[tuple[int, list[str]]] = []
    for name in names:
        if parts and parts[-1][0] == owners[name]:
            parts[-1][1].append(name)
        else:
            parts.append((owners[name], [name]))
    return [Block(blocks[number].table.select(own), blocks[number].index) for number, own in parts]


def _by_kind(plans: CodingPlans) -> Iterator[str]:
    """All columns of all datasets: those of several codes by name, single codes, texts, then survey by survey."""
    codings = [coding for question in plans.research_questions for coding in question.codings]
    several = [coding for coding in codings if coding.mode is CodingMode.MULTIPLE]
    yield from sorted(name for coding in several for name in code_column_names(coding))
    yield from (name for coding in codings if coding not in several for name in code_column_names(coding))
    yield from (question.raw_field for question in plans.research_questions)
    yield from (name for survey in plans.surveys for name in _of_survey(survey))


def _of_survey(survey: Dataset) -> list[str]:
    """A survey's columns, its text after the codes of its first coding."""
    first, *others = (code_column_names(coding) for coding in survey.codings)
    return [*first, survey.raw_field, *(name for names in others for name in names)]
