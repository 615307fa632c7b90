"""What is wrong with a file is told by its URI, whichever local path it was read from."""

import pytest

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.storage import Storage


def test_what_is_wrong_with_a_file_is_told_by_its_uri(storage: Storage) -> None:
    with storage.publish_file("runs/1/Raw Data/flow.jsonl") as path:
        path.touch()
    with pytest.raises(DataError) as caught, storage.local_file("runs/1/Raw Data/flow.jsonl") as path:
        raise DataError(Problem(f"{path}: line 3", "is no JSON"), Problem("flow.jsonl", "is odd"))
    uri = storage.uri_of("runs/1/Raw Data/flow.jsonl")
    assert str(caught.value) == f"{uri}: line 3: is no JSON\nflow.jsonl: is odd"
    assert [problem.place for problem in caught.value.problems] == [f"{uri}: line 3", "flow.jsonl"]


def test_what_is_wrong_with_a_file_of_a_folder_is_told_by_its_uri(storage: Storage) -> None:
    with storage.publish_folder("runs/1/Coded Coda Files") as folder:
        (folder / "age.json").touch()
    with pytest.raises(DataError) as caught, storage.local_folder("runs/1/Coded Coda Files") as folder:
        raise DataError(
            Problem(f"{folder}/age.json, line 2, column 1", "is no JSON"),
            Problem(str(folder), "has odd files"),
            Problem(f"{folder}s", "is another folder"),
        )
    uri = storage.uri_of("runs/1/Coded Coda Files")
    assert [problem.place for problem in caught.value.problems] == [
        f"{uri}/age.json, line 2, column 1",
        uri,
        f"{folder}s",
    ]
