"""The command that makes the analysis alone, from folder to folder."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from pathlib import Path

from pipeline_lib.cli.command import Commands, add_config, add_outputs, located_at, project_at, tell_remarks
from pipeline_lib.cli.profiles import add_profiles


def analyse(commands: Commands) -> None:
    """Registers the command `analyse`."""
    command = commands.add_parser("analyse", help="make tables, graphs, maps and the report from what process made")
    add_config(command)
    add_profiles(command)
    add_outputs(command)
    command.add_argument(
        "--analysis",
        type=Path,
        metavar="DIR",
        help="folder to make or to replace; default: Automated Analysis beside the outputs",
    )
    command.add_argument(
        "--engagement-metrics",
        type=Path,
        metavar="DIR",
        help="folder of metrics from the fetch, to carry through; default: Engagement Metrics beside the outputs",
    )

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.analysis.frames import FOLDER
        from pipeline_lib.errors import DataError, Problem
        from pipeline_lib.sources.targets import ENGAGEMENT_METRICS
        from pipeline_lib.stages.analysis import make_analysis
        from pipeline_lib.stages.run_context import ANALYSIS
        from pipeline_lib.storage.manifest_check import as_of_outputs

        outputs = arguments.outputs.absolute()
        storage, name = located_at(arguments.analysis or outputs.parent / ANALYSIS)
        beside = outputs.parent / ENGAGEMENT_METRICS
        metrics: Path | None = arguments.engagement_metrics or (beside if beside.is_dir() else None)
        if metrics is not None and not metrics.is_dir():
            raise DataError(Problem(str(metrics), "is no folder", "leave --engagement-metrics out if there are none"))
        tell_remarks(outputs)
        as_of = as_of_outputs(outputs)
        with storage.publish_folder(name) as folder:
            made = make_analysis(project_at(arguments.config), outputs / FOLDER, folder, metrics, as_of=as_of)
        for filename, row_count in made.items():
            print(f"{row_count:>9,}  {filename}")
        return 0

    command.set_defaults(run=execute)
