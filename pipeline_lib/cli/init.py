"""The command that begins a project."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from datetime import UTC, datetime

from pipeline_lib.cli.command import FOUND_SOMETHING, Commands


def init(commands: Commands) -> None:
    """Registers the command `init`."""
    command = commands.add_parser("init", help="begin a project: write a folder that validates")
    command.add_argument("name", metavar="NAME", help="the project's folder, in the configs folder")
    kinds = ("demo", "somalia", "kenya", "facebook")
    command.add_argument("--like", choices=kinds, required=True, help="demo runs at once, on invented answers")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.authoring.new_project import Kind, create_project
        from pipeline_lib.config import CONFIG_FILENAME, check, configs_folder

        folder = create_project(arguments.name, Kind(arguments.like), configs_folder(), datetime.now(UTC))
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            print(path.relative_to(folder.parent))
        found = check(folder / CONFIG_FILENAME)
        for problem in found.errors:
            print(f"error: {problem}")
        return FOUND_SOMETHING if found.errors else 0

    command.set_defaults(run=run)
