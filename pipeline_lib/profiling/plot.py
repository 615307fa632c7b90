"""Memory over time as a picture: the curve, and below it the steps, so that one sees which of them needs how much."""

import re
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mprof import read_mprofile_file

from pipeline_lib.errors import DataError, Problem

_WIDTH_INCHES = 9.0
_CURVE_INCHES = 3.0
_STEP_INCHES = 0.24
_CURVE, _STEP, _INK = "#33658a", "#e69f00", "#1a1a1a"
_NARROWEST_SHARE = 0.004
"""Of the picture's width: a step that is shorter would not be seen."""

_NUMBER = r"-?\d+(?:\.\d+)?"
_LINE = re.compile(rf"CMDLINE .*|MEM(?: {_NUMBER}){{2}}|CHLD(?: {_NUMBER}){{3}}|FUNC \S+(?: {_NUMBER}){{4,5}}")


class _Span(NamedTuple):
    name: str
    began_at: float
    ended_at: float
    peak_mib: float


def draw_memory(profile: Path, to: Path) -> None:
    """Draws a profile that `memory_profile` or `mprof run` has written, as whatever the picture's suffix says.

    Raises:
        DataError: It is no memory profile, or has no samples.
        OSError: It cannot be read, or the picture cannot be written.
    """
    name, times, memory_mib, spans = _read(profile)
    height = _CURVE_INCHES + _STEP_INCHES * (len(spans) + 2)
    figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    curve, steps = figure.subplots(2, sharex=True, height_ratios=[_CURVE_INCHES, max(1, len(spans)) * _STEP_INCHES])
    curve.fill_between(times, memory_mib, color=_CURVE, alpha=0.25, linewidth=0)
    curve.plot(times, memory_mib, color=_CURVE, linewidth=1.2)
    peak = max(memory_mib)
    at = times[memory_mib.index(peak)]
    curve.annotate(f"{peak:,.0f} MiB", (at, peak), (0, 3), textcoords="offset points", ha="center", color=_INK)
    curve.set(ylim=(0, peak * 1.12), ylabel="MiB, with child processes")
    curve.set_title(f"Memory of {name}", loc="left", color=_INK)
    _draw_steps(steps, spans, max(times))
    steps.set(xlabel="seconds", xlim=(0, max(times) or 1))
    for axes in (curve, steps):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(to, dpi=150)


def _draw_steps(axes: Axes, spans: list[_Span], whole_seconds: float) -> None:
    """A bar a step, in the order of their beginnings; at its end the most that there was while it ran."""
    widths = [max(span.ended_at - span.began_at, whole_seconds * _NARROWEST_SHARE) for span in spans]
    rows = range(len(spans))
    axes.barh(rows, widths, left=[span.began_at for span in spans], height=0.7, color=_STEP)
    figures = [f"{span.ended_at - span.began_at:,.1f} s, {span.peak_mib:,.0f} MiB" for span in spans]
    axes.set_yticks(rows, [span.name for span in spans], fontsize=8)
    axes.set_ylim(len(spans) - 0.4, -0.6)
    right = axes.secondary_yaxis("right")
    right.set_yticks(rows, figures, fontsize=8)
    for ticks in (axes, right):
        ticks.tick_params(axis="y", length=0)
    right.spines["right"].set_visible(False)


def _read(profile: Path) -> tuple[str, list[float], list[float], list[_Span]]:
    """What was profiled, seconds since the first sample, MiB at each, and the steps."""
    lines = profile.read_text(encoding="utf-8", errors="replace").splitlines()
    if not all(map(_LINE.fullmatch, lines)) or not any(line.startswith("MEM ") for line in lines):
        right = "name a file that --profile-memory or mprof run has written"
        raise DataError(Problem(str(profile), "is no memory profile, or one without samples", right))
    read = read_mprofile_file(profile)
    first = read["timestamp"][0]
    times = [time - first for time in read["timestamp"]]
    samples = list(zip(times, read["mem_usage"], strict=True))
    spans = [
        _span(name, execution[0] - first, execution[1] - first, max(execution[2:4]), samples)
        for name, executions in read["func_timestamp"].items()
        for execution in executions
    ]
    name = (read["cmd_line"] or profile.stem).strip()
    return name, times, read["mem_usage"], sorted(spans, key=lambda span: (span.began_at, -span.ended_at))


def _span(name: str, began_at: float, ended_at: float, at_its_ends: float, samples: list[tuple[float, float]]) -> _Span:
    inside = [memory for time, memory in samples if began_at <= time <= ended_at]
    words = name.partition(".")[2].replace("_", " ")
    return _Span(words or name, max(began_at, 0.0), ended_at, max([at_its_ends, *inside]))
