"""The command that says what a change of a config or of schemes would change."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import FOUND_SOMETHING, Commands, project_at, user_name

if TYPE_CHECKING:
    from pipeline_lib.analysis.table_differences import CellDiffers
    from pipeline_lib.exports.differences import RowsDiffer
    from pipeline_lib.stages.diff import Difference

_MOST = 20
"""How many lines a file has, unless all are asked for."""


def diff(commands: Commands) -> None:
    """Registers the command `diff`."""
    command = commands.add_parser(
        "diff", help="say which numbers a change of the config or the schemes would change; exits with 1 if any"
    )
    command.add_argument("config", type=Path, metavar="CONFIG", help="a pipeline.json or its folder, with the change")
    command.add_argument(
        "--against", required=True, metavar="RUN", help="a run's name, whose raw data and labels are read; or latest"
    )
    command.add_argument("--all", action="store_true", help=f"show every line, rather than {_MOST} of each file")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.diff import diff as difference_of

        difference = difference_of(project_at(arguments.config), arguments.against, user_name())
        for heading, lines in _parts(difference):
            shown = list(lines)
            print(heading)
            for line in shown if arguments.all else shown[:_MOST]:
                print(f"  {line}")
            if len(shown) > _MOST and not arguments.all:
                print(f"  … and {len(shown) - _MOST:,} more, which --all shows")
        return FOUND_SOMETHING if difference else 0

    command.set_defaults(run=run)


def _parts(difference: "Difference") -> Iterator[tuple[str, Iterable[str]]]:
    for name, rows in difference.rows.items():
        told = {"added": rows.added, "removed": rows.removed, "changed": rows.changed}
        counts = ", ".join(f"{count:,} {what}" for what, count in told.items() if count)
        yield f"{name}: {f'rows {counts}' if counts else 'other columns'}", _of_rows(rows)
    for name, cells in difference.cells.items():
        yield f"{name}: cells changed {len(cells):,}", map(_of_cell, cells)
    if difference.counts:
        yield "counts of processing:", _changes(difference.counts)
    if difference.files:
        yield "rows or messages of other files:", _changes(difference.files)


def _of_rows(rows: "RowsDiffer") -> Iterator[str]:
    yield from (f"{name}: new column" for name in rows.new_columns)
    yield from (f"{name}: column gone" for name in rows.gone_columns)
    for name, count in rows.columns.items():
        codes = ", ".join(f"{was} → {now} {times:,}" for (was, now), times in rows.codes.get(name, {}).items())
        yield f"{name}: {count:,}{f' ({codes})' if codes else ''}"


def _of_cell(cell: "CellDiffers") -> str:
    return f"{cell.row} | {cell.column}: {cell.old} → {cell.new}"


def _changes(counts: Mapping[str, tuple[int | None, int | None]]) -> Iterator[str]:
    for name, (before, now) in counts.items():
        yield f"{name}: {_number(before)} → {_number(now)}"


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
