"""Date ranges that end before they start."""

from collections.abc import Iterator
from datetime import datetime

from pipeline_lib.config.automated_analysis import TrafficLabel
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.sources import FacebookSource


def findings(read: ReadModel[PipelineConfig]) -> Iterator[Finding]:
    """Ranges that hold no time at all: errors, but only a warning for a predecessor's traffic label (Q18)."""
    config = read.model
    if config is None:
        return
    if _is_reversed(config.project_start_date, config.project_end_date):
        yield error(read.file.at("ProjectEndDate"), "is not after ProjectStartDate, so that no message is within both")
    for index, remapping in enumerate(config.timestamp_remappings):
        if _is_reversed(remapping.range_start_inclusive, remapping.range_end_exclusive):
            place = read.file.at("TimestampRemappings", index, "RangeEndExclusive")
            yield error(place, "is not after RangeStartInclusive, so that no message is within both")
    for index, source in enumerate(config.raw_data_sources):
        for number, dataset in enumerate(source.datasets if isinstance(source, FacebookSource) else ()):
            if dataset.search is not None and _is_reversed(dataset.search.start_date, dataset.search.end_date):
                place = read.file.at("RawDataSources", index, "Datasets", number, "Search", "EndDate")
                yield error(place, "is not after StartDate, so that no post is within both")
    yield from _traffic_labels(read, config)


def _traffic_labels(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    """Labels that count no messages: errors, but warnings for the predecessors' projects, so that these still run."""
    found = warning if config.keeps_predecessor_quirks else error
    is_possible = not _is_reversed(config.project_start_date, config.project_end_date)
    labels = (config.automated_analysis.traffic_labels or ()) if config.automated_analysis else ()
    for index, label in enumerate(labels):
        place = read.file.at("AutomatedAnalysis", "TrafficLabels", index)
        if _is_reversed(label.start_date, label.end_date):
            wrong = f'"{label.label}" does not end after its StartDate, so that it counts no messages'
            yield found(f"{place}.EndDate", wrong)
        elif is_possible and not _meet(label, config):
            wrong = f'"{label.label}" lies outside ProjectStartDate to ProjectEndDate, so that it counts no messages'
            yield found(place, wrong, "correct its dates, or leave it out")


def _meet(label: TrafficLabel, config: PipelineConfig) -> bool:
    return label.start_date < config.ends_at and label.end_date > config.starts_at


def _is_reversed(start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and end <= start
