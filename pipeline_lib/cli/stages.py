"""Commands that run the stages: all in a row, or one alone, from folders to folders."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from datetime import UTC, datetime
from pathlib import Path

from pipeline_lib.cli.command import Commands, add_as_of, add_config, located_at, project_at, tell, user_name
from pipeline_lib.cli.profiles import add_profiles
from pipeline_lib.model.mode import Mode


def run(commands: Commands) -> None:
    """Registers the command `run`."""
    command = _stage(commands, "run", "run all stages of a project, one after the other")
    add_as_of(command)
    _add_user(command)
    _add_mode(command)
    command.add_argument("--publish", action="store_true", help="add new messages to the label store, and upload")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.all_stages import run_all
        from pipeline_lib.stages.run import open_run

        now = datetime.now(UTC)
        key = f"shell__{now:%Y-%m-%dT%H%M%SZ}"
        project_run = open_run(project_at(arguments.config), key, arguments.as_of or now, arguments.user)
        print(run_all(project_run, publish=arguments.publish, mode=arguments.mode))
        return 0

    command.set_defaults(run=execute)


def fetch(commands: Commands) -> None:
    """Registers the command `fetch`."""
    command = _stage(commands, "fetch", "fetch what the sources have")
    to = command.add_mutually_exclusive_group(required=True)
    to.add_argument("--raw-data", type=Path, metavar="DIR", help="folder to fill: a file per flow or URL")
    to.add_argument("--dry-run", action="store_true", help="only say what would be there; nothing is kept")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.fetch import fetch_to_folder, rehearse_fetch

        project = project_at(arguments.config)
        tell(rehearse_fetch(project) if arguments.dry_run else fetch_to_folder(project, located_at(arguments.raw_data)))
        return 0

    command.set_defaults(run=execute)


def process(commands: Commands) -> None:
    """Registers the command `process`."""
    command = _stage(commands, "process", "make the CSVs, Coda files and samples from raw data and labels")
    command.add_argument("--raw-data", type=Path, required=True, metavar="DIR", help="folder of the raw data")
    command.add_argument("--coded", type=Path, required=True, metavar="DIR", help="folder of the labelled messages")
    command.add_argument("--outputs", type=Path, required=True, metavar="DIR", help="folder to make or to replace")
    _add_mode(command)
    add_as_of(command)
    _add_user(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.outputs import Asked
        from pipeline_lib.stages.process import process_alone

        inputs, outputs = (arguments.raw_data, arguments.coded), located_at(arguments.outputs)
        asked = Asked(arguments.as_of, arguments.user, arguments.mode)
        tally = process_alone(project_at(arguments.config), inputs, outputs, asked)
        tell(tally.counts)
        tell({f"dropped, {reason}": count for reason, count in tally.dropped.items()})
        tell({f"set aside, {reason}": count for reason, count in tally.quarantined.items()})
        return 0

    command.set_defaults(run=execute)


def _stage(commands: Commands, name: str, purpose: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=purpose)
    add_config(command)
    add_profiles(command)
    return command


def _add_mode(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--mode",
        type=Mode,
        choices=list(Mode),
        default=Mode.ALL,
        help="auto-code-only: Coda files, samples, production CSV and their traced data; default: %(default)s",
    )


def _add_user(command: argparse.ArgumentParser) -> None:
    command.add_argument("--user", default=user_name(), help="who answers for the run; default: %(default)s")
