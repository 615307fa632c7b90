"""The style of all drawings: type, and colours that differ for the colour-blind and on a black-and-white printer.

Figures are made and saved without pyplot, whose state is global; the same figure always gives the same bytes.
"""

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from typing import Any, NamedTuple

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import TextToPath

FONT = "Roboto Subset"
_ETHIOPIC = "Ethiopic Subset"
_FAMILIES = [FONT, "DejaVu Sans", _ETHIOPIC]
_ETHIOPIC_FILE = "Ethiopic-Regular-subset.ttf"
_FONT_FILES = {"normal": "Roboto-Regular-subset.ttf", "bold": "Roboto-Bold-subset.ttf"}

INK = "#1a1a1a"
MUTED = "#5f6368"
RULE = "#d7dade"
PAPER = "#ffffff"

PALETTE = ("#33658a", "#e69f00", "#1b998b", "#993e46", "#7fb7e6", "#6b5b95", "#c9a66b", "#4d4d4d")
"""Neighbours differ in lightness too; after Okabe and Ito (2008), darkened for white paper."""

HATCHES = ("", "////", "\\\\\\\\", "xxxx", "----", "++++")
"""Hatches distinguish bars of one colour, on paper and for the colour-blind; only lines, as dots make SVGs large."""

OTHER = "#b8bdc4"
"""For codes that are not themes: control and meta codes."""

PALE = 0.45
"""Opacity of bars for incomplete times, such as the week in which the project began."""

LEADING = 1.2
"""The distance from line to line of a text in a drawing, in type sizes."""

LINESPACING = LEADING / 1.319
"""The same in Matplotlib's own unit, the height of a line in the font's own measure."""

_PART = re.compile(r"[^-/]*[-/]+|[^-/]+")

_NOT_OF_A_PAGE = re.compile(
    r' id="[A-Za-z.\d]+_\d+"| xmlns:xlink="[^"]*"|<metadata>.*?</metadata>|<style.*?</style>', re.DOTALL
)
"""Of an SVG: ids that nothing refers to, which a page may have only once, and a style that would be all the page's."""

_ID = re.compile(r'(\bid="|url\(#|href="#)')

_STYLE: dict[Any, Any] = {
    "font.family": _FAMILIES,
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.titlesize": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "hatch.linewidth": 0.6,
    "hatch.color": PAPER,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "pipeline",
    "text.hinting": "no_hinting",
    "text.parse_math": False,
}


Colour = str | tuple[float, float, float]


class BarStyle(NamedTuple):
    """Colour and hatch of a bar."""

    colour: Colour
    hatch: str = ""


def bar_styles(themes: Iterable[str]) -> dict[str, BarStyle]:
    """A style for each theme, by its place among all of a project's: the same in every graph."""
    distinct = dict.fromkeys(themes)
    return {
        theme: BarStyle(PALETTE[number % len(PALETTE)], HATCHES[number // len(PALETTE) % len(HATCHES)])
        for number, theme in enumerate(distinct)
    }


@contextmanager
def styled() -> Iterator[None]:
    """Applies the style to everything drawn inside."""
    _load_fonts()
    with _without_warnings(), mpl.rc_context({**mpl.rcParamsDefault, **_STYLE}):  # overrides whatever was set before
        yield


@contextmanager
def _without_warnings() -> Iterator[None]:
    """A letter that no font has, such as an emoji, is a box, without a warning for each time it is drawn."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        yield


def font_files() -> dict[str, bytes]:
    """The font's files, by weight, for a page that shows the same type."""
    return {weight: files(__package__).joinpath(f"fonts/{name}").read_bytes() for weight, name in _FONT_FILES.items()}


@cache
def _load_fonts() -> None:
    for name in (*_FONT_FILES.values(), _ETHIOPIC_FILE):
        with as_file(files(__package__).joinpath(f"fonts/{name}")) as path:
            fontManager.addfont(path)
    # It has one weight: bold text takes it too, without a warning that there is none.
    ethiopic = next(font for font in fontManager.ttflist if font.name == _ETHIOPIC)
    fontManager.ttflist.append(replace(ethiopic, weight=700))


def svg(figure: Figure) -> bytes:
    """The figure as shapes; text too, so that it looks the same where the font is missing."""
    file = io.BytesIO()
    with styled():
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def inline_svg(figure: Figure, prefix: str) -> Markup:
    """The figure as a part of a page that has the font: its text stays text, and its ids begin with the prefix."""
    file = io.BytesIO()
    with styled(), mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    shapes = file.getvalue().decode()
    shapes = _NOT_OF_A_PAGE.sub("", shapes[shapes.index("<svg") :])
    return Markup(_ID.sub(rf"\1{prefix}-", shapes))  # noqa: S704 - Matplotlib escapes texts


@cache
def text_width(text: str, points: float, *, bold: bool = False) -> float:
    """How wide a line is, in points."""
    _load_fonts()
    font = FontProperties(family=_FAMILIES, size=points, weight="bold" if bold else "normal")
    with _without_warnings():
        width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def lines_of(text: str, points: float, width: float, *, bold: bool = False) -> list[str]:
    """The text in lines that are no wider than `width` points.

    It is broken at spaces; within a word only if that is wider, and then after a hyphen or a slash if it has any.
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, points, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines += _pieces(word, points, width, bold=bold)
    return lines or [""]


def parts_of(word: str) -> list[str]:
    """The parts of a word that may stand in lines of their own: what ends with a hyphen or a slash, then the rest."""
    return _PART.findall(word)


def _pieces(word: str, points: float, width: float, *, bold: bool) -> list[str]:
    def fits(text: str) -> bool:
        return text_width(text, points, bold=bold) <= width

    pieces = [""]
    for part in parts_of(word):
        if fits(pieces[-1] + part):
            pieces[-1] += part
            continue
        pieces += [""] if pieces[-1] else []
        for sign in part:
            if pieces[-1] and not fits(pieces[-1] + sign):
                pieces.append("")
            pieces[-1] += sign
    return pieces
