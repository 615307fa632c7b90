"""Sequence numbers that several messages have."""

import pytest

from pipeline_lib.label_store.sequence_numbers import repeated_numbers

RIGHT = "coders see them in an arbitrary order; to fix it, give all but one of each a number of its own"


@pytest.mark.parametrize(("numbers", "said"), [
    ([], None),
    ([0, 1, 2], None),
    ([None, None, 0], None),
    ([7, 7], "2 messages share 1 sequence numbers, such as 7"),
    ([5, 4, 4, 5, 3, 3, 2, 2, 2, 1], "9 messages share 4 sequence numbers, such as 2, 3, 4"),
    ([252610000001, 252610000001], "2 messages share 1 sequence numbers, such as a great number"),
])  # fmt: skip
def test_shared_numbers_are_counted_with_those_who_have_them(numbers: list[int | None], said: str | None) -> None:
    expected = [] if said is None else [f'dataset "x": {said}; {RIGHT}']
    assert list(map(str, repeated_numbers('dataset "x"', numbers))) == expected
