"""Commands about tables of participant uuids."""
# ruff: noqa: PLC0415 - see pipeline_lib.cli

import argparse
from pathlib import Path

from pipeline_lib.cli.command import Commands


def create_uuid_table(commands: Commands) -> None:
    """Registers the command `create-uuid-table`."""
    command = commands.add_parser("create-uuid-table", help="make an empty table of participant uuids")
    command.add_argument("file", type=Path, metavar="FILE", help="an SQLite file, new or with other uuid tables")
    command.add_argument("--table", required=True, metavar="NAME", help="the table's name, as in UUIDTable.TableName")
    command.add_argument(
        "--prefix",
        default="avf-phone-uuid-",
        help="what every uuid begins with, as in UUIDTable.UuidPrefix; default: %(default)s",
    )

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.identity.sqlite import create_uuid_table as create

        create(arguments.file, arguments.table, arguments.prefix)
        return 0

    command.set_defaults(run=run)
