"""Commands for what leaves the pipeline, and for getting it back: upload, archive, upload-logs, restore."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import (
    COULD_NOT,
    Commands,
    add_config,
    add_dry_run,
    add_outputs,
    located_at,
    project_at,
    tell,
    user_name,
)
from pipeline_lib.cli.profiles import add_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_lib.delivery.drive_upload import Uploaded
    from pipeline_lib.stages.archive import Archived
    from pipeline_lib.stages.prune import Verdict
    from pipeline_lib.storage.write_once import Kept


def upload(commands: Commands) -> None:
    """Registers the command `upload`."""
    command = commands.add_parser("upload", help="put the CSVs and the analysis on Google Drive")
    add_config(command)
    add_profiles(command)
    add_outputs(command)
    command.add_argument(
        "--analysis",
        type=Path,
        metavar="DIR",
        help="folder that analyse made; default: Automated Analysis beside the outputs",
    )
    add_dry_run(command)

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.run_context import ANALYSIS
        from pipeline_lib.stages.upload import Sources, dry_run_upload, upload_folders

        outputs = arguments.outputs.absolute()
        analysis = arguments.analysis or outputs.parent / ANALYSIS
        sources = Sources(located_at(outputs), located_at(analysis))
        act = dry_run_upload if arguments.dry_run else upload_folders
        return tell_uploaded(act(project_at(arguments.config), sources))

    command.set_defaults(run=execute)


def archive(commands: Commands) -> None:
    """Registers the command `archive`."""
    command = commands.add_parser("archive", help="pack a run, its config and the raw store into one file")
    add_config(command)
    add_profiles(command)
    command.add_argument("--run", required=True, metavar="KEY", help="name of the run's folder", dest="key")
    to = command.add_mutually_exclusive_group()
    to.add_argument("--to", type=Path, metavar="FILE", help="the archive; default: in the project's archives")
    to.add_argument("--dry-run", action="store_true", help="only say what would be packed")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.orchestration.kept_config import begun_or_written
        from pipeline_lib.stages.archive import archive as to_archives
        from pipeline_lib.stages.archive import archive_to, dry_run_archive
        from pipeline_lib.stages.run_context import open_run

        project = project_at(arguments.config)
        run = open_run(project, arguments.key, None, user_name())
        whole = begun_or_written(run.storage, arguments.key, project.path)
        if arguments.dry_run:
            tell_archive(dry_run_archive(run, whole))
        elif arguments.to is not None:
            print(archive_to(run, whole, located_at(arguments.to)).name)
        else:
            print(to_archives(run, whole))
        return 0

    command.set_defaults(run=execute)


def upload_logs(commands: Commands) -> None:
    """Registers the command `upload-logs`."""
    command = commands.add_parser("upload-logs", help="put archives, and a run's manifest and profiles, into buckets")
    add_config(command)
    add_profiles(command)
    what = command.add_mutually_exclusive_group()
    what.add_argument("--run", metavar="KEY", dest="key", help="also the logs of this run; default: what waits")
    what.add_argument("--dry-run", action="store_true", help="only say where the waiting files would go")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.run_context import open_run, project_storage
        from pipeline_lib.stages.upload_logs import dry_run_upload_logs, upload_waiting
        from pipeline_lib.stages.upload_logs import upload_logs as of_run

        project = project_at(arguments.config)
        if arguments.key is not None:
            print("\n".join(of_run(open_run(project, arguments.key, None, user_name()))))
            return 0
        act = dry_run_upload_logs if arguments.dry_run else upload_waiting
        tell_kept(act(project, project_storage(project)))
        return 0

    command.set_defaults(run=execute)


def prune(commands: Commands) -> None:
    """Registers the command `prune`."""
    command = commands.add_parser("prune", help="delete old runs, as the config says")
    add_config(command)
    command.add_argument("--dry-run", action="store_true", help="only say which, and why others stay")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.stages.prune import judge, remove_runs
        from pipeline_lib.stages.run_context import project_storage

        project = project_at(arguments.config)
        storage = project_storage(project)
        verdicts = judge(project, storage, datetime.now(UTC))
        tell_verdicts(verdicts)
        if not arguments.dry_run:
            remove_runs(storage, [verdict.key for verdict in verdicts if not verdict.kept])
        return 0

    command.set_defaults(run=execute)


def restore(commands: Commands) -> None:
    """Registers the command `restore`."""
    command = commands.add_parser("restore", help="unpack an archive, once every file in it has proved to be whole")
    command.add_argument("archive", type=Path, metavar="ARCHIVE", help="the file")
    command.add_argument("to", type=Path, metavar="DIR", help="folder to make")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.delivery.restore import restore_archive

        restored = restore_archive(arguments.archive, arguments.to)
        tell({"files": restored.file_count, "bytes": restored.byte_count})
        return 0

    command.set_defaults(run=execute)


def tell_uploaded(uploaded: "Uploaded") -> int:
    """Prints what became of each file, and gives the exit code."""
    from pipeline_lib.delivery.drive_plan import grouped
    from pipeline_lib.model.step_counts import in_words
    from pipeline_lib.stages.upload import file_counts

    for each in uploaded.published:
        print(f"{each.action:<8} {each.path}")
    for path in uploaded.no_longer_made:
        print(f"no longer made, and left there: {path}")
    tell(in_words(file_counts(uploaded)))
    for problem in grouped(uploaded.left_alone):
        print(problem, file=sys.stderr)
    return COULD_NOT if uploaded.left_alone else 0


def tell_archive(archived: "Archived") -> None:
    """Prints an archive's name and what is in it."""
    print("\n".join((archived.name, *(f"  {name}" for name in archived.files))))


def tell_kept(every: "Iterable[Kept]") -> None:
    """Prints what is in buckets."""
    for kept in every:
        print(f"{'created' if kept.is_new else 'equal':<8} {kept.uri}")


def tell_verdicts(verdicts: "Iterable[Verdict]") -> None:
    """Prints what becomes of each run."""
    for verdict in verdicts:
        print(f"{'stays' if verdict.kept else 'goes':<6} {verdict.key}{verdict.kept and f': {verdict.kept}'}")
