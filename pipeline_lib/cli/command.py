"""What every command has in common."""
# ruff: noqa: PLC0415 - see pipeline_lib.cli

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pipeline_lib.config import Project

FOUND_SOMETHING = 1
COULD_NOT = 2


class Commands(Protocol):
    """Where a command registers itself: argparse's subparsers."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's name
        """The parser of a new command."""


def config_at(path: Path) -> Path:
    """The config that somebody means by a `pipeline.json` or its folder."""
    from pipeline_lib.config import CONFIG_FILENAME

    return path / CONFIG_FILENAME if path.is_dir() else path


def project_at(path: Path) -> "Project":
    """The project that somebody means by a `pipeline.json` or its folder.

    Raises:
        ConfigError: As `load_project`.
    """
    from pipeline_lib.config import load_project

    return load_project(config_at(path))
