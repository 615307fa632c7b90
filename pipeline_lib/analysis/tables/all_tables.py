"""Every table of a project, in the order in which its plans name them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.analysis.codings import breakdowns
from pipeline_lib.analysis.coverage import Coverage
from pipeline_lib.analysis.filenames import filename
from pipeline_lib.analysis.published_numbers import Published
from pipeline_lib.analysis.tables.distributions import distributions
from pipeline_lib.analysis.tables.engagement_counts import engagement_counts
from pipeline_lib.analysis.tables.estimated_engagement_types import estimated_engagement_types
from pipeline_lib.analysis.tables.loyalty import loyalty
from pipeline_lib.analysis.tables.per_show_participation import per_show_participation
from pipeline_lib.analysis.tables.repeat_participations import repeat_participations
from pipeline_lib.analysis.tables.rows import Row, with_cells_guarded, with_cells_readable, write_rows
from pipeline_lib.analysis.tables.sample_messages import sample_messages
from pipeline_lib.analysis.tables.traffic_analysis import traffic_analysis
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.model.coding_plan import AnalysisFile, CodingPlans
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.progress import step


class Contents(NamedTuple):
    """The data that tables are made from."""

    published: Published
    plans: CodingPlans
    asked: AutomatedAnalysis
    as_predecessor: bool
    """Whether the predecessors' quirks are kept."""
    are_samples_guarded: bool = False
    """Whether cells of the sample messages and of the impact messages are guarded against running as formulas."""
    coverage: Coverage | None = None
    """The time that numbers can cover; None if no table should show it."""
    quirks: frozenset[Quirk] = frozenset()
    """Those that are kept beyond what all predecessors share."""


class Table(NamedTuple):
    """One CSV file."""

    filename: str
    rows: Iterator[Row]
    """The header first."""
    begins_with_bom: bool = False


def tables_of(contents: Contents) -> Iterator[Table]:
    """The tables that the plans ask for, then the cross-tabs that the config asks for."""
    for file in contents.plans.analysis_files:
        if file is not AnalysisFile.TRAFFIC_ANALYSIS or contents.asked.traffic_labels is not None:
            yield _with_words(file, contents) if file in _WORDS else Table(f"{file}.csv", _ROWS[file](contents))
    for table in contents.published.cross_tabs:
        name = f"cross_tab_{table.coding.key}_by_{table.by[0].key}"
        yield Table(filename(name, ".csv"), distributions([table], table.by))


def write_tables(folder: Path, contents: Contents) -> dict[str, int]:
    """Writes all tables into a folder and returns their numbers of rows, by file."""
    row_counts = {}
    for table in tables_of(contents):
        with step(f"Writing {table.filename}") as writing:
            writing.row_count = row_counts[table.filename] = write_rows(
                folder / table.filename, table.rows, begins_with_bom=table.begins_with_bom
            )
    return row_counts


def _with_words(file: AnalysisFile, contents: Contents) -> Table:
    """A table of what people wrote."""
    rows = _ROWS[file](contents)
    if not contents.as_predecessor:
        rows = with_cells_readable(rows)
    if contents.are_samples_guarded:
        rows = with_cells_guarded(rows)
    return Table(f"{file}.csv", rows, begins_with_bom=contents.are_samples_guarded)


_WORDS = (AnalysisFile.SAMPLE_MESSAGES, AnalysisFile.IMPACT_MESSAGES)

_ROWS: Mapping[AnalysisFile, Callable[[Contents], Iterator[Row]]] = {
    AnalysisFile.ENGAGEMENT_COUNTS: lambda of: engagement_counts(
        of.published.participation, as_predecessor=of.as_predecessor
    ),
    AnalysisFile.REPEAT_PARTICIPATIONS: lambda of: repeat_participations(of.published.participation),
    AnalysisFile.THEME_DISTRIBUTIONS: lambda of: distributions(of.published.themes, breakdowns(of.plans)),
    AnalysisFile.DEMOGRAPHIC_DISTRIBUTIONS: lambda of: distributions(of.published.demographics),
    AnalysisFile.SAMPLE_MESSAGES: lambda of: sample_messages(of.published.samples),
    AnalysisFile.TRAFFIC_ANALYSIS: lambda of: traffic_analysis(
        of.asked.traffic_labels or (), of.published.traffic, None if of.as_predecessor else of.coverage
    ),
    AnalysisFile.ESTIMATED_ENGAGEMENT_TYPES: lambda of: estimated_engagement_types(of.published.engagement_types),
    AnalysisFile.LOYALTY: lambda of: loyalty(of.published.participation),
    AnalysisFile.IMPACT_MESSAGES: lambda of: sample_messages(of.published.impact),
    AnalysisFile.PER_SHOW_PARTICIPATION: lambda of: per_show_participation(
        of.published.participation,
        as_predecessor=of.as_predecessor,
        needs_new_people=Quirk.NO_SHARES_WHERE_NOBODY_IS_NEW in of.quirks,
    ),
}
