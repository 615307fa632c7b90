from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.errors import DataError
from pipeline_lib.trace.find import object_at, objects_that_say
from pipeline_lib.trace.history import Update, encoded, history, metadata
from pipeline_lib.trace.reader import latest_items

SIGNED = metadata("step 1", "ann", "2021-11-12T06:30:00.000000+00:00")


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "messages_traced_data.jsonl"
    path.write_text(history([Update(encoded({"uid": "né", "other": "n"}), SIGNED)]).text + "\n", encoding="ascii")
    return path


def test_a_value_is_found_whatever_its_letters(messages: Path) -> None:
    assert [latest_items(each)["uid"] for each in objects_that_say(messages, "né")] == ["né"]
    assert list(objects_that_say(messages, "n\udcff")) == []


@pytest.mark.parametrize("row", [0, 2, 10**30])
def test_a_row_that_there_is_not_is_an_error(messages: Path, row: int) -> None:
    with pytest.raises(DataError, match="has no row"):
        object_at(messages, row)


def test_a_line_that_was_cut_is_named(messages: Path) -> None:
    messages.write_bytes(messages.read_bytes()[:60])
    with pytest.raises(DataError, match="line 1: is no complete JSON"):
        object_at(messages, 1)


def test_a_file_that_there_is_not_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "none.jsonl")]) == 2
    assert main(["trace", "--outputs", str(tmp_path), "--participant", "p1"]) == 2
    assert capsys.readouterr().err.count("is no file") == 2


def test_a_column_of_which_nothing_is_told_is_not_found(messages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "--outputs", str(messages.parent), "--cell", "messages.csv:1:nothing"]) == 2
    assert capsys.readouterr().out == "not found; --config may say what the column is of\n"
