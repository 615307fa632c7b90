from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.processing.withdrawals import FILE_NAME, Withdrawals, read_withdrawals, write_withdrawals


def test_what_is_written_is_read_again_and_depends_on_no_order(tmp_path: Path) -> None:
    known = Withdrawals(messages={"b.json": ["y", "x"], "a.json": ["z"]}, reviewed={}, moves={"a.json": [("z", "c")]})
    write_withdrawals(tmp_path, known)
    assert (tmp_path / FILE_NAME).read_text() == (
        '{"dataset":"a.json","message":"z"}\n{"dataset":"b.json","message":"x"}\n{"dataset":"b.json","message":"y"}\n'
        '{"dataset":"a.json","moved":"z","code":"c"}\n'
    )
    found = read_withdrawals(tmp_path)
    assert found.messages == {"a.json": {"z"}, "b.json": {"x", "y"}}
    assert found.moves == {"a.json": {("z", "c")}}
    assert found.and_of(["p1"]).and_of(["p2"]).participants == {"p1", "p2"}


def test_where_there_is_nothing_to_know_there_is_no_file(tmp_path: Path) -> None:
    write_withdrawals(tmp_path, Withdrawals(reviewed={"a.json": ["x"]}))
    assert read_withdrawals(tmp_path).reviewed == {"a.json": {"x"}}
    write_withdrawals(tmp_path, Withdrawals(messages={"a.json": []}))
    assert list(tmp_path.iterdir()) == []
    assert read_withdrawals(tmp_path) == Withdrawals()


@pytest.mark.parametrize("content", [b"secret", b"[]", b'{"who": "secret"}', b"\xff"])
def test_a_broken_file_is_refused_without_what_it_says(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_withdrawals(tmp_path)
    assert str(caught.value) == f"{tmp_path}/withdrawals.jsonl: cannot be read; pull the labels again"
