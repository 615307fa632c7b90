"""What disclosure control costs those who read an analysis: how far its numbers are from what was counted.

`python -m sandbox.benchmark.disclosure` prints it for the demo and for 100,000 invented messages, with the
default settings and always the same key.
"""

import argparse
import sys
import tempfile
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.analysis.frames import FOLDER as FRAMES
from pipeline_lib.analysis.frames import read_frames
from pipeline_lib.analysis.published_numbers import Distribution, Published
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.config import Project, load_project
from pipeline_lib.config.automated_analysis import AutomatedAnalysis, DisclosureControl
from pipeline_lib.disclosure.record_keys import SECRET_BYTES
from pipeline_lib.disclosure.release import Cell, Released
from pipeline_lib.sources.targets import raw_data_file_name
from pipeline_lib.stages.disclosure import perturbation_table
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, make_outputs, raw_data_names
from sandbox.airflow_server import SandboxError
from sandbox.benchmark.inputs import BenchmarkInput, demo_input, input_of_size, readable_config

SIZE = 100_000
MANY = 100
"""Shares of so many people are told apart."""

Cells = Mapping[Hashable, Cell]
"""By what they count, which is the same with disclosure control and without."""


class Deviations(NamedTuple):
    """How far released numbers are from what was counted."""

    what: str
    not_released_count: int
    deviations: Sequence[float]
    """Of each released number, without its sign."""
    zero_count: int = 0
    """How many of those that are not released are zero."""

    def line(self) -> str:
        """As a row of a table."""
        numbers = len(self.deviations) + self.not_released_count
        mean = sum(self.deviations) / max(1, len(self.deviations))
        largest = max(self.deviations, default=0)
        counts = f"{numbers:>9,} {self.not_released_count:>12,} {self.zero_count:>9,}"
        return f"{self.what:<44} {counts} {mean:>8.2f} {largest:>8.1f}"


def main(arguments: list[str]) -> None:
    """Prints a table for each input."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.disclosure")
    parser.add_argument("sizes", nargs="*", type=int, default=[SIZE], help="numbers of messages, beside the demo's")
    options = parser.parse_args(arguments)
    for measured in (demo_input(), *map(input_of_size, options.sizes)):
        print(f"{measured.name:<44} {'numbers':>9} {'not released':>12} {'zeros':>9} {'mean':>8} {'largest':>8}")  # noqa: T201
        for each in deviations(*counted_and_released(measured)):
            print(each.line(), flush=True)  # noqa: T201 - what was asked for


def counted_and_released(measured: BenchmarkInput) -> tuple[Published, Published]:
    """What an input's analysis publishes without disclosure control, and with it."""
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        (folder / "disclosure.key").write_text("0" * SECRET_BYTES)
        project = _protected(load_project(readable_config(measured, folder)), folder / "disclosure.key")
        raw_data = {name: measured.raw_data / raw_data_file_name(name) for name in raw_data_names(project)}
        outputs = folder / "Outputs"
        outputs.mkdir()
        make_outputs(
            project, ProcessInputs(raw_data, measured.coded), outputs, ProcessRequest(datetime.now(UTC), "benchmark")
        )
        frames = read_frames(outputs / FRAMES)
    asked = project.config.automated_analysis or AutomatedAnalysis()
    counted, released = (
        release_numbers(
            frames, project.plans, asked, table=table, as_predecessor=project.config.keeps_predecessor_quirks
        )
        for table in (None, perturbation_table(project))
    )
    return counted, released


def _protected(project: Project, key: Path) -> Project:
    asked = project.config.automated_analysis or AutomatedAnalysis()
    control = DisclosureControl.model_validate({"KeyFileURL": str(key)})
    asked = asked.model_copy(update={"disclosure_control": control})
    return replace(
        project, config=project.config.model_copy(update={"automated_analysis": asked, "traced_data": False})
    )


