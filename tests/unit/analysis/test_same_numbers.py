"""The same people give the same number wherever they are counted."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.analysis.charts.captions import About
from pipeline_lib.analysis.charts.graphs import Contents as OfGraphs
from pipeline_lib.analysis.charts.graphs import graphs_of
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.report.drawn import Material, write_drawings
from pipeline_lib.analysis.tables.all_tables import Contents, tables_of
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import maximum_entropy
from pipeline_lib.model.coding_plan import AnalysisFile, CodingPlans, Dataset, DatasetKind, MapLevel, PlacesOfMap

pytestmark = pytest.mark.usefixtures("small_drawings")

START, END = datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 9, 30, tzinfo=UTC)
SETTINGS = AutomatedAnalysis.model_validate(
    {
        "CrossTabs": [{"Rows": "region", "Columns": "gender"}],
        "TrafficLabels": [{"StartDate": START.isoformat(), "EndDate": END.isoformat(), "Label": "all"}],
        "ThemeDistributionMapLevels": ["regions"],
    }
)
EVERYBODY = "61"
"""Of 60 people, who sent a message each."""
IN_BAY = "22"
"""Of 23."""
LARGEST_DEVIATION = 5


@pytest.mark.slow
def test_the_same_people_are_one_number_in_tables_graphs_maps_samples_and_the_report(
    make_plans: Callable[..., CodingPlans],
    make_survey: Callable[..., Dataset],
    make_frames: Callable[..., Frames],
    tmp_path: Path,
) -> None:
    plans = replace(
        make_plans(2, "water", "health"),
        engagement=(make_survey("listening", DatasetKind.ENGAGEMENT, "listening", "often", "never"),),
        maps=(PlacesOfMap(MapLevel.REGIONS, "region"),),
        analysis_files=tuple(AnalysisFile),
    )
    people = [
        {
            "e01": ["water", "gratitude"],
            "gender": ["man"],
            "region": ["bay" if number < 23 else "awdal"],
            "state": ["south west" if number < 23 else "somaliland"],
            "listening": ["often"],
        }
        for number in range(60)
    ]
    published = release_numbers(
        make_frames(plans, people), plans, SETTINGS, table=maximum_entropy(5, LARGEST_DEVIATION, 4.0)
    )
    about = About("Water", START, END, END, published.threshold)
    tables = {
        each.filename.removesuffix(".csv"): [list(row) for row in each.rows]
        for each in tables_of(Contents(published, plans, SETTINGS, as_predecessor=False))
    }
    graphs = {each.name: each.numbers for each in graphs_of(OfGraphs(published, SETTINGS, about))}
    write_drawings(tmp_path, Material(published, plans, SETTINGS, about, "", {}, {}))
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    report = " ".join(re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]).split())
    drawn = [words.casefold() for words in re.findall('role="img" aria-label="([^"]*)"', page)]
    maps = [words for words in drawn if ", by region" in words]

    assert set(tables) == {*AnalysisFile, "cross_tab_region_by_gender"}
    themes = [dict(zip(tables["theme_distributions"][0], row, strict=True)) for row in tables["theme_distributions"]]
    assert [row["region:bay"] for row in themes if row["Theme"] in {"Total Relevant Participants", "water"}] == [
        IN_BAY,
        IN_BAY,
        "<5",
        "<5",
    ]
    assert themes[1]["state:south west"] == IN_BAY
    assert _of_code(tables["demographic_distributions"], "bay") == IN_BAY
    assert _of_code(tables["cross_tab_region_by_gender"], "bay") == IN_BAY
    assert f"bay: {IN_BAY}" in graphs["demographics_region"]
    assert [f"bay {IN_BAY}" in words for words in maps] == [True, True, True, False, False, False, False]

    assert tables["engagement_counts"][1] == ["e01", "-", *[EVERYBODY] * 3, "-", *[EVERYBODY] * 2, "<5"]
    assert tables["engagement_counts"][3] == ["Total", *[EVERYBODY] * 7, "<5"]
    assert tables["repeat_participations"][1] == ["1", EVERYBODY, "100.0"]
    assert [themes[2][column] for column in ("Total Participants", "gender:man")] == [EVERYBODY] * 2
    assert _of_code(tables["demographic_distributions"], "man") == EVERYBODY
    assert tables["traffic_analysis"][1][3:5] == [EVERYBODY] * 2
    assert tables["estimated_engagement_types"][1] == ["listening", "often", EVERYBODY, EVERYBODY]
    assert tables["loyalty"][1] == ["episode e01", EVERYBODY]
    shown = int(EVERYBODY) - LARGEST_DEVIATION
    for samples in (tables["sample_messages"], tables["impact_messages"]):
        assert Counter(row[2] for row in samples[1:])["gratitude"] == shown
    assert graphs["weeks_all_episodes"] == f"2025-09-01: {EVERYBODY} messages, {EVERYBODY} individuals"
    assert graphs["traffic"] == f"all: {EVERYBODY} messages, {EVERYBODY} relevant"
    for name in ("messages_per_episode", "participants_per_episode"):
        assert set(re.findall(r"\d+", graphs[name].partition(";")[0].removeprefix("episode e01"))) == {EVERYBODY}
    assert graphs["themes_e01"].startswith(f"water: {EVERYBODY}; health: <5")
    assert graphs["themes_over_all_episodes"].startswith(f"water: {EVERYBODY}, <5;")
    assert graphs["demographics_gender"].startswith(f"man: {EVERYBODY};")
    assert f"participants who opted in {EVERYBODY} relevant participants {EVERYBODY} 100%" in report
    assert f"messages received {EVERYBODY} messages that opted in {EVERYBODY} labelled" in report
    assert report.count(f"n = {EVERYBODY} participants.") == 3


def _of_code(rows: list[list[str]], code: str) -> str:
    return next(row[2] for row in rows if row[1] == code)
