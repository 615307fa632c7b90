"""Maps: levels, the codings whose codes are their places, and what their areas look like."""

from collections.abc import Iterator

from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.errors import did_you_mean, nearest
from pipeline_lib.model.coding_plan import MapLevel


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Maps whose places no coding gives, or whose areas nothing describes."""
    if config.model is None or plans.model is None or "BreakdownMaps" in plans.damaged:
        return
    analysis = config.model.automated_analysis
    yield from _levels(plans, plans.model, analysis)
    if analysis is not None:
        yield from _wanted(config, analysis, [breakdown.level for breakdown in plans.model.breakdown_maps])


def _levels(
    read: ReadModel[CodingPlansFile], plans: CodingPlansFile, analysis: AutomatedAnalysis | None
) -> Iterator[Finding]:
    described = {*MapLevel, *(boundaries.level for boundaries in (analysis.boundaries if analysis else ()))}
    codings = {coding.analysis_file_key: coding for placed in plans.datasets() for coding in placed.entry.codings}
    first: dict[str, int] = {}
    for number, breakdown in enumerate(plans.breakdown_maps):
        place = read.file.at("BreakdownMaps", number)
        if breakdown.level in first:
            yield error(
                f"{place}.Level", f'"{breakdown.level}" is already the Level of BreakdownMaps[{first[breakdown.level]}]'
            )
        elif breakdown.level not in described:
            wrong = f'"{breakdown.level}" is no level whose areas are known'
            meant = nearest(breakdown.level, MapLevel)
            right = f'did you mean "{meant}"?' if meant else "add them to Boundaries of AutomatedAnalysis"
            yield error(f"{place}.Level", wrong, right)
        first.setdefault(breakdown.level, number)
        coding = codings.get(breakdown.analysis_file_key)
        if coding is not None and not coding.include_in_individuals_file:
            wrong = f'"{breakdown.analysis_file_key}" has no codes of people: its IncludeInIndividualsFile is false'
            yield error(f"{place}.AnalysisFileKey", wrong)


def _wanted(read: ReadModel[PipelineConfig], analysis: AutomatedAnalysis, levels: list[str]) -> Iterator[Finding]:
    place = read.file.at("AutomatedAnalysis")
    asked = [(f"{place}.{key}", level) for key, level in analysis.theme_map_switches()]
    named = enumerate(analysis.theme_distribution_map_levels)
    asked += [(f"{place}.ThemeDistributionMapLevels[{number}]", level) for number, level in named]
    asked += [(f"{place}.Boundaries[{number}].Level", each.level) for number, each in enumerate(analysis.boundaries)]
    for where, level in asked:
        if level not in levels:
            wrong = f'BreakdownMaps of the coding plans name no coding for maps of "{level}"'
            yield error(where, wrong, did_you_mean(level, levels) if levels else "add one there, or leave this out")
    first: dict[str, int] = {}
    for number, boundaries in enumerate(analysis.boundaries):
        if first.setdefault(boundaries.level, number) != number:
            wrong = f'"{boundaries.level}" is already the Level of Boundaries[{first[boundaries.level]}]'
            yield error(f"{place}.Boundaries[{number}].Level", wrong)
