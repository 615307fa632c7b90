"""What the maps of a project cost: as many as the predecessor's largest project had, of invented people."""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from pipeline_lib.analysis.charts.figure_layout import Words
from pipeline_lib.analysis.map_places import Place
from pipeline_lib.analysis.maps.base import BaseMap, base_map
from pipeline_lib.analysis.maps.files import write_maps
from pipeline_lib.analysis.maps.maps import Map
from pipeline_lib.analysis.maps.schematic import schematic_layer
from pipeline_lib.disclosure.release import Cell

LEVELS = ("regions", "districts", "mogadishu")
MAPS_PER_LEVEL = 56
"""One of all participants, and in seven episodes one of the relevant and 48 of themes."""

_PEOPLE = 800
_WORDS = Words(
    "Unity and cohesion: elections s01e01",
    "Participants who gave this theme, by district",
    (f"n = {_PEOPLE} participants.", "Invented people, to measure how long a map takes."),
)


def main(arguments: list[str]) -> None:
    """Draw the maps of each level and print what they took."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.maps")
    parser.add_argument("levels", nargs="*", default=LEVELS, help="levels of maps")
    parser.add_argument("--maps", type=int, default=MAPS_PER_LEVEL, help="maps a level")
    options = parser.parse_args(arguments)
    began_at = time.monotonic()
    bases = {level: _base(level) for level in options.levels}
    maps = [map_ for base in bases.values() for map_ in _invented(base, options.maps)]
    _say(f"{'areas and their places':<30} {time.monotonic() - began_at:>8.1f} s")
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        drawing_at = time.monotonic()
        for _ in write_maps(folder, maps, bases):
            pass
        seconds = time.monotonic() - drawing_at
        size = sum(path.stat().st_size for path in folder.rglob("*.png"))
    _say(f"{f'{len(maps)} maps of 300 dpi':<30} {seconds:>8.1f} s", f"{'one map':<30} {seconds / len(maps):>8.2f} s")
    _say(f"{'their files':<30} {size / 10**6:>8.1f} MB")


def _base(level: str) -> BaseMap:
    layer = schematic_layer(level)
    return base_map(level, tuple(Place(name, name.title(), (name,)) for name in sorted(layer.areas["name"])), layer)


def _invented(base: BaseMap, count: int) -> list[Map]:
    """Maps on which many people are in few places, as in any project."""
    chance = Random(base.level)  # noqa: S311 - the same maps every time
    codes = [shape.place.code for shape in base.shapes]
    weights = [chance.paretovariate(1.2) for _ in codes]
    maps = []
    for number in range(count):
        told = chance.choices(codes, weights, k=_PEOPLE // (1 + number % 8))
        counts = {code: Cell(str(told.count(code)), told.count(code)) for code in codes}
        maps.append(Map(base.level, f"{base.level}_{number}.png", "", _WORDS, counts))
    return maps


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201 - what was asked for


if __name__ == "__main__":
    main(sys.argv[1:])
