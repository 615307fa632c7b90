"""Channels as breakdowns of themes, and in cross-tabs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, tables_of
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.model.channels import Channel, Channels, TimeRange
from pipeline_lib.model.coding_plan import CodingPlans

SHOW = TimeRange(datetime(2025, 9, 8, tzinfo=UTC), datetime(2025, 9, 9, tzinfo=UTC))
CHANNELS = Channels(channels=(Channel("show", (SHOW,)),), no_channel_key="no_channel")
PEOPLE = [
    {"e01": ["water"], "gender": ["man"], "show": ["true"], "no_channel": ["false"]},
    {"e01": ["water"], "gender": ["woman"], "show": ["true"], "no_channel": ["true"]},
    {"e01": ["health"], "gender": ["woman"], "show": ["false"], "no_channel": ["true"]},
    {},  # withdrew
]


@pytest.fixture
def tables(make_frames: Callable[..., Frames], plans: CodingPlans) -> dict[str, list[dict[str, str]]]:
    """Rows by file."""
    own = replace(plans, channels=CHANNELS)
    asked = AutomatedAnalysis.model_validate({"CrossTabs": [{"Rows": "gender", "Columns": "show"}]})
    published = release_numbers(make_frames(own, PEOPLE), own, asked)
    shown = tables_of(Contents(published, own, asked, as_predecessor=False))
    found = {each.filename: [list(row) for row in each.rows] for each in shown}
    return {name: [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] for name, rows in found.items()}


def test_themes_are_broken_down_by_the_channels_that_people_wrote_by(tables: dict[str, list[dict[str, str]]]) -> None:
    rows = [row for row in tables["theme_distributions.csv"] if row["Theme"] in {"water", "health"}][:2]
    columns = ("Theme", "show:true", "show:true %", "show:false", "no_channel:true", "no_channel:true %")
    assert [[row[column] for column in columns] for row in rows] == [
        ["water", "2", "100.0", "0", "1", "50.0"],
        ["health", "0", "0.0", "1", "1", "50.0"],
    ]


def test_a_cross_tab_may_be_by_channel(tables: dict[str, list[dict[str, str]]]) -> None:
    rows = tables["cross_tab_gender_by_show.csv"]
    assert [(row["Theme"], row["show:true"], row["show:false"]) for row in rows][:3] == [
        ("Total Relevant Participants", "2", "1"),
        ("man", "1", "0"),
        ("woman", "1", "1"),
    ]
