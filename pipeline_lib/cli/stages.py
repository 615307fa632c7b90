"""Commands that run the stages: all in a row, or one alone, from folders to folders."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import getpass
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import Commands, project_at
from pipeline_lib.model.mode import Mode
from pipeline_lib.model.times import parse_instant

if TYPE_CHECKING:
    from pipeline_lib.storage import Located


def run(commands: Commands) -> None:
    """Registers the command `run`."""
    command = _stage(commands, "run", "run all stages of a project, one after the other")
    _add_as_of(command)
    _add_user(command)
    _add_mode(command)
    command.add_argument("--publish", action="store_true", help="add new messages to the label store")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.all_stages import run_all
        from pipeline_lib.stages.run import open_run

        now = datetime.now(UTC)
        key = f"shell__{now:%Y-%m-%dT%H%M%SZ}"
        project_run = open_run(project_at(arguments.config), key, arguments.as_of or now, arguments.user)
        print(run_all(project_run, publish=arguments.publish, mode=arguments.mode))
        return 0

    command.set_defaults(run=execute)


def coda_pull(commands: Commands) -> None:
    """Registers the command `coda-pull`."""
    command = _stage(commands, "coda-pull", "copy messages and labels from the label store")
    command.add_argument("--coded", type=Path, required=True, metavar="DIR", help="folder to fill: a file per dataset")
    _add_as_of(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.coda_pull import pull_to_folder

        storage, name = _located(arguments.coded)
        with storage.publish_folder(name) as folder:
            pulled = pull_to_folder(project_at(arguments.config), folder, arguments.as_of)
        _tell({f"{dataset}: messages": count for dataset, count in pulled.message_counts.items()})
        return 0

    command.set_defaults(run=execute)


def fetch(commands: Commands) -> None:
    """Registers the command `fetch`."""
    command = _stage(commands, "fetch", "fetch what the sources have")
    command.add_argument(
        "--raw-data", type=Path, required=True, metavar="DIR", help="folder to fill: a file per flow or URL"
    )

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.fetch import fetch_to_folder

        _tell(fetch_to_folder(project_at(arguments.config), _located(arguments.raw_data)))
        return 0

    command.set_defaults(run=execute)


def process(commands: Commands) -> None:
    """Registers the command `process`."""
    command = _stage(commands, "process", "make the CSVs, Coda files and samples from raw data and labels")
    command.add_argument("--raw-data", type=Path, required=True, metavar="DIR", help="folder of the raw data")
    command.add_argument("--coded", type=Path, required=True, metavar="DIR", help="folder of the labelled messages")
    command.add_argument("--outputs", type=Path, required=True, metavar="DIR", help="folder to make or to replace")
    _add_mode(command)
    _add_as_of(command)
    _add_user(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.outputs import Asked
        from pipeline_lib.stages.process import process_alone

        inputs, outputs = (arguments.raw_data, arguments.coded), _located(arguments.outputs)
        asked = Asked(arguments.as_of, arguments.user, arguments.mode)
        tally = process_alone(project_at(arguments.config), inputs, outputs, asked)
        _tell(tally.counts)
        _tell({f"dropped, {reason}": count for reason, count in tally.dropped.items()})
        _tell({f"set aside, {reason}": count for reason, count in tally.quarantined.items()})
        return 0

    command.set_defaults(run=execute)


def coda_push(commands: Commands) -> None:
    """Registers the command `coda-push`."""
    command = _stage(commands, "coda-push", "add messages that the label store does not have yet")
    command.add_argument("--outputs", type=Path, required=True, metavar="DIR", help="folder that process made")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.exports.coda_files import CODA_FILES
        from pipeline_lib.stages.coda_push import push_from_folder

        added = push_from_folder(project_at(arguments.config), arguments.outputs / CODA_FILES)
        _tell({f"{dataset}: new messages": count for dataset, count in added.items()})
        return 0

    command.set_defaults(run=execute)


def _stage(commands: Commands, name: str, purpose: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=purpose)
    command.add_argument("--config", type=Path, required=True, help="a pipeline.json or its folder")
    return command


def _add_as_of(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--as-of",
        type=_instant,
        metavar="TIME",
        help="see what was received and labelled before; default: all there is",
    )


def _add_mode(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--mode",
        type=Mode,
        choices=list(Mode),
        default=Mode.ALL,
        help="auto-code-only: Coda files, samples, production CSV and their traced data; default: %(default)s",
    )


def _add_user(command: argparse.ArgumentParser) -> None:
    command.add_argument("--user", default=getpass.getuser(), help="who answers for the run; default: %(default)s")


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _located(path: Path) -> "Located":
    from pipeline_lib.storage import located

    return located(path.absolute().as_uri())


def _tell(counts: Mapping[str, int]) -> None:
    for what, count in counts.items():
        print(f"{count:>9,}  {what}")
