import json
import sys
from functools import partial
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest

from pipeline_lib.errors import DataError, RetriableSourceError
from pipeline_lib.processing import read_files as module
from pipeline_lib.processing.label_files import read_labels
from pipeline_lib.processing.read_files import FileToRead, read_files


@pytest.fixture(params=[0, 10**12], ids=["by processes", "alone"])
def _much(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MUCH_BYTES", request.param)
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def labelled(folder: Path, name: str, *message_ids: str) -> FileToRead[pl.DataFrame]:
    label = {"SchemeID": "S", "CodeID": "c", "Checked": True, "DateTimeUTC": "2021-10-01T00:00:00Z"}
    path = folder / f"{name}.json"
    path.write_text(json.dumps([{"MessageID": message_id, "Labels": [label]} for message_id in message_ids]))
    return FileToRead(path, partial(read_labels, as_of=None))


@pytest.mark.slow
@pytest.mark.usefixtures("_much")
def test_frames_come_in_the_order_of_the_files_whatever_their_sizes(tmp_path: Path) -> None:
    files = [
        labelled(tmp_path, "e01", "a"),
        labelled(tmp_path, "e02", "b", "c", "d"),
        FileToRead(tmp_path / "not-yet.json", partial(read_labels, as_of=None)),
        labelled(tmp_path, "e03", "e", "f"),
    ]
    assert [frame["message_id"].to_list() for frame in read_files(files)] == [["a"], ["b", "c", "d"], [], ["e", "f"]]


@pytest.mark.slow
@pytest.mark.usefixtures("_much")
def test_a_broken_file_is_the_same_error_wherever_it_is_read(tmp_path: Path) -> None:
    broken = labelled(tmp_path, "e02", "b")
    broken.path.write_text('[{"MessageID": "b", "Text": "secret"')
    with pytest.raises(DataError) as caught:
        read_files([labelled(tmp_path, "e01", "a"), broken])
    assert str(caught.value).startswith(f"{broken.path}, line 1, column 37: is not JSON")
    assert caught.value.problems[0].place == f"{broken.path}, line 1, column 37"


def test_a_process_that_ends_too_early_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MUCH_BYTES", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with pytest.raises(RetriableSourceError, match=r"/e01\.json: .* ended too early, with exit code 1"):
        read_files([FileToRead(tmp_path / "e01.json", cast("Any", sys.exit))])
