import csv
import json
import os
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.identity.base import UuidTable
from pipeline_lib.stages.uuid_table import open_project_uuid_table

DEMO = Path(__file__).parents[3] / "configs" / "demo"
UUIDS = {f"25261000000{n}": f"avf-phone-uuid-00000000-0000-4000-8000-00000000000{n}" for n in range(4)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The demo project with data and an empty uuid table of the test's own."""
    folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    path = folder / "pipeline.json"
    table = {"SQLiteFile": "uuids.sqlite", "TableName": "water"}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"UUIDTable": table, "DataRoot": "data"}))
    assert main(["create-uuid-table", "--config", str(folder)]) == 0
    return folder


@pytest.fixture
def table(project: Path) -> UuidTable:
    return open_project_uuid_table(load_project(project / "pipeline.json"))


def test_a_projects_table_is_made_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["create-uuid-table", "--config", str(project)]) == 2
    assert 'the uuid table "water" exists already' in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["uuids.sqlite"], ["uuids.sqlite", "--config", "demo", "--table", "water"]])
def test_a_table_is_made_in_a_named_file_or_as_a_config_says(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["create-uuid-table", *arguments])
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.csv"
    lines = [f"{uuid},{address}" for address, uuid in UUIDS.items()]
    path.write_text("\n".join(["uuid,address", *lines, lines[0]]), encoding="utf-8-sig")
    return path


@pytest.mark.slow
def test_people_are_imported_once_and_a_dry_run_imports_nobody(
    project: Path, table: UuidTable, pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["import-uuid-table", str(pairs), "--config", str(project)]
    assert main([*command, "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["        4  would be added", "        0  were there already"]
    assert table.known(UUIDS) == {}
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["        4  added", "        0  were there already"]
    assert table.known(UUIDS) == UUIDS
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["        0  added", "        4  were there already"]


@pytest.mark.slow
def test_conflicts_are_counted_and_exit_one(
    project: Path, table: UuidTable, pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = table.uuids(["252610000000"])
    assert main(["import-uuid-table", str(pairs), "--config", str(project)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "        3  added",
        "        0  were there already",
        "        1  left out: the address has another uuid, or the uuid another address",
    ]
    assert table.known(["252610000000"]) == stored


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("address\n252610000001", 'line 1: has no column "uuid"'),
        ("address,uuid\n252610000001", "line 2: has fewer columns than the first line"),
        (
            "address,uuid\n1,{0}\n1,{1}",
            "1 addresses have more than one uuid; leave the rows that say who the person is",
        ),
        ("address,uuid\n1,252610000001", "1 of 1 uuids are not a prefix of letters and a uuid"),
        ("address,uuid\n,{0}", "1 of 1 addresses are unusable"),
        (
            "address,uuid\n2.52610E+11,{0}\n252610000001.0,{1}",
            "2 addresses are not in the form that the fetch looks up (lines 2, 3)",
        ),
        ("address,uuid\ntel:+252610000001,{0}", "1 addresses are not in the form that the fetch looks up (lines 2)"),
        ("address,uuid\n1,{0}\n+252610000001,{1}", "1 addresses are not in the form that the fetch looks up (lines 3)"),
    ],
)
def test_a_csv_that_cannot_be_imported_says_where_and_quotes_nobody(
    project: Path, tmp_path: Path, content: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pairs.csv").write_text(content.format(*UUIDS.values()))
    assert main(["import-uuid-table", str(tmp_path / "pairs.csv"), "--config", str(project)]) == 2
    printed = capsys.readouterr()
    assert problem in printed.err
    assert "252610000001" not in printed.err + printed.out


def test_accounts_are_imported_by_their_type_and_digits(project: Path, table: UuidTable, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("address,uuid\ntelegram-0352,{}".format(*UUIDS.values()))
    assert main(["import-uuid-table", str(tmp_path / "pairs.csv"), "--config", str(project)]) == 0
    assert table.known(["telegram-0352"]) == {"telegram-0352": next(iter(UUIDS.values()))}


def re_identify(project: Path, output: Path, *arguments: str) -> int:
    command = ["re-identify", "--config", str(project), "--output", str(output), "--user", "halima"]
    return main([*command, *arguments])


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("sys.stdin", StringIO(text))


def test_addresses_go_to_a_file_of_their_reader_alone_and_the_question_is_recorded(
    project: Path,
    table: UuidTable,
    tmp_path: Path,
    say: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    table.add_known(UUIDS)
    uuids = list(UUIDS.values())
    say(f"{uuids[2]}\n\n  {uuids[0]}  \n{uuids[2]}\nnobody\n")
    umask = os.umask(0)
    try:
        assert re_identify(project, tmp_path / "found.csv", "--purpose", "call-backs") == 1  # one was not found
    finally:
        os.umask(umask)
    assert (tmp_path / "found.csv").stat().st_mode & 0o777 == 0o600
    with (tmp_path / "found.csv").open(newline="") as opened:
        assert list(csv.reader(opened)) == [
            ["uuid", "address"],
            [uuids[2], "252610000002"],
            [uuids[0], "252610000000"],
        ]
    printed = capsys.readouterr()
    assert printed.out == "2 of 3 found\n"
    assert "25261000000" not in printed.err
    (record,) = (project / "data" / "demo" / "state" / "re-identifications").glob("*.json")
    kept = json.loads(record.read_text())
    del kept["time"]
    assert kept == {"user": "halima", "purpose": "call-backs", "table": "water", "asked_count": 3, "found_count": 2}


def test_uuids_may_come_from_a_file(project: Path, table: UuidTable, tmp_path: Path) -> None:
    table.add_known(UUIDS)
    (tmp_path / "asked.txt").write_text("\n".join(UUIDS.values()), encoding="utf-8-sig")
    asked = ["--purpose", "call-backs", "--uuids", str(tmp_path / "asked.txt")]
    assert re_identify(project, tmp_path / "found.csv", *asked) == 0
    assert len((tmp_path / "found.csv").read_text().splitlines()) == 5


def test_nothing_is_given_out_without_a_purpose(
    project: Path, tmp_path: Path, say: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    say("avf-phone-uuid-1")
    assert re_identify(project, tmp_path / "found.csv", "--purpose", " ") == 2
    assert capsys.readouterr().err.startswith("purpose: is empty; ")
    assert not (tmp_path / "found.csv").exists()
    with pytest.raises(SystemExit):
        re_identify(project, tmp_path / "found.csv")


@pytest.mark.parametrize("name", ["there.csv", "/dev/stdout", "no folder/found.csv"])
def test_a_file_that_cannot_be_made_is_no_place_for_addresses_and_nobody_is_asked(
    project: Path, tmp_path: Path, name: str, say: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.csv").write_text("mine")
    say("avf-phone-uuid-1")
    assert re_identify(project, tmp_path / name, "--purpose", "call-backs") == 2
    assert "cannot be made" in capsys.readouterr().err
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert not (project / "data").exists()


def test_a_missing_file_of_uuids_is_told(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--purpose", "call-backs", "--uuids", str(tmp_path / "asked.txt")]
    assert re_identify(project, tmp_path / "found.csv", *asked) == 2
    assert "asked.txt: there is no such file" in capsys.readouterr().err
