"""What Coda's own client and a push add to one dataset at the same time."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.cloud.firestore import WriteBatch

from tests.unit.label_store.in_firestore import SETUP, Coda, message


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("number_of_commit", [1, 2, 3, 4])
def test_what_codas_client_adds_just_before_a_commit_has_a_number_and_a_place_of_its_own(
    coda: Coda, monkeypatch: pytest.MonkeyPatch, number_of_commit: int
) -> None:
    coda.push("x", *map(str, range(5)))
    commit, numbers = WriteBatch.commit, itertools.count(1)

    def commit_after_the_client(batch: WriteBatch, **more: Any) -> Any:
        if next(numbers) == number_of_commit:
            coda.add_as_client("x", "of the client", capacity=25)
        return commit(batch, **more)

    monkeypatch.setattr(WriteBatch, "commit", commit_after_the_client)
    assert coda.push("x", *map(str, range(5, 40))) == 35
    assert coda.counted_and_numbered() == ({"x": 25, "x_2": 16}, {"x": 25, "x_2": 16}, list(range(41)))


def test_what_codas_client_labels_just_before_a_commit_is_counted(coda: Coda, monkeypatch: pytest.MonkeyPatch) -> None:
    coda.push("x", "a", "b")
    commit, is_first = WriteBatch.commit, iter([True])

    def commit_after_the_client(batch: WriteBatch, **more: Any) -> Any:
        if next(is_first, False):
            coda.label_as_client("x", "a")
        return commit(batch, **more)

    monkeypatch.setattr(WriteBatch, "commit", commit_after_the_client)
    assert coda.push("x", "c") == 1
    assert coda.document("datasets", "x", "metrics", "messages") == {
        "messages_count": 3,
        "messages_with_label": 1,
        "wrong_scheme_messages": 0,
        "not_coded_messages": 0,
    }


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("new_count", [15, 60])
def test_a_client_that_leaves_no_moment_without_a_change_does_not_keep_a_push_from_ending(
    coda: Coda, monkeypatch: pytest.MonkeyPatch, new_count: int
) -> None:
    coda.push("x", *map(str, range(5)))
    commit, numbers = WriteBatch.commit, itertools.count()

    def commit_after_the_client(batch: WriteBatch, **more: Any) -> Any:
        if (number := next(numbers)) < 100:
            coda.add_as_client("x", f"of the client: {number}", capacity=25)
        return commit(batch, **more)

    monkeypatch.setattr(WriteBatch, "commit", commit_after_the_client)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert coda.push("x", *map(str, range(5, 5 + new_count))) == new_count
    sizes, metrics, sequence_numbers = coda.counted_and_numbered()
    total_count = 5 + new_count + next(numbers)
    assert sizes == metrics
    assert sum(sizes.values()) == total_count
    assert max(sizes.values()) <= 25
    assert sequence_numbers == list(range(total_count))


@pytest.mark.usefixtures("small_segments")
def test_a_segment_that_codas_client_has_just_opened_is_not_taken_for_another_dataset(coda: Coda) -> None:
    coda.push("x", *map(str, range(25)))
    addition = coda.store().addition("x", [message("new")], SETUP)
    coda.add_as_client("x", "of the client", capacity=25)
    assert not addition.findings().problems
    assert addition.commit() == 1
    assert coda.counted_and_numbered() == ({"x": 25, "x_2": 2}, {"x": 25, "x_2": 2}, list(range(27)))


@pytest.mark.usefixtures("small_segments")
def test_codas_client_and_a_push_at_once_share_no_number_and_fill_no_segment_twice(coda: Coda) -> None:
    coda.push("x", *map(str, range(20)))

    def add_twenty() -> None:
        for number in range(20):
            coda.add_as_client("x", f"client {number}", capacity=25)

    with ThreadPoolExecutor(2) as pool:
        of_client = pool.submit(add_twenty)
        of_push = [pool.submit(coda.push, "x", *map(str, range(20 * n, 20 * n + 40))) for n in range(4)]
        of_client.result()
        added_count = sum(each.result() for each in of_push)
    assert added_count == 80
    sizes, metrics, numbers = coda.counted_and_numbered()
    assert sizes == metrics == {"x": 25, "x_2": 25, "x_3": 25, "x_4": 25, "x_5": 20}
    assert numbers == list(range(120))
