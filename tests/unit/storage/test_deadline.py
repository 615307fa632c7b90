from time import monotonic

import pytest

from pipeline_lib.errors import RetriableSourceError
from pipeline_lib.storage import storage_at
from pipeline_lib.storage.deadline import deadline_in, seconds_left


def test_without_a_deadline_each_call_is_tried_as_long_as_usual() -> None:
    assert seconds_left(120) == 120


def test_all_calls_until_a_deadline_share_its_time_and_each_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 50.0
    monkeypatch.setattr("pipeline_lib.storage.deadline.monotonic", lambda: now)
    with deadline_in(10):
        assert seconds_left(120) == 10
        assert seconds_left(4) == 4
        now += 7
        assert seconds_left(120) == 3
        now += 100
        assert seconds_left(120) == 0.1
    assert seconds_left(120) == 120


@pytest.mark.parametrize("ask", ["read", "read_versioned", "exists", "names"])
def test_cloud_storage_that_does_not_answer_is_given_up_at_the_deadline(
    ask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    began = monotonic()
    with deadline_in(0.2), pytest.raises(RetriableSourceError, match="Google Cloud Storage does not answer"):
        getattr(storage_at("gs://bucket/demo"), ask)("a")
    assert monotonic() - began < 30  # and not the minute that tests give it
