"""What every command has in common."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import getpass
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline_lib.model.mode import Mode
from pipeline_lib.model.times import parse_instant

if TYPE_CHECKING:
    import polars as pl

    from pipeline_lib.config import Project
    from pipeline_lib.model.summary import Line
    from pipeline_lib.storage import Located

FOUND_SOMETHING = 1
COULD_NOT = 2


class Commands(Protocol):
    """Where a command registers itself: argparse's subparsers."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's name
        """The parser of a new command."""


def config_at(path: Path) -> Path:
    """The config that somebody means by a `pipeline.json` or its folder."""
    from pipeline_lib.config import CONFIG_FILENAME

    return path / CONFIG_FILENAME if path.is_dir() else path


def project_at(path: Path) -> "Project":
    """The project that somebody means by a `pipeline.json` or its folder.

    Raises:
        ConfigError: As `load_project`.
    """
    from pipeline_lib.config import load_project

    return load_project(config_at(path))


def add_config(command: argparse.ArgumentParser) -> None:
    """Adds the argument that names a project."""
    command.add_argument("--config", type=Path, required=True, help="a pipeline.json or its folder")


def add_as_of(command: argparse.ArgumentParser) -> None:
    """Adds the argument that leaves out what came after a time."""
    command.add_argument(
        "--as-of",
        type=_past_instant,
        metavar="TIME",
        help="see what was received and labelled before; default: all there is",
    )


def add_outputs(command: argparse.ArgumentParser) -> None:
    """Adds the argument that names a folder of outputs."""
    command.add_argument("--outputs", type=Path, required=True, metavar="DIR", help="folder that process made")


def add_dry_run(command: argparse.ArgumentParser) -> None:
    """Adds the argument to only say what would be done."""
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")


def add_mode(command: argparse.ArgumentParser) -> None:
    """Adds the argument that says how much of the outputs to make."""
    command.add_argument(
        "--mode",
        type=Mode,
        choices=list(Mode),
        default=Mode.ALL,
        help="auto-code-only: Coda files, samples, production CSV and their traced data; default: %(default)s",
    )


def add_accept_shrink(command: argparse.ArgumentParser) -> None:
    """Adds the argument that accepts a loss."""
    command.add_argument(
        "--accept-shrink",
        action="append",
        default=[],
        metavar="SOURCE",
        help="raw data, or a dataset in the label store, that may this once have far less than the last time "
        "(SourceShrinkLimit); may be repeated",
    )


def add_user(command: argparse.ArgumentParser) -> None:
    """Adds the argument that says who answers for what is made."""
    command.add_argument("--user", default=user_name(), help="who answers for the run; default: %(default)s")


def located_at(path: Path) -> "Located":
    """A local file or folder, as storages have it."""
    from pipeline_lib.storage import located

    return located(path.absolute().as_uri())


def tell_remarks(outputs: Path) -> bool:
    """Says on stderr if a folder of outputs is not the version in its manifest, and returns whether it said so."""
    from pipeline_lib.storage.manifest_check import folder_remarks

    remarks = folder_remarks(Path(os.path.abspath(outputs)))  # noqa: PTH100 - resolve() would follow the link itself
    for remark in remarks:
        print(f"note: {remark}", file=sys.stderr)
    return bool(remarks)


def user_name() -> str:
    """The name of the user who runs the command; the number of one without a name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def tell(counts: Mapping[str, int]) -> None:
    """Prints counts, a line each."""
    from pipeline_lib.model.summary import Line

    tell_summary(Line(count, words) for words, count in counts.items())


def tell_summary(lines: "Iterable[Line]") -> None:
    """Prints what a stage has done."""
    for line in lines:
        print(line)


def tell_table(table: "pl.DataFrame", *, name_columns: int) -> None:
    """Prints a table; its first columns hold names, the others numbers."""
    cells = [table.columns, *([_cell(value) for value in row] for row in table.iter_rows())]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        names = [cell.ljust(width) for cell, width in zip(row[:name_columns], widths, strict=False)]
        numbers = [cell.rjust(width) for cell, width in zip(row[name_columns:], widths[name_columns:], strict=True)]
        print("  ".join([*names, *numbers]))


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _past_instant(text: str) -> datetime:
    try:
        instant = parse_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if instant > datetime.now(UTC):
        right = "nobody knows yet what will come in until then; leave it out to see all that is there now"
        raise argparse.ArgumentTypeError(f"is in the future; {right}")
    return instant
