"""Arguments that are taken as they are written, or refused with what was meant."""

import argparse
from typing import Any, Never

from pipeline_lib.errors import nearest


class Parser(argparse.ArgumentParser):
    """A parser that guesses at no option: `--pub` is not `--publish`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False} | options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but unknown arguments end the program here, where the command's options are known."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self._refuse([argument.partition("=")[0] for argument in unknown if argument.startswith("-")])
        return known, unknown

    def _refuse(self, options: list[str]) -> Never:
        """Never repeats an argument that is no option: it may be an address."""
        said = [f"{option} is not known{self._meant(option)}" for option in options]
        self.error("; ".join(said) if said else "there are more arguments than the command takes")

    def _meant(self, option: str) -> str:
        meant = nearest(option, self._option_string_actions)
        return f": did you mean {meant}?" if meant else ""
