"""What graphs draw: numbers as the length of bars, texts on the paper, the same bytes twice."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from pipeline_lib.analysis.charts.bars import Bar, Row, draw_bars
from pipeline_lib.analysis.charts.empty import NO_DATA
from pipeline_lib.analysis.charts.figure_layout import NARROW, WIDE, Layout, Words
from pipeline_lib.analysis.charts.heatmap import HeatmapColumn, HeatmapRow, Share, draw_heatmap
from pipeline_lib.analysis.charts.legend import Key
from pipeline_lib.analysis.charts.pixels import png
from pipeline_lib.analysis.charts.style import HATCHES, PALETTE, BarStyle, bar_styles, lines_of, svg, text_width
from pipeline_lib.analysis.charts.traffic import Promotion, Slot, draw_traffic
from pipeline_lib.analysis.charts.weeks import Week, draw_weeks
from pipeline_lib.disclosure.release import Cell

pytestmark = pytest.mark.slow

SOMALI = (
    "Maxaad u malaynaysaa in ay tahay waxyaabaha ugu muhiimsan ee bulshadu u baahan tahay si loo helo nabad waarta?"
)
WORDS = Words("Themes", "Participants", ("A caption.",))
LONG = Words(SOMALI * 2, SOMALI * 2, (SOMALI * 3, "x" * 300))
NOON = datetime(2025, 9, 6, 12)  # noqa: DTZ001 - as clocks there show it


def cell(count: int) -> Cell:
    return Cell(str(count), count)


def bars(
    words: Words = WORDS, label: str = "water", counts: tuple[int, ...] = (3, 12), layout: Layout = WIDE
) -> Figure:
    rows = [
        Row(f"{label} {place}", (Bar(cell(count), BarStyle("red"), cell(20)),)) for place, count in enumerate(counts)
    ]
    return draw_bars(words, rows, layout=layout)


def weeks(words: Words = WORDS, counts: tuple[int, ...] = (3, 12), layout: Layout = WIDE) -> Figure:
    shown = [
        Week(date(2025, 9, 1) + timedelta(weeks=place), cell(2 * count), cell(count))
        for place, count in enumerate(counts)
    ]
    return draw_weeks(words, shown, layout)


def traffic(
    words: Words = WORDS, label: str = "Promo", counts: tuple[int, ...] = (3, 12), layout: Layout = WIDE
) -> Figure:
    slots = [Slot(NOON + timedelta(days=place), cell(2 * count), cell(count)) for place, count in enumerate(counts)]
    promotions = [
        Promotion(label, NOON, NOON + timedelta(hours=6), cell(5), cell(4)),
        Promotion(label, NOON + timedelta(hours=3), NOON + timedelta(days=1), cell(7), cell(6)),
        Promotion("never", NOON + timedelta(days=1), NOON, cell(0), cell(0)),
    ]
    return draw_traffic(words, slots, timedelta(days=1), promotions, layout)


def heat(
    words: Words = WORDS, label: str = "water", counts: tuple[int, ...] = (3, 12), layout: Layout = WIDE
) -> Figure:
    columns = [HeatmapColumn(f"{label} e01"), HeatmapColumn("e02")]
    return draw_heatmap(words, columns, [HeatmapRow(label, (cell(count), None)) for count in counts], layout)


DRAW = [bars, weeks, traffic, heat]


@pytest.mark.parametrize("draw", DRAW)
def test_the_same_graph_twice_is_the_same_bytes(draw: Callable[[], Figure]) -> None:
    assert svg(draw()) == svg(draw())
    assert png(draw(), 200) == png(draw(), 200)


@pytest.mark.parametrize("draw", DRAW)
def test_files_carry_no_time_and_no_program(draw: Callable[[], Figure]) -> None:
    assert b"<dc:date>" not in svg(draw())
    assert b"Matplotlib" not in svg(draw())
    assert b"Software" not in png(draw(), 200)


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize("draw", [bars, traffic, heat])
def test_long_somali_texts_are_wrapped_and_not_cut(draw: Callable[..., Figure], layout: Layout) -> None:
    _assert_all_on_paper(draw(LONG, SOMALI, layout=layout))
    _assert_all_on_paper(draw(LONG, "Z" * 200, layout=layout))


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_the_words_around_weeks_are_not_cut(layout: Layout) -> None:
    _assert_all_on_paper(weeks(LONG, tuple(range(1, 120)), layout))


@pytest.mark.parametrize("draw", DRAW)
def test_a_narrow_graph_is_drawn_for_its_width_in_type_of_the_same_size(draw: Callable[..., Figure]) -> None:
    wide, narrow = draw(), draw(layout=NARROW)
    assert (wide.get_figwidth(), narrow.get_figwidth()) == (8, 3.5)
    sizes = [{text.get_fontsize() for axes in figure.axes for text in axes.texts} for figure in (wide, narrow)]
    assert sizes[0] == sizes[1]
    _assert_all_on_paper(narrow)


def test_narrow_bars_have_their_labels_above_them() -> None:
    (axes,) = bars(layout=NARROW).axes
    labels = [text for text in axes.texts if text.get_text().startswith("water")]
    for label, bar in zip(labels, axes.patches, strict=True):
        assert label.xy[1] < bar.get_y()  # type: ignore[attr-defined]


def test_columns_without_room_beside_the_others_go_below_them_and_groups_stay_together() -> None:
    columns = [HeatmapColumn(name, group) for group, names in (("sex", "mw"), ("age", "abcde")) for name in names]
    rows = [HeatmapRow("water", tuple(Share(f"{share}%", share) for share in range(7)))]
    (together,) = draw_heatmap(WORDS, columns, rows).axes
    texts = [text.get_text() for text in together.texts]
    assert texts == ["sex", "age", *"mwabcde", "water", *(f"{share}%" for share in range(7))]
    first, second = draw_heatmap(WORDS, columns, rows, NARROW).axes
    assert [text.get_text() for text in first.texts] == ["sex", "m", "w", "water", "0%", "1%"]
    assert [text.get_text() for text in second.texts] == ["age", *"abcde", "water", "2%", "3%", "4%", "5%", "6%"]


def test_a_row_without_numbers_in_a_part_is_not_there() -> None:
    columns = [HeatmapColumn(f"e{number}") for number in range(8)]
    rows = [HeatmapRow("water", (cell(4), *[None] * 7)), HeatmapRow("health", (*[None] * 7, cell(3)))]
    first, second = draw_heatmap(WORDS, columns, rows, NARROW).axes
    assert "health" not in [text.get_text() for text in first.texts]
    assert "water" not in [text.get_text() for text in second.texts]


@pytest.mark.parametrize("draw", DRAW)
@pytest.mark.parametrize("counts", [(), (0, 0)])
def test_a_graph_without_data_says_so(draw: Callable[..., Figure], counts: tuple[int, ...]) -> None:
    figure = draw(WORDS, counts=counts)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [NO_DATA]
    assert [text.get_text() for text in figure.texts] == ["Themes", "Participants", "A caption."]


def test_a_bar_is_as_long_as_its_number_and_has_its_share() -> None:
    figure = bars(counts=(3, 12, 0, 1200))
    (axes,) = figure.axes
    assert [patch.get_width() for patch in axes.patches] == [3, 12, 0, 1200]  # type: ignore[attr-defined]
    assert [text.get_text() for text in axes.texts] == [
        "water 0", "3  (15.0%)", "water 1", "12  (60.0%)", "water 2", "0  (0.0%)", "water 3", "1,200  (6000.0%)",
    ]  # fmt: skip


def test_a_number_that_is_not_shown_has_its_sign_and_no_bar() -> None:
    whole = cell(20)
    rows = [
        Row("few", (Bar(Cell("<5", None), BarStyle("red"), whole),)),
        Row("told by others", (Bar(Cell("*", None), BarStyle("red"), whole),)),
        Row("many", (Bar(cell(8), BarStyle("red"), Cell("*", None)),)),
    ]
    (axes,) = draw_bars(WORDS, rows).axes
    assert [patch.get_width() for patch in axes.patches] == [0, 0, 8]  # type: ignore[attr-defined]
    assert [text.get_text() for text in axes.texts][1::2] == ["<5", "*", "8"]


def test_a_share_of_nothing_is_no_share() -> None:
    (axes,) = draw_bars(WORDS, [Row("a", (Bar(cell(1), BarStyle("red"), cell(0)),))]).axes
    assert [text.get_text() for text in axes.texts] == ["a", "1"]


def test_several_bars_of_a_row_stand_below_each_other_and_the_legend_says_which_is_which() -> None:
    row = Row("e01", (Bar(cell(9), BarStyle("red")), Bar(cell(4), BarStyle("blue", "//"))))
    legend, axes = draw_bars(WORDS, [row], [Key("opted in", "red"), Key("relevant", "blue", "//")]).axes
    assert [text.get_text() for text in legend.texts] == ["", "opted in", "relevant"]
    first, second = axes.patches
    assert first.get_y() < second.get_y()  # type: ignore[attr-defined]
    assert second.get_hatch() == "//"


def test_weeks_have_messages_beside_individuals() -> None:
    axes = weeks(counts=(3, 12)).axes[-1]
    messages, individuals = _series(axes)
    assert [bar.get_height() for bar in messages] == [6, 24]
    assert [bar.get_height() for bar in individuals] == [3, 12]
    assert {bar.get_hatch() for bar in individuals} == {"////"}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1 Sep", "8 Sep"]
    assert [text.get_text() for text in axes.texts] == ["6", "3", "24", "12"]


def test_the_dates_of_many_weeks_do_not_run_into_each_other() -> None:
    figure = weeks(counts=tuple(range(1, 105)))
    _assert_apart(figure, figure.axes[-1].get_xticklabels())


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize("week_count", [7, 60])
def test_what_stands_above_and_below_weeks_is_on_the_paper_and_apart(week_count: int, layout: Layout) -> None:
    def shown(messages: Cell, individuals: Cell) -> Axes:
        days = [date(2025, 9, 1) + timedelta(weeks=place) for place in range(week_count)]
        parts = ["2 of 7 days", *[""] * (week_count - 2), "5.7 of 7 days"]
        weeks = [
            Week(day, messages, individuals, part) if place != 1 else Week(day, cell(9), cell(9), part)
            for place, (day, part) in enumerate(zip(days, parts, strict=True))
        ]
        axes = draw_weeks(WORDS, weeks, layout).axes[-1]
        _assert_apart(axes.figure, sorted(axes.texts, key=lambda text: text.xy[0]))  # type: ignore[attr-defined,arg-type]
        _assert_dates_are_apart(axes)
        return axes

    assert len(shown(Cell("98,765", 98765), Cell("98,764", 98764)).texts) in {2 * week_count, 0}
    assert len(shown(Cell("<5", None), Cell("<5", None)).texts) > 1


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize("slot_count", [1, 29])
@pytest.mark.parametrize("slot", [timedelta(days=1), timedelta(hours=1)], ids=["days", "hours"])
def test_dates_below_traffic_are_on_the_paper_and_apart(slot_count: int, slot: timedelta, layout: Layout) -> None:
    slots = [Slot(NOON + place * slot, cell(9), cell(8)) for place in range(slot_count)]
    month = timedelta(days=30)
    for promotions in (
        [],
        [Promotion("earlier", NOON - month, NOON, cell(5), cell(4))],
        [Promotion("later", NOON, NOON + 2 * month, cell(5), cell(4))],
    ):
        _, plot, *_ = draw_traffic(WORDS, slots, slot, promotions, layout).axes
        _assert_dates_are_apart(plot)


def test_dates_of_a_project_of_more_than_a_year_have_their_year() -> None:
    assert [label.get_text() for label in weeks(counts=(1, *[9] * 52)).axes[-1].get_xticklabels()][:1] == ["1 Sep"]
    assert [label.get_text() for label in weeks(counts=(1, *[9] * 53)).axes[-1].get_xticklabels()][:1] == ["1 Sep 2025"]
    slots = [Slot(NOON + timedelta(days=place), cell(9), cell(8)) for place in range(400)]
    promotions = [Promotion("again", NOON, NOON + timedelta(days=370), cell(5), cell(4))]
    for layout in (WIDE, NARROW):
        figure = draw_traffic(WORDS, slots, timedelta(days=1), promotions, layout)
        texts = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert {"6 Sep 2025 12:00 to", "11 Sep 2026 12:00"} <= set(texts)
        assert figure.axes[1].get_xticklabels()[0].get_text() == "6 Sep 2025"
        _assert_dates_are_apart(figure.axes[1])


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_a_text_of_many_lines_leaves_the_others_alone(layout: Layout) -> None:
    columns = [HeatmapColumn(SOMALI * 2), HeatmapColumn("e02")]
    figure = draw_heatmap(WORDS, columns, [HeatmapRow(SOMALI, (cell(3), cell(4)))], layout)
    heading = figure.axes[0].texts[0]
    subtitle = next(text for text in figure.texts if text.get_text() == WORDS.subtitle)
    assert _extent(heading).y1 < _extent(subtitle).y0
    (axes,) = bars(label=SOMALI * 3, layout=NARROW).axes
    for label, bar in zip(axes.texts[::2], axes.patches, strict=True):
        assert _extent(label).y0 >= bar.get_window_extent().y1 - 1


def test_traffic_has_relevant_messages_within_all_and_ranges_behind() -> None:
    figure = traffic(counts=(3, 12))
    _, plot, strip, listed = figure.axes
    opted_in, relevant = _series(plot)
    assert [bar.get_height() for bar in opted_in] == [6, 24]
    assert [bar.get_height() for bar in relevant] == [3, 12]
    assert [bar.get_x() for bar in opted_in] == [0, 1]
    ranges = [bar for container in _series(strip) for bar in container]
    assert [(bar.get_x(), bar.get_width()) for bar in ranges] == [(0, 0.25), (0.125, 0.875)]
    assert [bar.get_y() for bar in ranges] == pytest.approx([0.1, 1.1])  # overlapping ones above each other
    assert [text.get_text() for text in strip.texts] == ["1", "2"]
    assert [text.get_text() for text in listed.texts][5:10] == ["1", "Promo", "6 Sep 12:00 to 6 Sep 18:00", "5", "4"]
    assert [text.get_text() for text in listed.texts][-5:] == ["3", "never", "7 Sep 12:00 to 6 Sep 12:00", "0", "0"]


@pytest.mark.parametrize(
    ("hours", "dates"),
    [
        (60, ["7 Sep", "8 Sep"]),
        (20, [f"6 Sep {when}:00" for when in ("12", "15", "18", "21")] + [f"7 Sep 0{h}:00" for h in (0, 3, 6)]),
    ],
)
def test_hours_are_dated_at_midnight_where_there_are_days(hours: int, dates: list[str]) -> None:
    slots = [Slot(NOON + timedelta(hours=number), cell(9), cell(8)) for number in range(hours)]
    plot = draw_traffic(WORDS, slots, timedelta(hours=1), []).axes[-1]
    assert [label.get_text() for label in plot.get_xticklabels()] == dates
    # Noon is where the axis begins.
    assert plot.get_xticks()[0] == (0.5 if hours == 60 else 0)


def test_the_only_hour_is_an_hour_wide() -> None:
    plot = draw_traffic(WORDS, [Slot(NOON, cell(9), cell(8))], timedelta(hours=1), []).axes[-1]
    assert plot.get_xlim() == pytest.approx((0, 1 / 24))
    assert [label.get_text() for label in plot.get_xticklabels()] == ["6 Sep 12:00"]


def test_a_day_whose_number_is_not_released_has_no_bar() -> None:
    slots = [Slot(NOON, Cell("<5", None), Cell("<5", None)), Slot(NOON + timedelta(days=1), cell(9), cell(8))]
    plot = draw_traffic(WORDS, slots, timedelta(days=1), []).axes[-1]
    assert [bar.get_height() for bar in _series(plot)[0]] == [0, 9]
    assert [text.get_text() for text in plot.texts] == []


def test_the_larger_a_number_the_darker_its_cell() -> None:
    row = HeatmapRow("water", (cell(0), cell(10), cell(40), None, Cell("<5", None)))
    (axes,) = draw_heatmap(WORDS, [HeatmapColumn(name) for name in "abcde"], [row]).axes
    lightness = [sum(to_rgb(patch.get_facecolor())) for patch in axes.patches]
    assert lightness[0] > lightness[1] > lightness[2]
    assert lightness[3] == lightness[0]
    assert [text.get_text() for text in axes.texts][7:] == ["0", "10", "40", "<5"]


def test_numbers_can_be_read_on_every_shade() -> None:
    row = HeatmapRow("water", tuple(cell(count) for count in range(0, 101, 2)))
    (axes,) = draw_heatmap(WORDS, [HeatmapColumn("")] * 51, [row], Layout(60)).axes
    for text, patch in zip(axes.texts[-51:], axes.patches, strict=True):
        assert _contrast(str(text.get_color()), to_hex(patch.get_facecolor())) > 4, text.get_text()


def test_a_theme_looks_the_same_wherever_it_is() -> None:
    themes = [f"theme {number}" for number in range(40)]
    assert bar_styles(themes)["theme 7"] == bar_styles([*themes, "theme 7"])["theme 7"] == BarStyle(PALETTE[7], "")
    distinct = {(style.colour, style.hatch) for style in bar_styles(themes).values()}
    assert len(distinct) == 40 == len(PALETTE) * (len(HATCHES) - 1)


def test_neighbours_in_the_palette_differ_in_grey_too() -> None:
    lightness = [_lightness(colour) for colour in PALETTE]
    assert all(abs(one - other) >= 12 for one, other in pairwise(lightness))


def _lightness(colour: str) -> float:
    """As eyes see it, from 0 to 100: L* of CIELAB."""
    return 116 * _luminance(colour) ** (1 / 3) - 16


def _contrast(one: str, other: str) -> float:
    """As WCAG defines it, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_lines_are_as_wide_as_there_is_room_and_keep_every_word() -> None:
    lines = lines_of(SOMALI, 9, 150)
    assert " ".join(lines) == SOMALI
    assert all(text_width(line, 9) <= 150 for line in lines)
    pieces = lines_of("x" * 100, 9, 150)
    assert "".join(pieces) == "x" * 100
    assert all(text_width(piece, 9) <= 150 for piece in pieces)
    assert lines_of("", 9, 150) == [""]


