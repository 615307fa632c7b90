"""Whatever is written or drawn shows released numbers and shares of them: no sum, difference or count of its own."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from pipeline_lib.analysis.charts.captions import About
from pipeline_lib.analysis.charts.graphs import Contents as OfGraphs
from pipeline_lib.analysis.charts.graphs import graphs_of
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.maps.files import base_maps
from pipeline_lib.analysis.maps.maps import maps_of
from pipeline_lib.analysis.published_numbers import Distribution, Published
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.report.drawn import Material, write_drawings
from pipeline_lib.analysis.tables.all_tables import Contents, tables_of
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import maximum_entropy
from pipeline_lib.disclosure.release import Cell, Released
from pipeline_lib.model.coding_plan import AnalysisFile, CodingPlans, Dataset, DatasetKind, MapLevel, PlacesOfMap

START, END = datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 9, 30, tzinfo=UTC)
SETTINGS = AutomatedAnalysis.model_validate(
    {
        "CrossTabs": [{"Rows": "region", "Columns": "gender"}],
        "TrafficLabels": [{"StartDate": START.isoformat(), "EndDate": END.isoformat(), "Label": "all"}],
        "ThemeDistributionMapLevels": ["regions"],
    }
)
ABOVE_YEARS = 3_000
"""Smaller numbers are years, days, places in a list or percents."""
TICK = 10_000
"""Axes have multiples of this."""


def marked(value: Any, numbers: Iterator[int]) -> Any:  # noqa: PLR0911 - a line per kind
    """What is published, with other numbers in all of its cells."""
    if isinstance(value, Cell):
        number = next(numbers)
        return Cell(str(number), number, is_perturbed=True)
    if isinstance(value, Released):
        array = np.array([next(numbers) for _ in range(value._numbers.size)], np.int64)
        return Released(array.reshape(value._numbers.shape), 5)
    if isinstance(value, Distribution):
        return replace(value, **{name: marked(part, numbers) for name, part in vars(value).items()})
    if isinstance(value, Analysed):
        return value
    if isinstance(value, Mapping):
        return {key: marked(part, numbers) for key, part in value.items()}
    if isinstance(value, tuple):
        parts = [marked(part, numbers) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


@pytest.fixture
def plans(make_plans: Callable[..., CodingPlans], make_survey: Callable[..., Dataset]) -> CodingPlans:
    return replace(
        make_plans(2, "water", "health"),
        engagement=(make_survey("listening", DatasetKind.ENGAGEMENT, "listening", "often", "never"),),
        maps=(PlacesOfMap(MapLevel.REGIONS, "region"),),
        analysis_files=tuple(AnalysisFile),
    )


def texts_of(published: Published, plans: CodingPlans, folder: Path) -> Iterator[tuple[str, str]]:
    """All texts that somebody can read, with the file that they stand in."""
    about = About("Water", START, END, END, published.threshold)
    for table in tables_of(Contents(published, plans, SETTINGS, as_predecessor=False)):
        yield from ((table.filename, cell) for row in table.rows for cell in row)
    for graph in graphs_of(OfGraphs(published, SETTINGS, about)):
        yield from ((graph.name, text) for text in (graph.numbers, *graph.words.caption))
        yield from ((graph.name, text.get_text()) for text in graph.draw().findobj(Text))
    for shown in maps_of(published, plans, base_maps(plans, {}), SETTINGS.theme_map_levels, about):
        yield from ((shown.filename, text) for text in (*shown.words.caption, *(c.text for c in shown.counts.values())))
    write_drawings(folder, Material(published, plans, SETTINGS, about, "", {}, {}))
    page = (folder / "index.html").read_text(encoding="utf-8")
    for text in (
        *re.findall('(?:alt|aria-label)="([^"]*)"', page),
        *re.findall(">([^<]*)<", page.split("</style>")[1]),
    ):
        yield "index.html", text


@pytest.mark.slow
def test_every_number_that_is_written_or_drawn_is_one_that_was_released(
    plans: CodingPlans, make_frames: Callable[..., Frames], tmp_path: Path
) -> None:
    people = [{"e01": ["water"], "gender": ["man"], "region": ["bay"], "listening": ["often"]} for _ in range(60)]
    published = release_numbers(make_frames(plans, people), plans, SETTINGS, table=maximum_entropy(5, 5, 4.0))
    numbers = Random(1).sample(range(1_000_001, 9_000_000, 10), 10_000)  # noqa: S311 - always the same
    left = iter(numbers)
    texts = list(texts_of(marked(published, left), plans, tmp_path))
    released = {*numbers} - {*left}
    shown = [
        (place, int(number.replace(",", "")))
        for place, text in texts
        for number in re.findall(r"(?<![\d.#-])\d[\d,]*\d(?![\d.]*%|\.\d)", text)
    ]
    told = [(place, number) for place, number in shown if number > ABOVE_YEARS and number % TICK]
    assert [each for each in told if each[1] not in released] == []
    assert len({place for place, _ in told}) > len(AnalysisFile)
    assert len({number for _, number in told}) > len(released) / 2
