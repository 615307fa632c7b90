import numpy as np
import polars as pl

from pipeline_lib.analysis.counting.messages import message_counts


def senders(*places: int) -> pl.Series:
    return pl.Series("participant", places, dtype=pl.UInt32)


def test_messages_are_counted_with_their_senders_and_with_what_one_of_them_sent_beyond_the_first() -> None:
    keys = np.array([100, 20, 3, 4000])
    found = message_counts([[senders(2, 0, 2, 2, 3, 3), senders()], [senders(1), senders(1, 1)]], 2, keys)
    assert found.messages.tolist() == [[6, 0], [1, 2]]
    assert found.senders.people.tolist() == [[3, 0], [1, 1]]
    assert found.senders.key_sums.tolist() == [[4103, 0], [20, 20]]
    assert found.further_key_sums.tolist() == [[4003, 0], [0, 20]]
    assert found.most_further.tolist() == [[2, 0], [0, 1]]


def test_without_keys_senders_are_counted_as_well() -> None:
    found = message_counts([[senders(2, 0, 2), senders()]], 2, None)
    assert found.messages.tolist() == [[3, 0]]
    assert found.senders.people.tolist() == [[2, 0]]


def test_of_nobody_nothing_is_counted() -> None:
    assert message_counts([], 2, np.array([7])).messages.shape == (0, 2)
    assert message_counts([[senders()]], 1, np.array([], np.int64)).senders.people.tolist() == [[0]]