def test_a_word_that_is_too_wide_is_broken_after_its_hyphen() -> None:
    assert lines_of("a mother-tongue", 9, 35) == ["a", "mother-", "tongue"]
    assert lines_of("kiswahili/english", 9, 40) == ["kiswahili/", "english"]
    assert lines_of("a mother-tongue", 9, 70) == ["a mother-tongue"]


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_no_word_of_a_heading_is_broken_though_others_need_less_room(layout: Layout) -> None:
    languages = [
        HeatmapColumn(f"{name} (21)", "Language") for name in ("mother-tongue", "kiswahili", *["languages"] * 7)
    ]
    columns = [HeatmapColumn("man (3)", "Gender"), HeatmapColumn("woman (4)", "Gender"), *languages]
    (axes, *others) = draw_heatmap(WORDS, columns, [HeatmapRow("water", (cell(3),) * 11)], layout).axes
    headings = [text for each in (axes, *others) for text in each.texts if "(" in text.get_text()]
    words = [word for text in headings for word in text.get_text().split()]
    assert {*words} <= {
        "man",
        "woman",
        "mother-tongue",
        "mother-",
        "tongue",
        "kiswahili",
        "languages",
        "(3)",
        "(4)",
        "(21)",
    }
    for each in (axes, *others):
        shown = [text for text in each.texts if "(" in text.get_text()]
        _assert_apart(each.figure, shown)  # type: ignore[arg-type]


