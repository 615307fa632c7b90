"""Profiles of a stage that runs from a shell, and the command that draws one."""
# ruff: noqa: PLC0415 - see pipeline_lib.cli

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_lib.cli.command import Commands


def add_profiles(command: argparse.ArgumentParser) -> None:
    """Adds the arguments that ask for profiles of what the command does."""
    group = command.add_argument_group("profiles")
    group.add_argument(
        "--profile-memory", type=Path, metavar="FILE", help="write memory over time there, as mprof does"
    )
    group.add_argument("--profile-cpu", type=Path, metavar="FILE", help="write where the time goes there, as a page")


@contextmanager
def profiling(arguments: argparse.Namespace) -> Iterator[None]:
    """Profiles what is done inside, as far as a command's arguments ask for it.

    Raises:
        OSError: A profile cannot be written.
    """
    memory: Path | None = getattr(arguments, "profile_memory", None)
    cpu: Path | None = getattr(arguments, "profile_cpu", None)
    if memory is None and cpu is None:
        yield
        return
    from pipeline_lib.stages.profiles import profiling as profiling_to

    with profiling_to(memory, cpu, arguments.command):
        yield


def plot_memory(commands: Commands) -> None:
    """Registers the command `plot-memory`."""
    command = commands.add_parser("plot-memory", help="draw a memory profile, with the steps that needed it")
    command.add_argument("profile", type=Path, metavar="PROFILE", help="what --profile-memory or mprof run has written")
    command.add_argument("--to", type=Path, required=True, metavar="FILE", help="the picture: .png, .svg or .pdf")

    def execute(arguments: argparse.Namespace) -> int:
        from pipeline_lib.profiling.plot import draw_memory

        draw_memory(arguments.profile, arguments.to)
        return 0

    command.set_defaults(run=execute)
