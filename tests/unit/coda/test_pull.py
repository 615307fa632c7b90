import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.coda.directory import DirectoryLabelStore
from pipeline_lib.coda.pull import Pulled, pull
from pipeline_lib.storage import storage_at

LABEL = {"SchemeID": "Scheme-1", "CodeID": "code-1", "DateTimeUTC": "2021-11-02T10:00:00Z", "Checked": True}
MESSAGE: dict[str, Any] = {"MessageID": "a", "Text": "biyo", "CreationDateTimeUTC": "2021-11-01T10:00:00Z"}


@pytest.fixture
def store(tmp_path: Path) -> DirectoryLabelStore:
    store = DirectoryLabelStore(storage_at((tmp_path / "store").as_uri()))
    store.add_messages("gender", [{**MESSAGE, "Labels": [LABEL]}, {**MESSAGE, "MessageID": "b", "Labels": []}])
    return store


def test_each_dataset_is_written_to_its_file(store: DirectoryLabelStore, tmp_path: Path) -> None:
    pulled = pull(store, {"gender": "demo_gender.json"}, tmp_path, None)
    assert pulled == Pulled(message_counts={"gender": 2}, label_counts={"gender": 1}, absent=[])
    assert (tmp_path / "demo_gender.json").read_text() == (
        "[\n"
        "  {\n"
        '    "CreationDateTimeUTC": "2021-11-01T10:00:00Z", \n'
        '    "Labels": [\n'
        "      {\n"
        '        "Checked": true, \n'
        '        "CodeID": "code-1", \n'
        '        "DateTimeUTC": "2021-11-02T10:00:00Z", \n'
        '        "SchemeID": "Scheme-1"\n'
        "      }\n"
        "    ], \n"
        '    "MessageID": "a", \n'
        '    "SequenceNumber": 0, \n'
        '    "Text": "biyo"\n'
        "  }, \n"
        "  {\n"
        '    "CreationDateTimeUTC": "2021-11-01T10:00:00Z", \n'
        '    "Labels": [], \n'
        '    "MessageID": "b", \n'
        '    "SequenceNumber": 1, \n'
        '    "Text": "biyo"\n'
        "  }\n"
        "]"
    )


def test_labels_made_since_are_not_in_the_file(store: DirectoryLabelStore, tmp_path: Path) -> None:
    pulled = pull(store, {"gender": "gender.json"}, tmp_path, datetime(2021, 11, 2, tzinfo=UTC))
    assert pulled.message_counts == {"gender": 2}
    assert pulled.label_counts == {"gender": 0}


def test_datasets_that_do_not_exist_yet_are_empty_and_told_of_once(
    store: DirectoryLabelStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    datasets = {"s01e02": "s01e02.json", "gender": "gender.json", "s01e01": "s01e01.json"}
    with caplog.at_level(logging.WARNING):
        pulled = pull(store, datasets, tmp_path, None)
    assert pulled.message_counts == {"s01e02": 0, "gender": 2, "s01e01": 0}
    assert pulled.absent == ["s01e01", "s01e02"]
    assert (tmp_path / "s01e01.json").read_text() == "[]"
    assert caplog.messages == [
        'The label store does not have these datasets yet, so nothing is coded in them: "s01e01", "s01e02"'
    ]
    assert store.dataset_names() == ["gender"]
