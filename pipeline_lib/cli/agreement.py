"""The command that measures how well two coders agree."""
# ruff: noqa: PLC0415 - see pipeline_lib.cli

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import Commands, add_config, project_at, tell_table
from pipeline_lib.machine_errors import placing

if TYPE_CHECKING:
    from pipeline_lib.config import Project
    from pipeline_lib.model.coding_plan import Dataset


def agreement(commands: Commands) -> None:
    """Registers the command `agreement`."""
    command = commands.add_parser("agreement", help="measure how well two coders of the same messages agree")
    add_config(command)
    command.add_argument("--dataset", required=True, metavar="NAME", help="dataset whose code schemes both used")
    command.add_argument("--first", type=Path, required=True, metavar="FILE", help="one coder's messages, from Coda")
    command.add_argument("--second", type=Path, required=True, metavar="FILE", help="the other's")
    command.add_argument("--output", type=Path, metavar="CSV", help="file to write the table to as well")

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.exports.intercoder_agreement import agreement as measure

        project = project_at(arguments.config)
        table = measure(_dataset(project, arguments.dataset), arguments.first, arguments.second)
        if arguments.output is not None:
            with placing(str(arguments.output)):
                table.write_csv(arguments.output)
        tell_table(table, name_columns=2)
        return 0

    command.set_defaults(run=run)


def _dataset(project: "Project", name: str) -> "Dataset":
    from pipeline_lib.errors import ConfigError, Problem, did_you_mean

    datasets = {dataset.name: dataset for dataset in project.plans.datasets}
    if name not in datasets:
        raise ConfigError(Problem("--dataset", f'the project has no dataset "{name}"', did_you_mean(name, datasets)))
    return datasets[name]
