"""Datasets that the analysis counts as one: they must be alike."""

from collections.abc import Iterator

from pipeline_lib.config.coding_plans import CodingPlansFile, DatasetEntry, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.errors import did_you_mean
from pipeline_lib.model.coding_plan import AnalysisFile, DatasetKind

_KEY = "AnalyseTogether"


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Datasets that are not there or not alike, and keys that name one which is counted as another."""
    if plans.model is None or plans.damaged:
        return
    datasets = {placed.entry.dataset_name: placed for placed in plans.model.datasets()}
    seen: set[str] = set()
    for index, names in enumerate(plans.model.analyse_together):
        for number, name in enumerate(names):
            place = plans.file.at(_KEY, index, number)
            if name not in datasets:
                wrong = f'no dataset has the DatasetName "{name}"'
                yield error(place, wrong, did_you_mean(name, datasets))
            elif name in seen:
                yield error(place, f'"{name}" is named before', "name each dataset once")
            elif names[0] in datasets and (difference := _difference(datasets[names[0]], datasets[name])):
                yield error(place, f'"{name}" cannot be counted with "{names[0]}": {difference}')
            seen.add(name)
    yield from _pairs(plans, plans.model, datasets)
    yield from _keys(config, plans, _counted_as(plans.model, datasets))


def _pairs(read: ReadModel[CodingPlansFile], plans: CodingPlansFile, datasets: dict[str, Placed]) -> Iterator[Finding]:
    """A table pairs the datasets of `Engagement` with research questions by their numbers, which would change."""
    table = AnalysisFile.ESTIMATED_ENGAGEMENT_TYPES
    if not plans.engagement or (plans.analysis_files is not None and table not in plans.analysis_files):
        return
    paired = {DatasetKind.RESEARCH_QUESTION, DatasetKind.ENGAGEMENT}
    for index, names in enumerate(plans.analyse_together):
        if any(name in datasets and datasets[name].kind in paired for name in names):
            wrong = f"counts as one what {table} shows apart, research question by research question"
            yield error(read.file.at(_KEY, index), wrong, f"name AnalysisFiles without {table}")


def _difference(first: Placed, other: Placed) -> str:
    """Why two datasets cannot be one; empty if they can."""
    if first.kind is not other.kind:
        return f"it is one of {other.kind}, and not of {first.kind}"
    if _codings(first.entry) != _codings(other.entry):
        return "their codings differ in CodeScheme, CodingMode, AnalysisFileKey or what is included"
    return ""


def _codings(entry: DatasetEntry) -> list[tuple[object, ...]]:
    return [
        (
            coding.code_scheme,
            coding.coding_mode,
            coding.analysis_file_key is None,
            coding.include_in_individuals_file,
            coding.include_in_theme_distribution,
        )
        for coding in entry.codings
    ]


def _counted_as(plans: CodingPlansFile, datasets: dict[str, Placed]) -> dict[str, str]:
    """The AnalysisFileKeys that the analysis does not have, each with the one that has its numbers."""
    keys: dict[str | None, str | None] = {}
    for first, *others in plans.analyse_together:
        for name in others:
            if first in datasets and name in datasets:
                pairs = zip(datasets[first].entry.codings, datasets[name].entry.codings, strict=False)
                keys |= {other.analysis_file_key: own.analysis_file_key for own, other in pairs}
    return {key: counted_as for key, counted_as in keys.items() if key is not None and counted_as is not None}


def _keys(
    config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], counted_as: dict[str, str]
) -> Iterator[Finding]:
    named = [
        (plans.file.at("BreakdownMaps", number, "AnalysisFileKey"), each.analysis_file_key)
        for number, each in enumerate(plans.model.breakdown_maps if plans.model is not None else ())
    ]
    analysis = config.model.automated_analysis if config.model is not None else None
    for number, table in enumerate(analysis.cross_tabs if analysis is not None else ()):
        place = config.file.at("AutomatedAnalysis", "CrossTabs", number)
        named += [(f"{place}.Rows", table.rows), (f"{place}.Columns", table.columns)]
    for place, key in named:
        if key in counted_as:
            wrong = f'"{key}" is counted as another by {_KEY} of the coding plans'
            yield error(place, wrong, f'write "{counted_as[key]}"')
