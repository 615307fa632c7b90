"""Drawings as PNG files. They have few colours, so a palette makes them small and quick to write."""

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from pipeline_lib.analysis.charts.style import styled

_COLOURS = 128
_COMPRESSION = 3
"""A higher level takes longer without a visible gain."""


def png(figure: Figure, dpi: int) -> bytes:
    """The figure at `dpi` dots per inch, without the time or the program in it."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with styled():
        canvas.draw()  # type: ignore[no-untyped-call]
    buffer = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    image = Image.frombuffer("RGBA", canvas.get_width_height(), buffer, "raw", "RGBA", 0, 1).convert("RGB")
    image = image.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    # The octree's white is not quite white, which shows on a page.
    image.putpalette([255 if part >= 252 else part for part in image.getpalette() or []])  # noqa: PLR2004 - nearly 255
    file = io.BytesIO()
    image.save(file, "png", compress_level=_COMPRESSION, dpi=(dpi, dpi))
    return file.getvalue()
