"""Commands about code schemes."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import FOUND_SOMETHING, Commands, add_config, config_at

if TYPE_CHECKING:
    from pipeline_lib.authoring.scheme_file import SchemeFile


def schemes(commands: Commands) -> None:
    """Registers the command `schemes`, which has commands of its own."""
    command = commands.add_parser("schemes", help="change a project's code schemes: sync, rename, import, export")
    own = command.add_subparsers(title="commands", metavar="command", dest="scheme_command", required=True)
    for register in (_sync, _rename, _import, _export):
        register(own)


def _added(
    commands: Commands, name: str, purpose: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=purpose)
    add_config(command)
    command.set_defaults(run=run)
    return command


def _sync(commands: Commands) -> None:
    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.authoring.scheme_drafts import Ids
        from pipeline_lib.authoring.scheme_file import ids_in, open_scheme_file, schemes_folder
        from pipeline_lib.authoring.wrong_scheme_scheme import in_step
        from pipeline_lib.config.reading import read_files
        from pipeline_lib.errors import ConfigError, Problem

        reading = read_files(config_at(arguments.config))
        folder, plans = schemes_folder(reading), reading.plans.model
        if plans is None or plans.ws_correct_dataset_scheme is None:
            place = reading.plans.file.at("WSCorrectDatasetScheme")
            raise ConfigError(
                Problem(place, "is missing", 'name the scheme, such as "ws_correct_dataset"; sync makes it')
            )
        file = open_scheme_file(folder / f"{plans.ws_correct_dataset_scheme}.json")
        made = in_step(file.scheme, plans, Ids(ids_in(folder)))
        for value in made.of_no_dataset:
            print(f'{file.path.name}: "{value}" is of no dataset: what is labelled with it is dropped')
        if not made.added:
            print(f"{file.path.name}: has every dataset")
            return 0
        if arguments.check:
            print(f"{file.path.name}: lacks {len(made.added)} datasets")
            return FOUND_SOMETHING
        file.write(made.scheme)
        _tell_added(file, made.added)
        return 0

    command = _added(commands, "sync", "give the wrong-scheme scheme a code for every dataset", run)
    command.add_argument("--check", action="store_true", help="write nothing; exit 1 if a dataset has no code")


def _rename(commands: Commands) -> None:
    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.authoring.code_renaming import renamed

        file = _file(arguments)
        old, new = arguments.old, arguments.new
        file.write(renamed(file.present(), old, new, file.path.name, arguments.display_text))
        print(f'{file.path.name}: "{old}" is now "{new}"; its id, and so its labels, stay')
        return 0

    command = _added(commands, "rename", "rename a code without changing its id", run)
    _add_scheme(command)
    command.add_argument("old", metavar="OLD", help="the code's StringValue")
    command.add_argument("new", metavar="NEW", help="its new StringValue")
    command.add_argument("--display-text", metavar="TEXT", help="what coders see; default: NEW, with spaces for _")


def _import(commands: Commands) -> None:
    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.authoring.codebook import import_codebook
        from pipeline_lib.authoring.scheme_drafts import Ids
        from pipeline_lib.authoring.scheme_file import ids_in

        file = _file(arguments)
        title = arguments.title or file.name.replace("_", " ").title()
        made = import_codebook(file.scheme, arguments.codebook, title, Ids(ids_in(file.path.parent)))
        if made.scheme == file.scheme:
            print(f"{file.path.name}: says all that already")
            return 0
        file.write(made.scheme)
        _tell_added(file, made.added)
        for value in made.changed:
            print(f'{file.path.name}: changed "{value}"')
        for value in made.not_in_codebook:
            print(f'{file.path.name}: kept "{value}", which is not in the codebook')
        return 0

    command = _added(commands, "import", "make a scheme of a codebook (CSV), or bring one up to date", run)
    _add_scheme(command)
    command.add_argument("codebook", type=Path, metavar="CSV", help="columns: StringValue, DisplayText, MatchValues, …")
    command.add_argument("--title", metavar="NAME", help="what a new scheme is called; default: from SCHEME")


def _export(commands: Commands) -> None:
    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.authoring.codebook import codebook_of
        from pipeline_lib.cli.command import located_at

        file = _file(arguments)
        text = codebook_of(file.present())
        if arguments.codebook is None:
            print(text, end="")
            return 0
        storage, name = located_at(arguments.codebook)
        storage.replace(name, text.encode("utf-8-sig"), expected=storage.read_versioned(name))
        print(f"{arguments.codebook}: {text.count(chr(10)) - 1} codes")
        return 0

    command = _added(commands, "export", "write a scheme's codes as a codebook (CSV)", run)
    _add_scheme(command)
    command.add_argument("codebook", nargs="?", type=Path, metavar="CSV", help="default: standard output")


def _add_scheme(command: argparse.ArgumentParser) -> None:
    command.add_argument("scheme", metavar="SCHEME", help="file name, without .json, in the folder of code schemes")


def _file(arguments: argparse.Namespace) -> "SchemeFile":
    from pipeline_lib.authoring.scheme_file import open_scheme_file, schemes_folder
    from pipeline_lib.config.reading import read_files
    from pipeline_lib.errors import ConfigError, Problem

    if Path(arguments.scheme).name != arguments.scheme:
        raise ConfigError(Problem("SCHEME", "is a path", "name a file of the folder of code schemes, without .json"))
    folder = schemes_folder(read_files(config_at(arguments.config)))
    return open_scheme_file(folder / f"{arguments.scheme}.json")


def _tell_added(file: "SchemeFile", added: list[dict[str, object]]) -> None:
    for code in added:
        print(f'{file.path.name}: added "{code["StringValue"]}" ({code["CodeID"]})')
