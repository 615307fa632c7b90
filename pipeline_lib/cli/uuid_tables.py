"""Commands about tables of participant uuids."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pipeline_lib.cli.command import FOUND_SOMETHING, Commands, project_at, user_name
from pipeline_lib.machine_errors import placing

_KNOWN_ADDRESS = r"\A(?:[a-z]+-[0-9]{1,40}|[1-9][0-9]{0,39})\z"
"""As `pipeline_lib.sources.addresses` makes them."""

_SHOWN_LINES = 20
_RE_IDENTIFICATIONS = "state/re-identifications"


def create_uuid_table(commands: Commands) -> None:
    """Registers the command `create-uuid-table`."""
    command = commands.add_parser("create-uuid-table", help="make an empty table of participant uuids")
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="an SQLite file, new or with other uuid tables"
    )
    which.add_argument("--config", type=Path, help="a project: the table that its config names")
    command.add_argument("--table", metavar="NAME", help="with FILE: the table's name, as in UUIDTable.TableName")
    command.add_argument(
        "--prefix",
        default="avf-phone-uuid-",
        help="with FILE: what every uuid begins with, as in UUIDTable.UuidPrefix; default: %(default)s",
    )

    def run(arguments: argparse.Namespace) -> int:
        if arguments.config is not None:
            from pipeline_lib.stages.uuid_table import create_project_uuid_table

            create_project_uuid_table(project_at(arguments.config))
            return 0
        if arguments.table is None:
            command.error("the following arguments are required with FILE: --table")
        from pipeline_lib.identity.sqlite import create_uuid_table as create
        from pipeline_lib.model.deidentified import is_prefix

        if not is_prefix(arguments.prefix):
            command.error("argument --prefix: write small letters that end with -, such as avf-phone-uuid-")
        create(arguments.file, arguments.table, arguments.prefix)
        return 0

    command.set_defaults(run=run)


def import_uuid_table(commands: Commands) -> None:
    """Registers the command `import-uuid-table`."""
    command = commands.add_parser("import-uuid-table", help="add people with the uuids that they have elsewhere")
    command.add_argument("file", type=Path, metavar="FILE", help="a CSV with the columns address and uuid")
    command.add_argument("--config", type=Path, required=True, help="the project whose table they are added to")
    command.add_argument("--dry-run", action="store_true", help="only say what would be added")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.identity.base import would_add
        from pipeline_lib.stages.uuid_table import open_project_uuid_table

        pairs = _pairs(arguments.file)
        table = open_project_uuid_table(project_at(arguments.config))
        added = would_add(table, pairs) if arguments.dry_run else table.add_known(pairs)
        print(f"{added.added_count:>9,}  {'would be added' if arguments.dry_run else 'added'}")
        print(f"{added.known_count:>9,}  were there already")
        print(f"{added.conflict_count:>9,}  left out: the address has another uuid, or the uuid another address")
        return FOUND_SOMETHING if added.conflict_count else 0

    command.set_defaults(run=run)


def re_identify(commands: Commands) -> None:
    """Registers the command `re-identify`."""
    command = commands.add_parser("re-identify", help="look up participants' addresses, which is recorded")
    command.add_argument("--config", type=Path, required=True, help="the project in whose table to look")
    command.add_argument("--purpose", required=True, help="what the addresses are needed for, for the record")
    command.add_argument("--user", default=user_name(), help="who asks, for the record; default: %(default)s")
    command.add_argument(
        "--uuids", type=Path, metavar="FILE", help="participant uuids, one a line; default: standard input"
    )
    command.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="a new CSV, which only you will be able to read"
    )

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.identity.re_identification import addresses
        from pipeline_lib.stages.run_context import project_storage
        from pipeline_lib.stages.uuid_table import open_project_uuid_table
        from pipeline_lib.storage import Located

        lines = (
            sys.stdin
            if arguments.uuids is None
            else _content(arguments.uuids).decode("utf-8-sig", "replace").splitlines()
        )
        uuids = list(dict.fromkeys(filter(None, map(str.strip, lines))))
        project = project_at(arguments.config)
        table = open_project_uuid_table(project)
        log = Located(project_storage(project), _RE_IDENTIFICATIONS)
        with _private_file(arguments.output) as output:
            found = addresses(table, uuids, user=arguments.user, purpose=arguments.purpose, log=log)
            rows = csv.writer(output)
            rows.writerow(("uuid", "address"))
            rows.writerows((uuid, found[uuid]) for uuid in uuids if uuid in found)
        print(f"{len(found):,} of {len(uuids):,} found")
        return FOUND_SOMETHING if len(found) < len(uuids) else 0

    command.set_defaults(run=run)


def _pairs(path: Path) -> dict[str, str]:
    """The uuids by address of a CSV."""
    import polars as pl

    from pipeline_lib.errors import DataError, Problem
    from pipeline_lib.sources.base import problems_of
    from pipeline_lib.sources.files.csv_rows import LINE, read_rows

    rows, misshapen = read_rows(_content(path), str(path), ("address", "uuid"))
    if misshapen:
        raise DataError(*problems_of(misshapen, str(path), noun="rows"))
    unknown = rows.filter(~pl.col("address").str.contains(_KNOWN_ADDRESS) & (pl.col("address") != ""))
    if unknown.height:
        lines = ", ".join(map(str, unknown[LINE].head(_SHOWN_LINES)))
        wrong = f"{unknown.height:,} addresses are not in the form that the fetch looks up (lines {lines})"
        right = (
            "write a number's digits, country code first, and an account as telegram-3527065; not as a spreadsheet does"
        )
        raise DataError(Problem(str(path), wrong, right))
    distinct = rows.unique(("address", "uuid"))
    twice_count = distinct.height - distinct["address"].n_unique()
    if twice_count:
        wrong = f"{twice_count} addresses have more than one uuid"
        raise DataError(Problem(str(path), wrong, "leave the rows that say who the person is"))
    return dict(distinct.select("address", "uuid").iter_rows())


def _content(path: Path) -> bytes:
    from pipeline_lib.errors import ConfigError, Problem
    from pipeline_lib.input_files import read_input, reason

    try:
        return read_input(path)
    except (OSError, ValueError) as error:
        raise ConfigError(Problem(str(path), *reason(error))) from None


@contextmanager
def _private_file(path: Path) -> Iterator[TextIO]:
    """A new text file that only its owner can read; deleted again if writing it fails."""
    from pipeline_lib.errors import ConfigError, Problem

    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        wrong = f"cannot be made: {error.strerror}"
        raise ConfigError(Problem(str(path), wrong, "name a file that does not exist yet")) from None
    with placing(str(path)), os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
        try:
            yield opened
        except BaseException:
            path.unlink(missing_ok=True)
            raise
