"""traffic_analysis.csv: messages within each range of time that a config labels, such as a promotion."""

from collections.abc import Iterator, Sequence

from pipeline_lib.analysis.cells import Numbers
from pipeline_lib.analysis.tables.rows import Row
from pipeline_lib.config.pipeline import TrafficLabel

HEADER = ("Start Date", "End Date", "Label", "Messages with Opt-Ins", "Relevant Messages")


def traffic_analysis(labels: Sequence[TrafficLabel], traffic: Numbers) -> Iterator[Row]:
    """A row per label, its times with the offsets of the config."""
    yield HEADER
    for number, label in enumerate(labels):
        texts = [cell.text for cell in traffic.cells(number)]
        yield [label.start_date.isoformat(), label.end_date.isoformat(), label.label, *texts]