def test_a_dollar_sign_is_a_dollar_sign() -> None:
    assert b"water" not in svg(bars(label="$x^2$ costs $5"))  # drawn as letters, without an error
    _assert_all_on_paper(bars(label="$x^2$ costs $5 \\frac"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_letters_of_ethiopia_are_drawn_and_what_no_font_has_is_a_box(layout: Layout) -> None:
    amharic = "\N{ETHIOPIC SYLLABLE WE}\N{ETHIOPIC SYLLABLE HAA}"
    figure = bars(Words(amharic, amharic, (amharic,)), label=amharic, layout=layout)
    boxes = bars(label="\N{DROPLET}\N{DROPLET}", layout=layout)
    for each in (figure, boxes):
        png(each, 100)
    shapes = [re.findall(rb'<path id="([^"]+)" d', svg(each)) for each in (figure, boxes)]
    assert any(b"EthiopicSubset" in name for name in shapes[0])
    assert not any(b"LastResort" in name for name in shapes[0])
    assert any(b"LastResort" in name for name in shapes[1])


def test_drawing_warns_of_no_font() -> None:
    code = """
import logging, warnings
warnings.simplefilter("error")
logging.basicConfig(level=logging.WARNING)
from tests.unit.analysis.charts.test_drawn_graphs import bars, png
png(bars(label="ሰላም"), 100)
"""
    drawn = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=600)
    assert (drawn.stdout, drawn.stderr) == ("", "")


def test_letters_of_other_scripts_are_drawn_too() -> None:
    figure = bars(label="Nabad \N{ARABIC LETTER SEEN}\N{ARABIC LETTER LAM}\N{ARABIC LETTER ALEF}\N{ARABIC LETTER MEEM}")
    assert len(svg(figure)) > 10_000


def test_no_drawing_needs_pyplot() -> None:
    code = """
import sys
import pipeline_lib.analysis.charts.graphs, pipeline_lib.analysis.maps.files, pipeline_lib.analysis.maps.schematic
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


def _series(axes: Axes) -> list[BarContainer]:
    return [container for container in axes.containers if isinstance(container, BarContainer)]


def _assert_all_on_paper(figure: Figure) -> None:
    figure.set_dpi(400)  # with few dots an inch, letters are wider: whole dots
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    paper = figure.bbox
    for texts in (figure.texts, *(axes.texts for axes in figure.axes)):
        for text in texts:
            extent = text.get_window_extent(canvas.get_renderer())
            assert paper.x0 <= extent.x0 <= extent.x1 <= paper.x1, text.get_text()
            assert paper.y0 <= extent.y0 <= extent.y1 <= paper.y1, text.get_text()


def _assert_dates_are_apart(axes: Axes) -> None:
    labels = axes.get_xticklabels()
    _assert_apart(axes.figure, labels)  # type: ignore[arg-type]
    assert all(_extent(label).x1 <= axes.figure.bbox.x1 for label in labels)


def _extent(text: Text) -> Bbox:
    figure = text.get_figure(root=True)
    assert figure is not None
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return text.get_window_extent(canvas.get_renderer())


def _assert_apart(figure: Figure, texts: object) -> None:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    extents = [text.get_window_extent(canvas.get_renderer()) for text in texts]  # type: ignore[attr-defined]
    assert all(one.x1 < other.x0 for one, other in pairwise(extents))
