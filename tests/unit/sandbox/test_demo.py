from pathlib import Path

import pytest

from pipeline_lib.storage import storage_at
from sandbox.demo import main, path_of, rows_by_file


@pytest.mark.slow
@pytest.mark.parametrize("root", ["file", pytest.param("gs", marks=pytest.mark.emulator)])
def test_rows_are_records_not_lines_wherever_the_outputs_are(
    tmp_path: Path, request: pytest.FixtureRequest, root: str
) -> None:
    uri = tmp_path.as_uri() if root == "file" else request.getfixturevalue("gcs_bucket")
    with storage_at(uri).publish_folder("runs/demo/Outputs") as folder:
        (folder / "Coda Files").mkdir()
        (folder / "Coda Files" / "show.json").write_text('[{"Text": "a"}, {"Text": "b"}]')
        (folder / "messages.csv").write_text('uid,text\r\n1,"two\nlines"\r\n2,b\r\n')
        (folder / "empty.csv").write_text("")
        (folder / "history.jsonl").write_text("[]\n[]\n[]\n")
    assert list(rows_by_file(f"{uri}/runs/demo/Outputs")) == [
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
    monkeypatch.setattr("sandbox.demo.REPOSITORY", tmp_path)
    assert main("stop") == 0
    assert capsys.readouterr().out == "No demo is up.\n"
