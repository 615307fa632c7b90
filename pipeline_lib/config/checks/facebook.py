"""What a Facebook source requires of the rest of a config, and what works with comments of unknown authors."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.sources import FacebookSource, PageSource
from pipeline_lib.errors import listed
from pipeline_lib.model.coding_plan import AnalysisFile, DatasetKind
from pipeline_lib.model.facebook_versions import version_remark

_OVER_EPISODES = (
    AnalysisFile.REPEAT_PARTICIPATIONS,
    AnalysisFile.LOYALTY,
    AnalysisFile.ESTIMATED_ENGAGEMENT_TYPES,
)
"""Tables that look for the same person in several episodes."""

_EACH_ALONE = "if authors are unknown, every comment is a participant of its own"


def findings(
    read: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], today: date | None = None
) -> Iterator[Finding]:
    """Sources that cannot be together, posts of other pages, versions that end, and what joins one person's answers."""
    config = read.model
    if config is None or "RawDataSources" in read.damaged:
        return
    places = [
        (read.file.at("RawDataSources", index), source)
        for index, source in enumerate(config.raw_data_sources)
        if isinstance(source, PageSource)
    ]
    for place, source in places:
        yield from _foreign_posts(place, source)
        if not isinstance(source, FacebookSource):
            continue
        remark = version_remark(source.api_version, today or datetime.now(UTC).date())
        if remark is not None:
            yield warning(f"{place}.APIVersion", *remark)
    unknown = [
        f"{place}.{'Authors' if isinstance(source, FacebookSource) else 'Columns'}"
        for place, source in places
        if not source.authors_are_known
    ]
    if unknown:
        yield from _other_people(unknown[0], config)
        yield from _folds(read, config, plans)


def _foreign_posts(place: str, source: PageSource) -> Iterator[Finding]:
    """Posts whose ids show that they are another page's; a page's name says nothing about its id."""
    for number, dataset in enumerate(source.datasets if source.page_id.isdecimal() else ()):
        for index, post in enumerate(dataset.post_ids or ()):
            page, _, rest = post.rpartition("_")
            if rest and page not in {"", source.page_id}:
                right = f"its posts' ids begin with {source.page_id}_: take it out, or correct PageID"
                yield error(f"{place}.Datasets[{number}].PostIDs[{index}]", "is another page's than PageID", right)


def _other_people(place: str, config: PipelineConfig) -> Iterator[Finding]:
    others = {
        source.source_type
        for source in config.raw_data_sources
        if not (isinstance(source, PageSource) and not source.authors_are_known)
    }
    if others:
        wrong = f"{_EACH_ALONE}, and those of {listed(sorted(others))} are people: they cannot be counted together"
        yield error(place, wrong, "make a project of each")


def _folds(
    read: ReadModel[PipelineConfig], config: PipelineConfig, plans: ReadModel[CodingPlansFile]
) -> Iterator[Finding]:
    """Settings that join several things that one person said."""
    analysis = config.automated_analysis
    if analysis is not None and analysis.cross_tabs:
        wrong = f"{_EACH_ALONE}, so that nobody answered two questions"
        yield error(read.file.at("AutomatedAnalysis", "CrossTabs"), wrong, "leave it out")
    if plans.model is None:
        return
    for kind, index, _ in plans.model.datasets():
        if kind is not DatasetKind.RESEARCH_QUESTION:
            wrong = f"{_EACH_ALONE}, so that nobody who commented has answered it"
            yield error(plans.file.at(kind, index), wrong, "leave it out")
    tables = plans.model.analysis_files
    asked = [table for table in _OVER_EPISODES if tables is None or table in tables]
    if asked:
        wrong = f"{_EACH_ALONE}, so that nobody takes part twice: {listed(asked)} would say so of everybody"
        right = 'list the tables without these, such as ["engagement_counts", "theme_distributions"]'
        yield error(plans.file.at("AnalysisFiles"), wrong, right)
