"""The command that prints a run's manifest for people."""
# ruff: noqa: PLC0415, T201 - see pipeline_lib.cli

import argparse
from collections.abc import Iterable
from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_lib.cli.command import Commands, tell

if TYPE_CHECKING:
    from pipeline_lib.storage.manifest import TaskManifest


def manifest(commands: Commands) -> None:
    """Registers the command `manifest`."""
    command = commands.add_parser("manifest", help="print what each task of a run read, counted, wrote and cost")
    command.add_argument(
        "run_folder",
        metavar="RUN",
        help="a run's folder, or its URI; or the .manifest.json beside what a single stage has made",
    )

    def run(arguments: argparse.Namespace) -> int:
        from pipeline_lib.storage import as_uri
        from pipeline_lib.storage.manifest import read_manifest_at

        for number, part in enumerate(read_manifest_at(as_uri(arguments.run_folder, Path.cwd())).tasks):
            if number:
                print()
            _tell_task(part)
        return 0

    command.set_defaults(run=run)


def _tell_task(part: "TaskManifest") -> None:
    from pipeline_lib.model.step_counts import in_words
    from pipeline_lib.model.uris import path_or_uri

    started = f"{part.started_at:%Y-%m-%d %H:%M:%S} UTC"
    cost = f"{part.duration_seconds:,.1f} s, {part.peak_memory_bytes / 1e6:,.0f} MB"
    print(f"{part.task}  {started}, {cost}{f', for {part.user}' if part.user else ''}")
    tell(in_words(part.counts))
    written = {path_or_uri(uri): count for uri, count in part.outputs.items() if count}
    common = _folder_of(written)
    if written:
        print(f"wrote to {common}")
        tell({place.removeprefix(common): count for place, count in written.items()})
    if part.published:
        print(f"published {len(part.published):,} files")


def _folder_of(places: Iterable[str]) -> str:
    """The folder that all places are below, with its slash."""
    folders = [place.rpartition("/")[0] + "/" for place in places]
    return commonprefix(folders).rpartition("/")[0] + "/"  # noqa: RUF071 - of URIs too, and back to the last slash
