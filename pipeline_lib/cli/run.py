"""The command that runs all stages of a project, one after the other."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline_lib.cli.coda import tell_planned
from pipeline_lib.cli.command import (
    COULD_NOT,
    Commands,
    add_accept_shrink,
    add_as_of,
    add_config,
    add_mode,
    add_user,
    project_at,
)
from pipeline_lib.cli.delivery import tell_archive, tell_kept, tell_uploaded, tell_verdicts
from pipeline_lib.cli.profiles import add_profiles
from pipeline_lib.model.mode import Mode

if TYPE_CHECKING:
    from pipeline_lib.stages.run_context import Run


def run(commands: Commands) -> None:
    """Registers the command `run`."""
    command = commands.add_parser("run", help="run all stages of a project, one after the other")
    add_config(command)
    add_profiles(command)
    add_as_of(command)
    add_user(command)
    add_mode(command)
    add_accept_shrink(command)
    command.add_argument(
        "--publish",
        action="store_true",
        help="also add new messages to the label store, and upload to Google Drive; "
        "archives, logs and old runs are dealt with in any case, as the config says",
    )
    command.add_argument(
        "--dry-run",
        action="store_true",
        help="make outputs and analysis; only say what would be uploaded (--publish: all of it) and which runs deleted",
    )

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.all_stages import run_all
        from pipeline_lib.stages.run_context import open_run

        now = datetime.now(UTC)
        key = f"shell__{now:%Y-%m-%dT%H%M%SZ}"
        as_of = arguments.as_of or now
        opened = open_run(project_at(arguments.config), key, as_of, arguments.user, arguments.accept_shrink)
        if arguments.dry_run:
            return _dry_run(opened, arguments.mode, publish=arguments.publish)
        print(run_all(opened, publish=arguments.publish, mode=arguments.mode))
        _tell_report(opened)
        return 0

    command.set_defaults(run=execute)


def _tell_report(run: "Run") -> None:
    """Prints where the report is, if there is one."""
    from pipeline_lib.analysis.report.page import FILENAME
    from pipeline_lib.model.uris import path_or_uri
    from pipeline_lib.stages.run_context import ANALYSIS

    name = f"{run.folder}/{ANALYSIS}/{FILENAME}"
    if run.storage.exists(name):
        print(f"The report: {path_or_uri(run.storage.uri_of(name))}")


def _dry_run(run: "Run", mode: Mode, *, publish: bool) -> int:
    """Makes the outputs, and says what the stages that change anything outside the run would do."""
    from pipeline_lib.config import check, whole_config
    from pipeline_lib.stages.all_stages import run_to_outputs
    from pipeline_lib.stages.analysis import analyse
    from pipeline_lib.stages.archive import dry_run_archive
    from pipeline_lib.stages.prune import judge
    from pipeline_lib.stages.upload_logs import dry_run_upload_logs

    config, whole = run.project.config, whole_config(check(run.project.path).reading)
    outputs = run_to_outputs(run, mode)
    analysis = analyse(run, outputs) if mode is Mode.ALL else None
    print(outputs)
    _tell_report(run)
    could = _dry_run_publication(run, outputs, analysis) if publish else True
    if config.data_archive_upload_bucket is not None:
        tell_archive(dry_run_archive(run, whole))
    if config.buckets():
        tell_kept(dry_run_upload_logs(run.project, run.storage))
    if config.prunes:
        tell_verdicts(judge(run.project, run.storage, datetime.now(UTC), staying={run.key}))
    return 0 if could else COULD_NOT


def _dry_run_publication(run: "Run", outputs: str, analysis: str | None) -> bool:
    """Whether all of it could be published."""
    from pipeline_lib.exports.coda_files import CODA_FILES
    from pipeline_lib.stages.coda_push import dry_run_push
    from pipeline_lib.stages.upload import Sources, dry_run_upload
    from pipeline_lib.storage import located

    storage, name = located(outputs)
    with storage.local_folder(name) as folder:
        planned = dry_run_push(run.project, folder / CODA_FILES)
    tell_planned(planned)
    exit_code = 0
    if analysis is not None and run.project.config.drive_upload is not None:
        exit_code = tell_uploaded(dry_run_upload(run.project, Sources(located(outputs), located(analysis))))
    return not planned.is_refused and exit_code == 0