def deviations(counted: Published, released: Published) -> Iterator[Deviations]:
    """How far numbers and shares are from what was counted."""
    true, shown = dict(_numbers_of_people(counted)), dict(_numbers_of_people(released))
    yield _deviations("people", true, shown)
    of_messages = dict(_numbers_of_messages(counted)), dict(_numbers_of_messages(released))
    yield _deviations("messages", *of_messages)
    yield _deviations("messages, % of each number", *of_messages, in_percent=True)
    true_shares, shares = dict(_shares(counted)), dict(_shares(released))
    yield _of_shares("shares, percentage points", true_shares, shares)
    many = {key: share for key, share in true_shares.items() if share.of >= MANY}
    yield _of_shares(f"shares of {MANY} people or more, points", many, shares)


class _Share(NamedTuple):
    of: int
    percent: float | None
    """None where a number of it is not released."""


def _distributions(published: Published) -> Iterator[tuple[Hashable, Distribution]]:
    for name in ("themes", "demographics", "places", "cross_tabs"):
        for number, each in enumerate(getattr(published, name)):
            yield (name, number), each


def _numbers_of_people(published: Published) -> Iterator[tuple[Hashable, Cell]]:
    for name, distribution in _distributions(published):
        yield from _cells(name, distribution.numbers)
    participation = published.participation
    yield from _cells("people", participation.people)
    for times, cell in enumerate(participation.repeats.cells(), start=1):
        yield ("repeats", times), cell
    for names, cell in zip(participation.combinations, participation.loyalty.cells(), strict=True):
        yield ("loyalty", names), cell
    for season, weeks in published.weeks.items():
        for week in weeks:
            yield (season, week.start), week.people


def _numbers_of_messages(published: Published) -> Iterator[tuple[Hashable, Cell]]:
    yield from _cells("messages", published.participation.messages)
    yield from _cells("traffic", published.traffic)
    for number, each in enumerate(published.engagement_types):
        yield from _cells(("engagement", number), each.numbers)
    for name, slots in (*published.weeks.items(), ("slots", published.slots)):
        for slot in slots:
            yield (name, slot.start, "opted in"), slot.opted_in
            yield (name, slot.start, "relevant"), slot.relevant


def _cells(name: Hashable, numbers: Released) -> Iterator[tuple[Hashable, Cell]]:
    for row in range(numbers.row_count):
        for column, cell in enumerate(numbers.cells(row)):
            yield (name, row, column), cell


def _shares(published: Published) -> Iterator[tuple[Hashable, _Share]]:
    """Of the relevant people of each column, as the tables show them."""
    for name, distribution in _distributions(published):
        relevant = distribution.numbers.cells(0)
        for row, code in enumerate(distribution.coding.codes, start=1):
            if code.is_normal:
                for column, (part, whole) in enumerate(zip(distribution.numbers.cells(row), relevant, strict=True)):
                    is_told = part.count is not None and whole.count
                    share = min(100.0, 100 * (part.count or 0) / (whole.count or 1)) if is_told else None
                    yield (name, row, column), _Share(whole.count or 0, share)


def _deviations(what: str, counted: Cells, released: Cells, *, in_percent: bool = False) -> Deviations:
    shown = {key: cell.count for key, cell in released.items() if cell.count is not None}
    off = [
        abs(count - true) * (100 / true if in_percent else 1)
        for key, count in shown.items()
        if (true := counted[key].count) is not None
    ]
    zeros = sum(cell.count == 0 and released[key].count is None for key, cell in counted.items())
    return Deviations(what, len(counted) - len(off), off, zeros)


def _of_shares(what: str, counted: Mapping[Hashable, _Share], released: Mapping[Hashable, _Share]) -> Deviations:
    told = [(share.percent, released[key].percent) for key, share in counted.items() if share.percent is not None]
    off = [abs(shown - true) for true, shown in told if shown is not None]
    return Deviations(what, len(told) - len(off), off)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SandboxError as error:
        sys.exit(f"bench: {error}")
