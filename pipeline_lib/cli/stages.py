"""Commands that run one stage alone, from folders to folders."""
# ruff: noqa: PLC0415 - see pipeline_lib.cli

import argparse
from pathlib import Path

from pipeline_lib.cli.command import (
    Commands,
    add_accept_shrink,
    add_as_of,
    add_config,
    add_mode,
    add_user,
    located_at,
    project_at,
    tell_summary,
)
from pipeline_lib.cli.profiles import add_profiles


def fetch(commands: Commands) -> None:
    """Registers the command `fetch`."""
    command = _stage(commands, "fetch", "fetch what the sources have")
    add_accept_shrink(command)
    to = command.add_mutually_exclusive_group(required=True)
    to.add_argument("--raw-data", type=Path, metavar="DIR", help="folder to fill: a file per flow or URL")
    to.add_argument("--dry-run", action="store_true", help="only say what would be there; nothing is kept")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.model.summary import summary
        from pipeline_lib.stages.fetch import dry_run_fetch, fetch_to_folder

        project, accepted = project_at(arguments.config), arguments.accept_shrink
        if arguments.dry_run:
            fetched = dry_run_fetch(project, accepted)
        else:
            fetched = fetch_to_folder(project, located_at(arguments.raw_data), accepted)
        tell_summary(summary(*fetched, noun="records"))
        return 0

    command.set_defaults(run=execute)


def process(commands: Commands) -> None:
    """Registers the command `process`."""
    command = _stage(commands, "process", "make the CSVs, Coda files and samples from raw data and labels")
    command.add_argument("--raw-data", type=Path, required=True, metavar="DIR", help="folder of the raw data")
    command.add_argument("--coded", type=Path, required=True, metavar="DIR", help="folder of the labelled messages")
    command.add_argument("--outputs", type=Path, required=True, metavar="DIR", help="folder to make or to replace")
    add_mode(command)
    add_as_of(command)
    add_user(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.outputs import ProcessRequest
        from pipeline_lib.stages.process import process_alone
        from pipeline_lib.stages.run_context import noting_parts, summary_of

        inputs, outputs = (arguments.raw_data, arguments.coded), located_at(arguments.outputs)
        asked = ProcessRequest(arguments.as_of, arguments.user, arguments.mode)
        with noting_parts() as parts:
            process_alone(project_at(arguments.config), inputs, outputs, asked)
        tell_summary(line for part in parts for line in summary_of(part))
        return 0

    command.set_defaults(run=execute)


def _stage(commands: Commands, name: str, purpose: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=purpose)
    add_config(command)
    add_profiles(command)
    return command
