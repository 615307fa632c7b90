"""One table of every kind, and how another process opens the same one."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import pipeline_lib
from pipeline_lib.identity.base import UuidTable
from pipeline_lib.identity.sqlite import create_uuid_table

PREFIX = "avf-phone-uuid-"


@dataclass(frozen=True)
class TableAtHand:
    """An empty table, and the Python expression by which another process opens it."""

    table: UuidTable
    imports: str
    expression: str

    @contextmanager
    def process(self, program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A process that runs a program with `table` opened, its pipes at hand; killed if it outlives the test."""
        code = f"import json, sys\n{self.imports}\ntable = {self.expression}\n{program}"
        environment = {**os.environ, "PYTHONPATH": str(Path(pipeline_lib.__file__).parents[1])}
        with subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def sqlite(folder: Path) -> TableAtHand:
    path = folder / "uuids.sqlite"
    return TableAtHand(
        create_uuid_table(path, "TEST", PREFIX),
        "from pathlib import Path\nfrom pipeline_lib.identity.sqlite import open_uuid_table",
        f"open_uuid_table(Path({str(path)!r}), 'TEST', {PREFIX!r})",
    )


MAKERS: dict[str, Callable[[Path], TableAtHand]] = {"sqlite": sqlite}


@pytest.fixture(params=sorted(MAKERS))
def at_hand(request: pytest.FixtureRequest, tmp_path: Path) -> TableAtHand:
    return MAKERS[request.param](tmp_path)


@pytest.fixture
def table(at_hand: TableAtHand) -> UuidTable:
    return at_hand.table
