"""`python -m pipeline_lib <command>`: what a person can do from a shell.

One function a command: it registers the command's arguments and what runs it, and is listed in `COMMANDS`. What a
command needs is imported when it runs, so that none waits for the others' imports.

Exit codes: 0, done; 1, looked and found something wrong; 2, could not be done, and the problems say why.
"""
# ruff: noqa: PLC0415, T201

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline_lib.errors import PipelineError

if TYPE_CHECKING:
    from pipeline_lib.config import Findings

FOUND_SOMETHING = 1
COULD_NOT = 2


class Commands(Protocol):
    """Where a command registers itself: argparse's subparsers."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's name
        """The parser of a new command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline_lib", description="Radio audience messages to tables.")
    commands = parser.add_subparsers(title="commands", metavar="command", required=True)
    for register in COMMANDS:
        register(commands)
    arguments = parser.parse_args(argv)
    try:
        exit_code: int = arguments.run(arguments)
    except PipelineError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return COULD_NOT
    return exit_code


def _validate(commands: Commands) -> None:
    command = commands.add_parser("validate", help="say what is wrong or odd with configs")
    command.add_argument(
        "configs",
        nargs="*",
        type=Path,
        metavar="CONFIG",
        help="a pipeline.json or its folder; default: every project of the configs folder",
    )

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.config import CONFIG_FILENAME, check_all, config_paths

        paths = [path / CONFIG_FILENAME if path.is_dir() else path for path in arguments.configs] or config_paths()
        found = check_all(paths)
        for one in found:
            _show(one)
        error_count = sum(len(one.errors) for one in found)
        warning_count = sum(len(one.warnings) for one in found)
        counts = f"{_counted(error_count, 'error')}, {_counted(warning_count, 'warning')}"
        print(f"{_counted(len(found), 'config')}: {counts}")
        return FOUND_SOMETHING if error_count else 0

    command.set_defaults(run=run)


def _show(found: "Findings") -> None:
    if found.errors or found.warnings:
        is_below = found.path.is_relative_to(Path.cwd())
        print(found.path.relative_to(Path.cwd()) if is_below else found.path)
    for kind, problems in (("error", found.errors), ("warning", found.warnings)):
        for problem in problems:
            print(f"  {kind}: {problem}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _plan(commands: Commands) -> None:
    command = commands.add_parser("plan", help="show the tasks that a config becomes")
    command.add_argument("config", type=Path, metavar="CONFIG", help="a pipeline.json or its folder")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.config import CONFIG_FILENAME, load_project
        from pipeline_lib.orchestration.plan import tasks_of

        path: Path = arguments.config
        for task in tasks_of(load_project(path / CONFIG_FILENAME if path.is_dir() else path)):
            after = f"  after {', '.join(task.upstream)}" if task.upstream else ""
            print(f"{task.name}{f'  per {task.mapped_over}' if task.mapped_over else ''}{after}\n    {task.purpose}")
        return 0

    command.set_defaults(run=run)


def _docs(commands: Commands) -> None:
    command = commands.add_parser("docs", help="write the configs' schema and field reference from the models")
    command.add_argument("--check", action="store_true", help="write nothing; exit 1 if they are not current")
    command.add_argument("--folder", type=Path, metavar="DIR", help="where to; default: the configs folder")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.config import configs_folder
        from pipeline_lib.config.reference import generated_files

        folder: Path = arguments.folder or configs_folder()
        stale = {
            name: text
            for name, text in generated_files().items()
            if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
        }
        if arguments.check and stale:
            print(f"{' and '.join(stale)} in {folder}: not current; run python -m pipeline_lib docs", file=sys.stderr)
            return FOUND_SOMETHING
        for name, text in stale.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            print(folder / name)
        return 0

    command.set_defaults(run=run)


def _create_uuid_table(commands: Commands) -> None:
    command = commands.add_parser("create-uuid-table", help="make an empty table of participant uuids")
    command.add_argument("file", type=Path, metavar="FILE", help="an SQLite file, new or with other uuid tables")
    command.add_argument("--table", required=True, metavar="NAME", help="the table's name, as in UUIDTable.TableName")
    command.add_argument(
        "--prefix",
        default="avf-phone-uuid-",
        help="what every uuid begins with, as in UUIDTable.UuidPrefix; default: %(default)s",
    )

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.identity.sqlite import create_uuid_table

        create_uuid_table(arguments.file, arguments.table, arguments.prefix)
        return 0

    command.set_defaults(run=run)


COMMANDS: tuple[Callable[[Commands], None], ...] = (_validate, _plan, _docs, _create_uuid_table)
"""In the order that `--help` shows."""
