"""Addresses of participants: of every table alike, recorded before they are given out, and by no other way."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import pipeline_lib
from pipeline_lib.errors import ConfigError, StorageConflictError
from pipeline_lib.identity import re_identification
from pipeline_lib.identity.re_identification import addresses
from pipeline_lib.storage import Located, storage_at

PEOPLE = [f"25261000{n:04}" for n in range(100)]


@pytest.fixture
def log(tmp_path: Path) -> Located:
    return Located(storage_at((tmp_path / "state").as_uri()), "re-identifications")


def records(log: Located) -> list[dict[str, Any]]:
    return [json.loads(log.storage.read(name)) for name in log.storage.names(log.name)]


def test_each_uuid_gets_its_address_and_those_nobody_has_get_none(table: Any, log: Located) -> None:
    stored = table.uuids(PEOPLE)
    asked = [stored[address] for address in PEOPLE[:65]]
    found = addresses(table, [*asked, "avf-phone-uuid-nobody"], user="halima", purpose="call-backs", log=log)
    assert found == {stored[address]: address for address in PEOPLE[:65]}


def test_who_asked_why_of_what_and_how_many_is_recorded_and_no_address(table: Any, log: Located) -> None:
    stored = table.uuids(["252610000001", "252610000002"])
    for purpose in ("call-backs after s01e01", "a complaint"):
        addresses(table, [*stored.values(), "nobody", "nobody"], user="halima", purpose=purpose, log=log)
    kept = records(log)
    assert [{key: value for key, value in record.items() if key != "time"} for record in kept] == [
        {"user": "halima", "purpose": purpose, "table": "TEST", "asked_count": 3, "found_count": 2}
        for purpose in ("call-backs after s01e01", "a complaint")
    ]
    assert "25261" not in json.dumps([{**record, "time": ""} for record in kept])
    assert kept[0]["time"] < kept[1]["time"]
    assert all(record["time"].endswith("+00:00") for record in kept)


@pytest.mark.parametrize("empty", [{"user": ""}, {"purpose": ""}, {"purpose": " \n"}])
def test_without_a_user_and_a_purpose_nothing_is_asked(table: Any, log: Located, empty: dict[str, str]) -> None:
    stored = table.uuids(["252610000001"])
    said = {"user": "halima", "purpose": "call-backs", **empty}
    with pytest.raises(ConfigError, match=f"{next(iter(empty))}: is empty; re-identification is recorded"):
        addresses(table, stored.values(), log=log, **said)
    assert records(log) == []


def test_what_cannot_be_recorded_is_not_given_out(
    table: Any, log: Located, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = table.uuids(["252610000001"])
    monkeypatch.setattr(re_identification, "uuid4", lambda: type("Same", (), {"hex": "0"}))
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "re-identifications").write_text("a file where the folder of records would be")
    with pytest.raises((OSError, StorageConflictError)) as caught:
        addresses(table, stored.values(), user="halima", purpose="call-backs", log=log)
    assert "252610000001" not in repr(caught.value)


def test_nothing_else_in_the_pipeline_asks_for_addresses() -> None:
    package = Path(pipeline_lib.__file__).parent
    mentions = {
        (str(path.relative_to(package)), type(node).__name__)
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if "_addresses_with" in (getattr(node, "attr", None), getattr(node, "name", None), getattr(node, "value", None))
    }
    assert mentions == {
        ("identity/firestore.py", "FunctionDef"),
        ("identity/sqlite.py", "FunctionDef"),
        ("identity/re_identification.py", "FunctionDef"),  # the protocol
        ("identity/re_identification.py", "Attribute"),  # the one call
    }
