"""What is in Coda is held against what Coda's own documents say of it."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.label_store import dataset_info
from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.dataset_info import fetch_dataset_info
from pipeline_lib.label_store.layout import GREATEST_NUMBER, Layout, Segment
from tests.unit.label_store.in_firestore import LONG_AGO, SETUP, Coda, id_of, message

RESTORE = 'restore it, or correct "segment_count" in the Firebase console'
CORRECT = 'correct "segment_count" in the Firebase console'


def refused(act: Callable[[], object]) -> str:
    """What is said of a dataset that is neither read nor added to."""
    with pytest.raises(DataError) as caught:
        act()
    return str(caught.value)


def refused_to_all(coda: Coda, dataset: str = "x") -> str:
    """What a pull and a push say, which is the same, and nothing is written."""
    before = coda.everything()
    said = {
        refused(lambda: coda.pulled(dataset)),
        refused(lambda: coda.push(dataset, "0", "new")),
        refused(lambda: coda.store().addition(dataset, [message("new")], SETUP)),
    }
    assert coda.everything() == before
    (one,) = said
    return one


def three_segments(coda: Coda) -> None:
    coda.push("x", *map(str, range(60)))
    assert len(coda.pulled("x")) == 60


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("has_read_before", [True, False])
@pytest.mark.parametrize(("count", "said"), [
    ({"segment_count": 2}, 'has 2 segments by "segment_counts/x", but "x_3" exists too'),
    ({"segment_count": 1}, 'has 1 segment by "segment_counts/x", but "x_2" exists too'),
    ({"count": 3}, 'has 1 segment by "segment_counts/x", but "x_2" exists too'),
    (None, 'has 1 segment by "segment_counts/x" (which is missing), but "x_2" exists too'),
])  # fmt: skip
def test_a_count_that_is_too_low_or_lost_reads_nothing_and_adds_nothing(
    coda: Coda, has_read_before: bool, count: dict[str, Any] | None, said: str
) -> None:
    three_segments(coda)
    if not has_read_before:
        for name in coda.storage.names("state/coda"):
            coda.storage.replace(name, b"", expected=coda.storage.read_versioned(name))
    document = coda.client.document("segment_counts", "x")
    _ = document.delete() if count is None else document.set(count)
    name = said.split('"')[3]
    right = f'{CORRECT}; if "{name}" is another dataset, rename it'
    assert refused_to_all(coda) == f'dataset "x": {said}; {right}'
    document.set({"segment_count": 3})
    assert len(coda.pulled("x")) == 60
    assert coda.push("x", "0", "new") == 1


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("count", [4, 10_000, 10**9, 2**63 - 1])
def test_a_count_that_is_too_high_is_told_at_once(coda: Coda, count: int) -> None:
    three_segments(coda)
    coda.client.document("segment_counts", "x").set({"segment_count": count})
    assert refused_to_all(coda) == (
        f'dataset "x": has {count:,} segments by "segment_counts/x", but "x_{count}" is missing; {RESTORE}'
    )


@pytest.mark.parametrize("count", ["2", 0, -1, 1.0, True, None, [2], {"a": 1}])
def test_a_count_that_is_none_is_named(coda: Coda, count: Any) -> None:
    coda.put("x", "a")
    coda.client.document("segment_counts", "x").set({"segment_count": count})
    assert refused_to_all(coda) == f"segment_counts/x: is not a count of segments; {CORRECT}"


@pytest.mark.usefixtures("small_segments")
def test_a_segment_that_vanished_is_named_whether_it_is_counted_or_not(coda: Coda) -> None:
    three_segments(coda)
    coda.client.recursive_delete(coda.client.document("datasets", "x_2"))
    assert refused_to_all(coda) == (
        f'dataset "x": has 3 segments by "segment_counts/x", but "x_2" is missing; {RESTORE}'
    )
    coda.client.recursive_delete(coda.client.document("datasets", "x_3"))
    coda.client.document("segment_counts", "x").delete()
    said = refused_to_all(coda)
    assert said == (
        'dataset "x": had 25 messages in segment "x_2" when it was last read, and now has 1 segments by Coda\'s count; '
        'restore the segment, or correct "segment_count" in the Firebase console; if it was deleted on purpose, '
        f"remove {coda.storage.uri}/state/coda/x"
    )
    for name in coda.storage.names("state/coda/x"):
        coda.storage.replace(name, b"", expected=coda.storage.read_versioned(name))
    assert len(coda.pulled("x")) == 25


@pytest.mark.usefixtures("small_segments")
def test_a_segment_that_lost_its_document_is_read_and_told_of(coda: Coda, caplog: pytest.LogCaptureFixture) -> None:
    three_segments(coda)
    coda.client.document("datasets", "x_2").delete()
    assert len(coda.pulled("x")) == 60
    assert caplog.messages == [
        (
            'dataset "x", segment "x_2": has messages but no document, so nobody can see them in Coda; '
            "create the document again in the Firebase console"
        )
    ]
    coda.client.document("segment_counts", "x").set({"segment_count": 1})
    assert '"x_2" exists too' in refused_to_all(coda)


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_split_that_was_half_written_is_told_by_what_it_lacks(coda: Coda, is_counted: bool) -> None:
    coda.put("x", "a", LONG_AGO)
    if is_counted:
        coda.client.document("segment_counts", "x").set({"segment_count": 2})
        assert '"x_2" is missing' in refused_to_all(coda)
    else:
        coda.client.document("datasets", "x_2").set({"users": ["coder@example.org"]})
        assert '"x_2" exists too' in refused_to_all(coda)


@pytest.mark.usefixtures("small_segments")
def test_a_dataset_that_vanished_is_not_taken_for_one_that_was_never_there(coda: Coda) -> None:
    three_segments(coda)
    coda.client.document("datasets", "x").delete()
    rest = "restore it in the Firebase console, or remove the rest of it too"
    assert refused_to_all(coda) == (
        f'dataset "x": has messages in Coda, but "datasets/x", which says who may see them, is missing; {rest}'
    )
    coda.client.recursive_delete(coda.client.document("datasets", "x"))
    assert refused_to_all(coda) == (
        f'dataset "x": has further segments, or a "segment_counts/x", in Coda, but no "datasets/x"; {rest}'
    )
    for name in ("datasets/x_2", "datasets/x_3", "segment_counts/x"):
        coda.client.recursive_delete(coda.client.document(name))
    assert refused_to_all(coda).startswith('dataset "x": had 25 messages in segment "x" when it was last read')


@pytest.mark.parametrize("number", ["secret", -1, 1.5, True, None, GREATEST_NUMBER + 1, [3]])
def test_a_ledger_whose_number_is_none_is_named_and_nothing_is_added(coda: Coda, number: Any) -> None:
    coda.push("x", "a")
    ledger = coda.client.document("pipeline_ledgers", "x")
    ledger.set({"next_sequence_number": number})
    assert refused(lambda: coda.push("x", "b")) == (
        '"pipeline_ledgers/x": has a "next_sequence_number" that is not a sequence number; '
        "remove the document in the Firebase console: the next push creates it again"
    )
    ledger.delete()
    assert coda.push("x", "b") == 1


def test_a_sequence_number_after_which_none_comes_is_told(coda: Coda) -> None:
    coda.put("x", "a", SequenceNumber=GREATEST_NUMBER)
    assert refused(lambda: coda.push("x", "b")).startswith(
        'dataset "x": has a message with so large a SequenceNumber that the next would exceed 9,007,199,254,740,991; '
    )


@pytest.mark.parametrize(
    "metrics", [{"messages_count": "secret"}, {"messages_count": -7}, {}, {"messages_count": 2500}]
)
def test_metrics_that_lie_are_written_anew_and_believed_by_nobody(coda: Coda, metrics: dict[str, Any]) -> None:
    coda.push("x", "a")
    coda.client.document("datasets", "x", "metrics", "messages").set(metrics)
    assert coda.push("x", "b") == 1
    assert (coda.document("datasets", "x", "metrics", "messages") or {})["messages_count"] == 2
    assert coda.document("datasets", "x_2") is None


@pytest.mark.usefixtures("small_segments")
def test_a_segment_that_is_opened_during_the_look_is_no_contradiction(
    coda: Coda, monkeypatch: pytest.MonkeyPatch
) -> None:
    coda.push("x", *map(str, range(20)))
    real, looks = dataset_info._held_against_segments, list[int]()

    def look(layout: Layout, costs: Costs, dataset: str, counted: Any) -> Any:
        if not looks:
            Coda(coda.client, coda.storage).push("x", *map(str, range(20, 40)))
        looks.append(counted.segment_count)
        return real(layout, costs, dataset, counted)

    def look_once(*arguments: Any) -> Any:
        monkeypatch.setattr(dataset_info, "_held_against_segments", real)
        try:
            return look(*arguments)
        finally:
            monkeypatch.setattr(dataset_info, "_held_against_segments", look)

    monkeypatch.setattr(dataset_info, "_held_against_segments", look_once)
    assert fetch_dataset_info(Layout(coda.client), Costs(), "x").segments == [Segment("x", 1), Segment("x", 2)]
    assert looks == [1, 2]
    assert id_of("39") in {each.id for each in coda.messages("x_2").list_documents()}
