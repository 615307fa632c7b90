from pathlib import Path

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.sources.forget_queues import participants_to_forget
from pipeline_lib.storage import storage_at


def test_the_queues_of_all_sources_are_read(tmp_path: Path) -> None:
    storage = storage_at(tmp_path.as_uri())
    assert participants_to_forget(storage) == set()
    of_rapid_pro = b'{"format": 1, "watermark": null, "people": [{"contact": "c", "participants": ["a", "b"]}]}'
    storage.create("state/forget/RapidPro 1.json", of_rapid_pro)
    storage.create("state/forget/Facebook 5.json", b'{"people": [{"comment": "1_2", "participants": ["c"]}, {}]}')
    assert participants_to_forget(storage) == {"a", "b", "c"}


def test_a_queue_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    storage = storage_at(tmp_path.as_uri())
    storage.create("state/forget/Facebook 5.json", b'{"people": "kanaari"}')
    with pytest.raises(DataError, match=r"Facebook%205\.json: is not a manifest of the raw store"):
        participants_to_forget(storage)
