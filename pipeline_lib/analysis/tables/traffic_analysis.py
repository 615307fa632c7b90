"""traffic_analysis.csv: messages within each range of time that a config labels, such as a promotion."""

from collections.abc import Iterator, Sequence

from pipeline_lib.analysis.coverage import Coverage
from pipeline_lib.analysis.tables.rows import Row
from pipeline_lib.config.automated_analysis import TrafficLabel
from pipeline_lib.disclosure.release import Released

HEADER = ("Start Date", "End Date", "Label", "Messages with Opt-Ins", "Relevant Messages")


COVERED = "Range Covered %"


def traffic_analysis(
    labels: Sequence[TrafficLabel], traffic: Released, coverage: Coverage | None = None
) -> Iterator[Row]:
    """A row per label, its times with the offsets of the config.

    Args:
        labels: Each with its range of time.
        traffic: The messages in each.
        coverage: The time that numbers can cover; a last column says how much of each range is in it, or `-` for a
            range that ends before it starts. None: no such column, as in the predecessors' table.
    """
    yield HEADER if coverage is None else (*HEADER, COVERED)
    for number, label in enumerate(labels):
        texts = [cell.text for cell in traffic.cells(number)]
        covered = [] if coverage is None else [_percent(coverage.share_of(label.start_date, label.end_date))]
        yield [label.start_date.isoformat(), label.end_date.isoformat(), label.label, *texts, *covered]


def _percent(share: float | None) -> str:
    return "-" if share is None else str(round(100 * share, 1))
