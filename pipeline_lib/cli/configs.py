"""Commands about configs: validate, plan, docs."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import FOUND_SOMETHING, Commands, config_at, project_at
from pipeline_lib.machine_errors import placing

if TYPE_CHECKING:
    from pipeline_lib.config import Findings
    from pipeline_lib.errors import Problem


def validate(commands: Commands) -> None:
    """Registers the command `validate`."""
    command = commands.add_parser("validate", help="say what is wrong or odd with configs")
    command.add_argument(
        "configs",
        nargs="*",
        type=Path,
        metavar="CONFIG",
        help="a pipeline.json or its folder; default: every project of the configs folder",
    )

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.config import check_all, configs_folder, find_configs, folder_problems
        from pipeline_lib.errors import counted

        paths = [config_at(path) for path in arguments.configs] or find_configs()
        found = [_with_name(_with_boundaries(one)) for one in check_all(paths)]
        for one in found:
            _show(one)
        of_folder = [] if arguments.configs else folder_problems(configs_folder())
        for problem in of_folder:
            print(f"error: {problem}")
        error_count = sum(len(one.errors) for one in found) + len(of_folder)
        warning_count = sum(len(one.warnings) for one in found)
        counts = f"{counted(error_count, 'error')}, {counted(warning_count, 'warning')}"
        print(f"{counted(len(found), 'config')}: {counts}")
        return FOUND_SOMETHING if error_count else 0

    command.set_defaults(run=run)


def _with_boundaries(found: "Findings") -> "Findings":
    """The findings, and what reading the boundary files adds: a check of the config alone does not wait for that."""
    if found.project is None or found.errors:
        return found
    analysis = found.project.config.automated_analysis
    if analysis is None or not analysis.boundaries:
        return found
    from pipeline_lib.stages.drawings import boundary_problems

    return replace(found, errors=tuple(boundary_problems(found.project)))


def _with_name(found: "Findings") -> "Findings":
    """The findings, and whether the folder can be a DAG of its name."""
    from pipeline_lib.orchestration.projects import name_problems

    return replace(found, errors=(*found.errors, *name_problems(found.path.absolute())))


def _show(found: "Findings") -> None:
    """Prints each error, and warnings that say the same once, with all places."""
    if found.errors or found.warnings:
        is_below = found.path.is_relative_to(Path.cwd())
        print(found.path.relative_to(Path.cwd()) if is_below else found.path)
    for problem in found.errors:
        print(f"  error: {problem}")
    alike: dict[tuple[str, str], list[Problem]] = {}
    for problem in found.warnings:
        alike.setdefault((problem.wrong, problem.right), []).append(problem)
    for first, *others in alike.values():
        print(f"  warning: {first}")
        if others:
            print(f"    also at {', '.join(other.place for other in others)}")


def plan(commands: Commands) -> None:
    """Registers the command `plan`."""
    command = commands.add_parser("plan", help="show the tasks that a config becomes")
    command.add_argument("config", type=Path, metavar="CONFIG", help="a pipeline.json or its folder")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.orchestration.plan import tasks_of

        for task in tasks_of(project_at(arguments.config)):
            waits_for = (*task.upstream, *task.after)
            after = f"  after {', '.join(waits_for)}" if waits_for else ""
            print(f"{task.name}{after}\n    {task.purpose}")
            for name in task.each.names if task.each else ():
                print(f"    - {name}")
        return 0

    command.set_defaults(run=run)


def docs(commands: Commands) -> None:
    """Registers the command `docs`."""
    command = commands.add_parser("docs", help="write the configs' schema and field reference from the models")
    command.add_argument("--check", action="store_true", help="write nothing; exit 1 if they are not current")
    command.add_argument("--folder", type=Path, metavar="DIR", help="where to; default: the configs folder")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.config import configs_folder
        from pipeline_lib.config.reference import generated_files
        from pipeline_lib.storage.manifest import manifest_schema

        folder: Path = arguments.folder or configs_folder()
        generated = generated_files({"manifest.schema.json": manifest_schema()})
        stale = {
            name: text
            for name, text in generated.items()
            if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
        }
        if arguments.check and stale:
            print(f"{' and '.join(stale)} in {folder}: not current; run python -m pipeline_lib docs", file=sys.stderr)
            return FOUND_SOMETHING
        for name, text in stale.items():
            with placing(str(folder / name)):
                (folder / name).write_text(text, encoding="utf-8", newline="\n")
            print(folder / name)
        return 0

    command.set_defaults(run=run)
