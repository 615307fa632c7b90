"""Commands that speak with the label store: coda-pull, coda-push, coda-init, coda-diff."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import (
    COULD_NOT,
    FOUND_SOMETHING,
    Commands,
    add_accept_shrink,
    add_as_of,
    add_config,
    add_dry_run,
    add_outputs,
    located_at,
    project_at,
    tell,
    tell_remarks,
    tell_summary,
)
from pipeline_lib.cli.profiles import add_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_lib.errors import Problem
    from pipeline_lib.stages.coda_pull import Pulled
    from pipeline_lib.stages.coda_push import Planned

_TOLD_COUNT = 20


def coda_pull(commands: Commands) -> None:
    """Registers the command `coda-pull`."""
    command = commands.add_parser("coda-pull", help="copy messages and labels from the label store")
    add_config(command)
    add_profiles(command)
    to = command.add_mutually_exclusive_group(required=True)
    to.add_argument("--coded", type=Path, metavar="DIR", help="folder to fill: a file per dataset")
    to.add_argument("--dry-run", action="store_true", help="only say what would be there; nothing is kept")
    add_as_of(command)
    add_accept_shrink(command)
    command.add_argument(
        "--reconcile",
        action="store_true",
        help="also find labels that were set without a new LastUpdated; on Firestore this costs a read per message",
    )

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.coda_pull import dry_run_pull, pull_to_folder

        project = project_at(arguments.config)
        how = {"reconciles": arguments.reconcile, "accept_shrink": arguments.accept_shrink}
        if arguments.dry_run:
            _tell_pulled(dry_run_pull(project, arguments.as_of, **how))
            return 0
        storage, name = located_at(arguments.coded)
        with storage.publish_folder(name) as folder:
            pulled = pull_to_folder(project, folder, arguments.as_of, **how)
        _tell_pulled(pulled)
        return 0

    command.set_defaults(run=execute)


def coda_push(commands: Commands) -> None:
    """Registers the command `coda-push`."""
    command = commands.add_parser("coda-push", help="add messages that the label store does not have yet")
    add_config(command)
    add_profiles(command)
    add_outputs(command)
    add_dry_run(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.exports.coda_files import CODA_FILES
        from pipeline_lib.model.summary import summary
        from pipeline_lib.stages.coda_push import dry_run_push, push_from_folder

        project, folder = project_at(arguments.config), arguments.outputs / CODA_FILES
        tell_remarks(arguments.outputs)
        if arguments.dry_run:
            planned = dry_run_push(project, folder)
            tell_planned(planned)
            return COULD_NOT if planned.is_refused else 0
        pushed = push_from_folder(project, folder)
        tell_summary(summary({}, pushed.counts()))
        return 0

    command.set_defaults(run=execute)


def coda_diff(commands: Commands) -> None:
    """Registers the command `coda-diff`."""
    command = commands.add_parser("coda-diff", help="say what coda-push would do, and where code schemes differ")
    add_config(command)
    add_outputs(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.exports.coda_files import CODA_FILES
        from pipeline_lib.stages.coda_push import dry_run_push

        tell_remarks(arguments.outputs)
        planned = dry_run_push(project_at(arguments.config), arguments.outputs / CODA_FILES)
        tell_planned(planned)
        return FOUND_SOMETHING if planned.problems else 0

    command.set_defaults(run=execute)


def coda_init(commands: Commands) -> None:
    """Registers the command `coda-init`."""
    command = commands.add_parser("coda-init", help="make the project's datasets in Coda, with coders and code schemes")
    add_config(command)
    add_dry_run(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.coda_push import dry_run_make_datasets, make_datasets

        project = project_at(arguments.config)
        planned = dry_run_make_datasets(project)
        tell_planned(planned)
        if planned.problems:
            return COULD_NOT
        if planned.made and not arguments.dry_run:
            tell(_billed(make_datasets(project).costs))
        return 0

    command.set_defaults(run=execute)


def _billed(costs: "Mapping[str, int]") -> dict[str, int]:
    from pipeline_lib.model.step_counts import in_words, step_counts

    return in_words(step_counts("label_store", costs))


def _tell_pulled(pulled: "Pulled") -> None:
    from pipeline_lib.model.summary import summary

    rows = {dataset: found.message_count for dataset, found in pulled.datasets.items()}
    tell_summary(summary(rows, pulled.counts(), noun="messages"))
    noticed = (each for found in pulled.datasets.values() for each in found.noticed)
    _tell_problems(each.problem for each in noticed)


def tell_planned(planned: "Planned") -> None:
    """Prints what a push would do, and on stderr what a person must put right first."""
    tell({f"{dataset}: new messages": count for dataset, count in planned.added.items()})
    for dataset in planned.made:
        print(f"make dataset {dataset}")
    for remark in planned.remarks:
        print(f"note: {remark}")
    tell(_billed(planned.costs))
    _tell_problems(planned.problems)


def _tell_problems(problems: "Iterable[Problem]") -> None:
    listed = list(problems)
    for problem in listed[:_TOLD_COUNT]:
        print(problem, file=sys.stderr)
    if len(listed) > _TOLD_COUNT:
        print(f"and {len(listed) - _TOLD_COUNT} more like these", file=sys.stderr)
