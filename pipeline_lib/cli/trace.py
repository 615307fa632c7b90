"""Commands about traced data: how a value came to be, and whether a file is as it was written."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from pathlib import Path

from pipeline_lib.cli.command import COULD_NOT, FOUND_SOMETHING, Commands, project_at, tell_remarks
from pipeline_lib.errors import DataError, Problem


def trace(commands: Commands) -> None:
    """Registers the command `trace`."""
    command = commands.add_parser("trace", help="tell how a value came to be")
    command.add_argument("--outputs", type=Path, required=True, metavar="DIR", help="folder that process made")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--message", metavar="ID", help="a message by its MessageID in Coda")
    what.add_argument("--participant", metavar="UUID", help="a participant")
    what.add_argument("--cell", metavar="FILE:ROW:COLUMN", help="a cell of a CSV, such as messages.csv:17:gender")
    command.add_argument("--config", type=Path, help="the project, to call codes and columns by their names")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.provenance import MOST_HISTORIES, Asked, histories

        project = project_at(arguments.config) if arguments.config is not None else None
        tell_remarks(arguments.outputs)
        asked = Asked(arguments.message, arguments.participant, arguments.cell)
        found = histories(arguments.outputs, asked, project)
        for told in found.texts:
            print(*told, sep="\n", end="\n\n")
        if found.has_more:
            print(f"… and more: the same text was sent again; shown are the first {MOST_HISTORIES}")
        if not found.texts:
            print("not found" if project or not asked.cell else "not found; --config may say what the column is of")
        return 0 if found.texts else COULD_NOT

    command.set_defaults(run=run)


def verify(commands: Commands) -> None:
    """Registers the command `verify`."""
    command = commands.add_parser("verify", help="prove that traced data is as it was written")
    command.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a file of traced data, a folder that process made, or a run's",
    )

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.progress import track
        from pipeline_lib.trace.reader import verify as verified

        files = [file for path in arguments.files for file in _traced_files(path)]
        for path in track(files, "Verifying"):
            print(f"{verified(path):>9,}  {path}")
        folders = dict.fromkeys(path if path.is_dir() else path.parent for path in arguments.files)
        told = [tell_remarks(folder) for folder in folders]
        return FOUND_SOMETHING if any(told) else 0

    command.set_defaults(run=run)


def _traced_files(path: Path) -> list[Path]:
    """The files of traced data in a folder of outputs, or of a run; the path itself, if it is a file."""
    if not path.is_dir():
        return [path]
    files = sorted(file for below in ("", "Outputs/") for file in path.glob(f"{below}*_traced_data.jsonl"))
    if not files:  # nothing would be proven, and nobody would see it
        raise DataError(Problem(str(path), "has no traced data", "name a folder that process made, all of it"))
    return files
