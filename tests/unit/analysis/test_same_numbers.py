"""The same people give the same number wherever they are counted."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline_lib.analysis.charts.graphs import Contents as OfGraphs
from pipeline_lib.analysis.charts.graphs import graphs_of
from pipeline_lib.analysis.charts.words import About
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.publish import publish
from pipeline_lib.analysis.report.drawn import Material, write_drawings
from pipeline_lib.analysis.tables.all_tables import Contents, tables_of
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import maximum_entropy
from pipeline_lib.model.coding_plan import AnalysisFile, CodingPlans, MapLevel, PlacesOfMap

START, END = datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 9, 30, tzinfo=UTC)
FILES = (
    AnalysisFile.ENGAGEMENT_COUNTS,
    AnalysisFile.THEME_DISTRIBUTIONS,
    AnalysisFile.DEMOGRAPHIC_DISTRIBUTIONS,
    AnalysisFile.LOYALTY,
)


def test_the_same_people_are_one_number_in_tables_graphs_maps_and_the_report(
    make_plans: Callable[..., CodingPlans], make_frames: Callable[..., Frames], tmp_path: Path
) -> None:
    plans = replace(
        make_plans(1, "water", "health"), maps=(PlacesOfMap(MapLevel.REGIONS, "region"),), analysis_files=FILES
    )
    people = [
        {
            "e01": ["water"],
            "gender": [("man", "woman")[number % 2]],
            "region": ["bay" if number < 23 else "awdal"],
            "state": ["south west" if number < 23 else "somaliland"],
        }
        for number in range(60)
    ]
    settings = AutomatedAnalysis.model_validate({"CrossTabs": [{"Rows": "region", "Columns": "gender"}]})
    published = publish(make_frames(plans, people), plans, settings, table=maximum_entropy(5, 5, 4.0))
    about = About("Water", START, END, END, published.threshold)
    tables = {
        each.filename: [list(row) for row in each.rows]
        for each in tables_of(Contents(published, plans, settings, as_predecessor=False))
    }
    graphs = {each.name: each.numbers for each in graphs_of(OfGraphs(published, settings, about))}
    write_drawings(tmp_path, Material(published, plans, settings, about, "", {}, {}))
    report = " ".join(re.sub(r"<[^>]+>", " ", (tmp_path / "index.html").read_text(encoding="utf-8")).split())

    in_bay = "22"  # of 23
    header, relevant, *_ = tables["theme_distributions.csv"]
    assert relevant[header.index("region:bay")] == in_bay
    assert relevant[header.index("state:south west")] == in_bay
    assert _of_code(tables["demographic_distributions.csv"], "bay") == in_bay
    assert _of_code(tables["cross_tab_region_by_gender.csv"], "bay") == in_bay
    assert f"bay: {in_bay}" in graphs["demographics_region"]
    map_in_words = re.findall('aria-label="([^"]*)"', (tmp_path / "index.html").read_text(encoding="utf-8"))
    assert any(f"bay {in_bay}" in words.casefold() for words in map_in_words)

    everybody = "61"  # of 60
    assert tables["engagement_counts.csv"][1][-3:-1] == [everybody, everybody]
    assert tables["loyalty.csv"][1] == ["episode e01", everybody]
    assert graphs["participants_per_episode"] == f"episode e01: {everybody}, {everybody}"
    assert f"participants who opted in {everybody} relevant participants {everybody} 100%" in report
    assert f"n = {everybody} participants." in report


def _of_code(rows: list[list[str]], code: str) -> str:
    return next(row[2] for row in rows if row[1] == code)
