"""One table of every kind, and how another process opens the same one."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.cloud.firestore import Client

from pipeline_lib.identity import firestore as firestore_tables
from pipeline_lib.identity import sqlite as sqlite_tables
from pipeline_lib.identity.base import UuidTable
from pipeline_lib.identity.cache import open_uuid_cache
from tests.forked_commands import ForkedProgram, forked_program

PREFIX = "avf-phone-uuid-"


@dataclass(frozen=True)
class TableAtHand:
    """An empty table, and the Python expression by which another process opens it."""

    table: UuidTable
    imports: str
    expression: str

    @contextmanager
    def process(self, program: str, *arguments: str) -> Iterator[ForkedProgram]:
        """A process that runs a program with `table` opened, its pipes at hand; killed if it outlives the test."""
        opened = f"import json, sys\n{self.imports}\ntable = {self.expression}\n"
        with forked_program(opened + program, *arguments) as process:
            yield process


def sqlite(folder: Path, _: pytest.FixtureRequest) -> TableAtHand:
    path = folder / "uuids.sqlite"
    return TableAtHand(
        sqlite_tables.create_uuid_table(path, "TEST", PREFIX),
        "from pathlib import Path\nfrom pipeline_lib.identity.sqlite import open_uuid_table",
        f"open_uuid_table(Path({str(path)!r}), 'TEST', {PREFIX!r})",
    )


def firestore(_: Path, request: pytest.FixtureRequest) -> TableAtHand:
    project = request.getfixturevalue("firestore_project")
    return TableAtHand(
        firestore_tables.create_uuid_table(Client(project), "TEST", PREFIX),
        "from google.cloud.firestore import Client\nfrom pipeline_lib.identity.firestore import open_uuid_table",
        f"open_uuid_table(Client({project!r}), 'TEST', {PREFIX!r})",
    )


def cached_firestore(folder: Path, request: pytest.FixtureRequest) -> TableAtHand:
    uncached = firestore(folder, request)
    assert isinstance(uncached.table, firestore_tables.FirestoreUuidTable)
    cache = folder / "cache"
    imports = "from pathlib import Path\nfrom pipeline_lib.identity.cache import open_uuid_cache"
    return TableAtHand(
        dataclasses.replace(uncached.table, cache=open_uuid_cache(cache)),
        f"{uncached.imports}\n{imports}",
        f"{uncached.expression[:-1]}, open_uuid_cache(Path({str(cache)!r})))",
    )


MAKERS: dict[str, Callable[[Path, pytest.FixtureRequest], TableAtHand]] = {
    "sqlite": sqlite,
    "firestore": firestore,
    "cached firestore": cached_firestore,
}


@pytest.fixture(params=sorted(MAKERS))
def at_hand(request: pytest.FixtureRequest, tmp_path: Path) -> TableAtHand:
    return MAKERS[request.param](tmp_path, request)


@pytest.fixture
def table(at_hand: TableAtHand) -> UuidTable:
    return at_hand.table
