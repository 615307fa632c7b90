"""What a benchmark prints."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from sandbox.benchmark.costs import Cost

TRACED = "Writing traced data"
"""The step that is told apart."""

_WIDTH = 38
_GIGABYTE = 10**9


def lines_of(name: str, costs: Sequence[Cost]) -> Iterator[str]:
    """The table of one run: its steps, then all of them together, then what is told apart."""
    steps = costs[1:]
    yield f"{name:<{_WIDTH}} {'rows':>11} {'wall s':>8} {'CPU s':>8} {'peak GB':>8}"
    yield from (_line(cost) for cost in steps if cost.description != TRACED)
    yield _line(without_traced(costs))
    yield from (_line(cost) for cost in steps if cost.description == TRACED)


def without_traced(costs: Sequence[Cost]) -> Cost:
    """The whole run but for traced data: the time of all else, and the memory before they are written."""
    whole, *steps = costs
    traced = [cost for cost in steps if cost.description == TRACED]
    return whole._replace(
        description="All but traced data" if traced else whole.description,
        wall_seconds=whole.wall_seconds - sum(cost.wall_seconds for cost in traced),
        cpu_seconds=whole.cpu_seconds - sum(cost.cpu_seconds for cost in traced),
        peak_bytes=max(cost.peak_bytes for cost in takewhile(lambda cost: cost not in traced, steps)),
    )


def growth_line(smaller: tuple[str, Cost], larger: tuple[str, Cost]) -> str:
    """How many times the time a larger input takes."""
    (few, before), (many, after) = smaller, larger
    wall, cpu = after.wall_seconds / before.wall_seconds, after.cpu_seconds / before.cpu_seconds
    return f"From {few} to {many}: {wall:.1f} times the wall time, {cpu:.1f} times the CPU time"


def _line(cost: Cost) -> str:
    rows = "" if cost.row_count is None else f"{cost.row_count:,}"
    description = "  " * (cost.depth - 1) + cost.description
    return (
        f"{description:<{_WIDTH}} {rows:>11} {cost.wall_seconds:>8.2f} {cost.cpu_seconds:>8.2f}"
        f" {cost.peak_bytes / _GIGABYTE:>8.2f}"
    )
