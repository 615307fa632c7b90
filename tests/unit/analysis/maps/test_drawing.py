"""What a map shows where: three invented districts, from a file to the patches and labels that are drawn."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from pipeline_lib.analysis.charts.figure_layout import Words
from pipeline_lib.analysis.charts.pixels import png
from pipeline_lib.analysis.map_places import Place
from pipeline_lib.analysis.maps.base import BaseMap, base_map
from pipeline_lib.analysis.maps.classes import CountClass
from pipeline_lib.analysis.maps.drawing import Drawn, draw_map
from pipeline_lib.analysis.maps.layer import Layer, read_layer
from pipeline_lib.disclosure.release import Cell

WORDS = Words("Participants", "By district", ("A caption.",))


def places(*codes: str) -> tuple[Place, ...]:
    return tuple(Place(code, code.title(), (code, f"{code} district")) for code in codes)


def shown(**counts: int) -> dict[str, Cell]:
    return {code: Cell(str(count), count) for code, count in counts.items()}


def at(drawn: Drawn, x: float, y: float) -> str | None:
    """What the legend says of the colour of a point, in points from the lower left corner of the areas."""
    array = drawn.places.get_array()
    assert array is not None
    for path, number in zip(drawn.places.get_paths(), array.tolist(), strict=True):
        if path.contains_point((x, y)):
            return drawn.keys[int(number)].text
    return None


@pytest.mark.parametrize("name", ["districts.geojson", "districts.gpkg"])
def test_the_right_number_is_in_the_right_place(
    name: str, districts: gpd.GeoDataFrame, write: Callable[..., Path]
) -> None:
    layer = read_layer(write(districts, name), "pcode", "Boundaries[0]")
    base = base_map("districts", places("south", "middle", "north"), layer)
    drawn = draw_map(base, WORDS, shown(south=3, middle=0, north=12))
    width, height = base.size
    assert height / width == pytest.approx(3, rel=0.01)  # three squares, one above the other
    in_thirds = [at(drawn, width / 2, height * third / 6) for third in (1, 3, 5)]
    assert in_thirds == ["3", "0", "12"]  # from south to north
    assert {label.code: label.text for label in drawn.labels} == {
        "south": "South\n3",
        "middle": "Middle",
        "north": "North\n12",
    }
    for third, code in enumerate(("south", "middle", "north")):
        (label,) = (label for label in drawn.labels if label.code == code)
        assert height * third / 3 < label.edges[1] < label.edges[3] < height * (third + 1) / 3


def test_zero_is_white_and_more_people_are_darker(base: BaseMap) -> None:
    drawn = draw_map(base, WORDS, shown(south=1, middle=0, north=9))
    assert [key.text for key in drawn.keys] == ["0", "1", "9"]
    assert drawn.keys[0].colour == (1, 1, 1)
    lightness = [sum(key.colour) for key in drawn.keys if not isinstance(key.colour, str)]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(lightness)) == 3


def test_shared_shades_are_all_in_the_legend_and_colour_alike(base: BaseMap) -> None:
    shades = (CountClass(0, 0), CountClass(1, 4), CountClass(5, 9), CountClass(10, 40))
    many = draw_map(base, WORDS, shown(south=1, middle=12, north=40), shades)
    few = draw_map(base, WORDS, shown(south=4, middle=0, north=1), shades, {"south": "80%"})
    assert [key.text for key in few.legend] == ["0", "1–4", "5–9", "10–40"]  # noqa: RUF001
    assert (many.numbers, few.numbers) == ((1, 3, 3), (1, 0, 1))
    assert few.keys == many.keys
    assert {label.text for label in few.labels} == {"South\n4 (80%)", "Middle", "North\n1"}


def test_codes_without_an_area_and_areas_without_a_code_are_told(
    layer: Layer, caplog: pytest.LogCaptureFixture
) -> None:
    base = base_map("districts", places("south", "east", "west"), layer)
    assert [place.code for place in base.without_area] == ["east", "west"]
    assert len(base.strangers) == 2
    assert [key.text for key in draw_map(base, WORDS, shown(south=3)).legend] == ["0", "3", "no code"]
    assert [record.message for record in caplog.records] == [
        'Maps of districts: 2 codes have no area: "east", "west"',
        'Maps of districts: 2 areas have no code: "middle", "north"',
    ]
    drawn = draw_map(base, WORDS, shown(south=4, east=2, west=1))
    assert [label.text for label in drawn.labels] == ["South\n4"]
    assert "no code" in _texts(drawn)


def test_two_areas_of_one_code_are_one_place(districts: gpd.GeoDataFrame, write: Callable[..., Path]) -> None:
    districts["pcode"] = ["south", "middle", "south"]
    layer = read_layer(write(districts, "d.geojson"), "pcode", "Boundaries[0]")
    base = base_map("districts", places("south", "middle"), layer)
    drawn = draw_map(base, WORDS, shown(south=5, middle=1))
    width, height = base.size
    assert [at(drawn, width / 2, height * third / 6) for third in (1, 3, 5)] == ["5", "1", "5"]


def test_numbers_that_are_not_released_have_a_hatch_and_a_sign(base: BaseMap) -> None:
    counts = {"south": Cell("<5", None), "middle": Cell("<5", None), "north": Cell("17", 17)}
    drawn = draw_map(base, WORDS, counts)
    assert [(key.text, bool(key.hatch)) for key in drawn.keys] == [("0", False), ("17", False), ("<5", True)]
    assert [key.text for key in drawn.legend] == ["17", "<5"]
    width, height = base.size
    assert [at(drawn, width / 2, height * third / 6) for third in (1, 3, 5)] == ["<5", "<5", "17"]
    assert {label.text for label in drawn.labels} == {"South\n<5", "Middle\n<5", "North\n17"}
    assert "0" not in _texts(drawn)  # zero would be a small number too


def test_a_map_of_nobody_is_white(base: BaseMap) -> None:
    drawn = draw_map(base, WORDS, {})
    assert drawn.numbers == (0, 0, 0)
    assert [key.text for key in drawn.keys] == ["0"]
    assert drawn.legend == drawn.keys


def test_one_participant_is_a_map(base: BaseMap) -> None:
    assert draw_map(base, WORDS, shown(middle=1)).numbers == (0, 1, 0)


@pytest.mark.slow
def test_no_text_is_cut(base: BaseMap) -> None:
    words = Words("Maxay tahay " * 20, "waxyaabaha ugu muhiimsan " * 10, ("qoraal dheer " * 40, "x" * 200))
    figure = draw_map(base, words, shown(south=3)).figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    paper = figure.bbox
    for texts in (figure.texts, *(axes.texts for axes in figure.axes)):
        for text in texts:
            extent = text.get_window_extent(canvas.get_renderer())
            assert paper.x0 <= extent.x0 <= extent.x1 <= paper.x1, text.get_text()
            assert paper.y0 <= extent.y0 <= extent.y1 <= paper.y1, text.get_text()


@pytest.mark.slow
def test_the_file_has_300_dots_an_inch_and_the_same_bytes_twice(base: BaseMap) -> None:
    first, second = (png(draw_map(base, WORDS, shown(south=3, north=9)).figure, 300) for _ in range(2))
    assert first == second
    image = Image.open(io.BytesIO(first))
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert image.width == 7.2 * 300
    pixels: list[tuple[int, Any]] = image.convert("RGB").getcolors(image.width * image.height) or []
    assert max(pixels) == (max(count for count, _ in pixels), (255, 255, 255))
    assert (0x99, 0x3E, 0x46) in {
        tuple(round(part) for part in colour) for _, colour in pixels if _near(colour)
    } or any(_near(colour) for _, colour in pixels)


def _near(colour: tuple[int, ...]) -> bool:
    return all(abs(part - wanted) <= 2 for part, wanted in zip(colour, (0x99, 0x3E, 0x46), strict=True))


def _texts(drawn: Drawn) -> list[str]:
    return [text.get_text() for axes in drawn.figure.axes for text in axes.texts]
