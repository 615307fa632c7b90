from pathlib import Path

import pytest

from pipeline_lib.sandbox.demo import main, path_of, rows_by_file


def test_rows_are_records_not_lines(tmp_path: Path) -> None:
    (tmp_path / "Coda Files").mkdir()
    (tmp_path / "Coda Files" / "show.json").write_text('[{"Text": "a"}, {"Text": "b"}]')
    (tmp_path / "messages.csv").write_text('uid,text\r\n1,"two\nlines"\r\n2,b\r\n')
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "history.jsonl").write_text("[]\n[]\n[]\n")
    assert [(str(file.relative_to(tmp_path)), count) for file, count in rows_by_file(tmp_path)] == [
        ("Coda Files/show.json", 2),
        ("empty.csv", 0),
        ("history.jsonl", 3),
        ("messages.csv", 2),
    ]


def test_a_uri_names_a_path() -> None:
    assert path_of("file:///data/Coda%20Files") == Path("/data/Coda Files")


def test_stopping_where_nothing_is_up_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline_lib.sandbox.demo.REPOSITORY", tmp_path)
    assert main("stop") == 0
    assert capsys.readouterr().out == "No demo is up.\n"
