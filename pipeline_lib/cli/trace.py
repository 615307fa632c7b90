"""Commands about traced data: how a value came to be, and whether a file is as it was written."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import COULD_NOT, FOUND_SOMETHING, Commands, project_at, tell_remarks

if TYPE_CHECKING:
    from pipeline_lib.config import Project
    from pipeline_lib.trace.reader import Updates

SHOWN_COUNT = 3


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
        from pipeline_lib.trace.explain import explain

        project = project_at(arguments.config) if arguments.config is not None else None
        tell_remarks(arguments.outputs)
        names = _code_names(project)
        found, fields = _found(arguments, project)
        shown = 0
        for updates in found:
            told = list(explain(updates, fields, names))
            shown += bool(told)
            if shown > SHOWN_COUNT:
                print(f"… and more: the same text was sent again; shown are the first {SHOWN_COUNT}")
                break
            if told:
                print(*told, sep="\n", end="\n\n")
        if not shown:
            print("not found" if project or fields is None else "not found; --config may say what the column is of")
        return 0 if shown else COULD_NOT

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
    return sorted(file for below in ("", "Outputs/") for file in path.glob(f"{below}*_traced_data.jsonl"))


def _found(
    arguments: argparse.Namespace, project: "Project | None"
) -> tuple[Iterator["Updates"], frozenset[str] | None]:
    """The requested objects, and the keys to show of them."""
    from pipeline_lib.config.exports import OutputFilenames
    from pipeline_lib.exports.traced.files import INDIVIDUALS, MESSAGES
    from pipeline_lib.trace.find import object_at, objects_that_say

    outputs: Path = arguments.outputs
    if arguments.message:
        return objects_that_say(outputs / MESSAGES, arguments.message), None
    if arguments.participant:
        return objects_that_say(outputs / INDIVIDUALS, arguments.participant), None
    names = project.config.output_filenames if project else OutputFilenames()
    files = {names.messages: MESSAGES, names.individuals: INDIVIDUALS}
    file, row, column = _cell(arguments.cell, files)
    return iter([object_at(outputs / files[file], row)]), _fields_behind(column, project)


def _cell(text: str, files: Collection[str]) -> tuple[str, int, str]:
    from pipeline_lib.errors import ConfigError, Problem

    file, _, rest = text.partition(":")
    row, _, column = rest.partition(":")
    if file not in files or not row.isdecimal() or not column:
        wrong = "is not a cell; write the file, the row (the first below the header is 1) and the column"
        raise ConfigError(Problem("--cell", wrong, "such as messages.csv:17:gender"))
    return file, int(row), column


def _fields_behind(column: str, project: "Project | None") -> frozenset[str]:
    """The traced fields that a column shows: its own, and those that its coding reads and sets."""
    fields = {column, f"{column}_coded"}
    for dataset, coding in project.plans.codings() if project else ():
        key = coding.analysis_file_key
        if key is not None and (column == key or column.startswith(f"{key}_")):
            fields |= {coding.coded_field, coding.raw_field or dataset.raw_field}
            if dataset.imputation is not None:
                fields |= {other.coded_field for other in dataset.codings}
    return frozenset(fields)


def _code_names(project: "Project | None") -> dict[str, str]:
    if project is None:
        return {}
    schemes = [coding.code_scheme for _, coding in project.plans.codings()]
    schemes += [scheme for scheme in [project.plans.ws_correct_dataset_scheme] if scheme is not None]
    return {code.code_id: code.string_value for scheme in schemes for code in scheme.codes}
