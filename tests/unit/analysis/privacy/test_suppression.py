"""What hiding costs, and what a hidden number may stand for."""

import numpy as np
import pytest

from pipeline_lib.analysis.privacy.messages import protected_messages
from pipeline_lib.analysis.privacy.returning import Returning, protected_returning
from pipeline_lib.analysis.privacy.suppression import IMPOSSIBLE, Suppression

EVERYWHERE = (np.arange(5),)
COUNTS = np.array([0, 1, 4, 5, 9])


def mask(*flags: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.array(flags, np.bool_)


def test_only_small_numbers_are_hidden_at_first() -> None:
    assert Suppression(COUNTS, 5).modes.tolist() == [0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("by", "prices"),
    [
        # A zero that is shown cannot be one; 1 can be 2; 4 would not be `<5` if it were 5; 5 and 9 are shown.
        (1, [IMPOSSIBLE, 0, IMPOSSIBLE, 5, 9]),
        # 1 would be shown if it were 0; 4 can be 3; 5 would be `<5` if it were 4; 9 is shown.
        (-1, [IMPOSSIBLE, IMPOSSIBLE, 0, IMPOSSIBLE, 9]),
    ],
)
def test_a_change_costs_what_must_be_hidden_for_it(by: int, prices: list[float]) -> None:
    assert Suppression(COUNTS, 5).prices(EVERYWHERE, by).tolist() == prices


def test_what_is_hidden_changes_for_nothing() -> None:
    suppression = Suppression(COUNTS, 5)
    suppression.hide(mask(0, 0, 0, 1, 1))
    assert suppression.modes.tolist() == [0, 1, 1, 2, 2]
    assert suppression.prices(EVERYWHERE, -1).tolist() == [IMPOSSIBLE, IMPOSSIBLE, 0, IMPOSSIBLE, 0]
    assert suppression.prices(EVERYWHERE, 1).tolist() == [IMPOSSIBLE, 0, IMPOSSIBLE, 0, 0]


def test_few_may_be_none_and_a_blank_may_be_anything() -> None:
    suppression = Suppression(COUNTS, 5)
    suppression.hide_few(mask(1, 1, 0, 0, 0))
    suppression.blank(mask(0, 0, 1, 1, 0))
    assert suppression.modes.tolist() == [1, 1, 2, 2, 0]
    assert suppression.prices(EVERYWHERE, 1).tolist() == [0, 0, 0, 0, 9]
    assert suppression.prices(EVERYWHERE, -1).tolist() == [IMPOSSIBLE, 0, 0, 0, 9]


def test_only_what_says_nothing_is_blank() -> None:
    suppression = Suppression(COUNTS, 5)
    suppression.hide(mask(0, 0, 0, 1, 0))
    suppression.hide_few(mask(1, 0, 0, 0, 0))
    suppression.blank(mask(0, 0, 1, 0, 0))
    assert suppression.is_blank.tolist() == [False, False, True, False, False]


def test_a_line_hides_its_smallest_numbers_until_enough_people_are_hidden() -> None:
    suppression = Suppression(np.array([1, 1, 7, 6, 0]), 5)
    suppression.complete(mask(1, 1, 1, 1, 1))
    assert suppression.modes.tolist() == [1, 1, 0, 2, 0]
    complete = Suppression(np.array([4, 4, 7]), 5)
    complete.complete(mask(1, 1, 1))
    assert complete.modes.tolist() == [1, 1, 0]


def test_messages_of_few_people_take_another_group_s_with_them() -> None:
    messages = np.array([[3, 2], [40, 30], [20, 15]])
    people = np.array([[3, 2], [25, 20], [9, 9]])
    assert protected_messages(messages, people, 5).tolist() == [[1, 1], [0, 0], [2, 2]]


def test_many_messages_of_few_people_are_hidden_too() -> None:
    messages, people = np.array([[50, 0], [40, 30]]), np.array([[2, 0], [25, 20]])
    assert protected_messages(messages, people, 5).tolist() == [[2, 0], [2, 0]]


def test_a_group_without_a_message_to_spare_is_no_cover() -> None:
    # The second group's 9 people sent a message each, so that none of them can be the first group's.
    messages, people = np.array([[3], [9], [30]]), np.array([[3], [9], [20]])
    assert protected_messages(messages, people, 5).tolist() == [[1], [0], [2]]


def test_where_every_message_is_relevant_a_relevant_one_is_the_other_group_s() -> None:
    messages, people = np.array([[2, 2], [11, 11]]), np.array([[2, 2], [10, 10]])
    assert protected_messages(messages, people, 5).tolist() == [[1, 1], [2, 2]]


def test_without_any_cover_the_whole_column_is_blank() -> None:
    messages, people = np.array([[1], [9]]), np.array([[1], [9]])
    assert protected_messages(messages, people, 5).tolist() == [[2], [2]]


def test_who_came_back_is_hidden_with_who_could_have() -> None:
    combinations = [frozenset(names) for names in ("a", "b", "c", "ab", "ac", "bc", "abc")]
    people = Returning(np.array([30, 20, 10, 8, 7, 6, 2]), np.array([60, 21, 2]))
    shown = protected_returning(combinations, people, 5)
    assert shown is not None
    # Two who came twice could have come once and three times: all three numbers may be others.
    assert shown.times.tolist() == [2, 2, 1]
    assert shown.combinations[-1] == 1


def test_of_two_episodes_the_people_of_each_tell_who_came_twice() -> None:
    combinations = [frozenset(names) for names in ("a", "b", "ab")]
    assert protected_returning(combinations, Returning(np.array([30, 20, 2]), np.array([50, 2])), 5) is None


def test_nobody_small_hides_nothing() -> None:
    combinations = [frozenset(names) for names in ("a", "b", "ab")]
    shown = protected_returning(combinations, Returning(np.array([30, 20, 12]), np.array([50, 12])), 5)
    assert shown is not None
    assert [*shown.combinations, *shown.times] == [0, 0, 0, 0, 0]
