"""Which new messages are committed together, and where they go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.label_store.batches import Batch, batches
from tests.unit.label_store.in_firestore import message


def sizes(count: int, segment_count: int, last_count: int) -> list[tuple[int, bool, int]]:
    """Segment, whether it is opened, and number of messages of each batch."""
    made = batches([message(str(number)) for number in range(count)], segment_count, last_count, next_number=7)
    return [(batch.segment_number, batch.opens_segment, len(batch.messages)) for batch in made]


@pytest.mark.parametrize(
    ("count", "segment_count", "last_count", "expected"),
    [
        (0, 1, 5, []),
        (0, 0, 0, [(1, True, 0)]),
        (1, 0, 0, [(1, True, 1)]),
        (480, 1, 0, [(1, False, 480)]),
        (481, 1, 0, [(1, False, 480), (1, False, 1)]),
        (3, 1, 2499, [(1, False, 1), (2, True, 2)]),
        (3, 4, 2500, [(5, True, 3)]),
        (3, 4, 2600, [(5, True, 3)]),  # somebody else put in too many
        (2501, 0, 0, [(1, True, 480), *[(1, False, 480)] * 4, (1, False, 100), (2, True, 1)]),
    ],
)
def test_the_last_segment_is_filled_first_and_then_new_ones(
    count: int, segment_count: int, last_count: int, expected: list[tuple[int, bool, int]]
) -> None:
    assert sizes(count, segment_count, last_count) == expected


def test_messages_are_numbered_in_their_order_from_the_next_number_on() -> None:
    given_messages = [message("b"), message("a", SequenceNumber=3)]
    assert list(batches(given_messages, 1, 0, next_number=7)) == [
        Batch(1, opens_segment=False, messages=[message("b", SequenceNumber=7), message("a", SequenceNumber=8)])
    ]
    assert given_messages == [message("b"), message("a", SequenceNumber=3)]


def test_long_messages_are_committed_few_at_a_time() -> None:
    made = list(batches([message(f"{number} {'é' * 500_000}") for number in range(9)], 1, 0, next_number=0))
    assert [len(batch.messages) for batch in made] == [4, 4, 1]


@pytest.mark.slow
@given(st.integers(0, 6000), st.integers(0, 3), st.integers(0, 2500))
def test_no_segment_gets_more_than_it_holds_and_no_message_is_left(count: int, segments: int, last: int) -> None:
    made = sizes(count, segments, last)
    assert sum(size for *_, size in made) == count
    for number in {segment for segment, *_ in made}:
        filled = sum(size for segment, _, size in made if segment == number)
        assert filled + (last if number == segments else 0) <= 2500
        assert sum(opens for segment, opens, _ in made if segment == number) == (number > segments)
