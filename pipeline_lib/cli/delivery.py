"""Commands for what leaves the pipeline: upload."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import COULD_NOT, Commands, add_config, located_at, project_at, tell

if TYPE_CHECKING:
    from pipeline_lib.delivery.drive_upload import Uploaded


def upload(commands: Commands) -> None:
    """Registers the command `upload`."""
    command = commands.add_parser("upload", help="put the CSVs and the analysis on Google Drive")
    add_config(command)
    command.add_argument("--outputs", type=Path, required=True, metavar="DIR", help="folder that process made")
    command.add_argument(
        "--analysis",
        type=Path,
        metavar="DIR",
        help="folder that analyse made; default: Automated Analysis beside the outputs",
    )
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.run import ANALYSIS
        from pipeline_lib.stages.upload import Sources, rehearse_upload, upload_folders

        outputs = arguments.outputs.absolute()
        analysis = arguments.analysis or outputs.parent / ANALYSIS
        sources = Sources(located_at(outputs), located_at(analysis))
        act = rehearse_upload if arguments.dry_run else upload_folders
        return _told(act(project_at(arguments.config), sources))

    command.set_defaults(run=execute)


def _told(uploaded: "Uploaded") -> int:
    from pipeline_lib.delivery.drive_plan import grouped
    from pipeline_lib.stages.upload import counts_of

    for each in uploaded.published:
        print(f"{each.action:<8} {each.path}")
    for path in uploaded.no_longer_made:
        print(f"no longer made, and left there: {path}")
    tell(counts_of(uploaded))
    for problem in grouped(uploaded.left_alone):
        print(problem, file=sys.stderr)
    return COULD_NOT if uploaded.left_alone else 0
