"""What every command has in common."""

import argparse
from typing import Protocol

FOUND_SOMETHING = 1
COULD_NOT = 2


class Commands(Protocol):
    """Where a command registers itself: argparse's subparsers."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's name
        """The parser of a new command."""
