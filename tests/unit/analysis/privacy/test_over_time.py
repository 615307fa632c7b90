"""Messages by the hour, beside sums of hours that other graphs and tables show."""

import numpy as np
import pytest

from pipeline_lib.analysis.privacy.over_time import told_slots

ALL = [1, 1, 1, 1, 1, 1]
FIRST, SECOND = [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]
"""Two weeks of three slots each."""

CASES = {
    "all of many people": ([9, 9, 9, 9, 9, 9], [ALL, FIRST, SECOND], [], [1, 1, 1, 1, 1, 1]),
    "two of few in a week": ([2, 2, 9, 9, 9, 9], [ALL, FIRST, SECOND], [], [0, 0, 1, 1, 1, 1]),
    # The total less all others: the slot with the fewest messages goes too.
    "one of few": ([9, 9, 9, 9, 2, 7], [ALL], [], [1, 1, 1, 1, 0, 0]),
    # Two in all, yet each alone in its week.
    "one of few in each week": ([2, 9, 8, 3, 9, 7], [ALL, FIRST, SECOND], [], [0, 1, 0, 0, 1, 0]),
    # With the second slot hidden the promotion tells it, with the first both of them, until its last is hidden too.
    "a promotion": ([9, 8, 2, 9, 3, 3], [ALL, FIRST, SECOND, [1, 1, 0, 1, 0, 0]], [], [0, 0, 0, 0, 0, 0]),
    # A week less its promotion is the third slot, whatever other slots are told.
    "what sums alone tell": ([9, 9, 2, 9, 9, 9], [ALL, FIRST, [1, 1, 0, 0, 0, 0]], [], [1, 1, 0, 1, 1, 1]),
    # The first week is not told, but all less the second would be it: so that a slot of that one is not, either.
    "a week that is not told": ([2, 2, 0, 9, 7, 9], [ALL], [FIRST], [0, 0, 0, 1, 0, 1]),
    # Days without messages are no cover, and there is nothing else to hide.
    "one of few, and silence": ([0, 2, 0, 0, 0, 0], [ALL, FIRST], [FIRST], [0, 0, 0, 0, 0, 0]),
    "a week that is not told, and silence": ([0, 9, 0, 0, 7, 9], [ALL], [FIRST], [0, 0, 0, 0, 0, 1]),
    "nobody": ([0, 0, 0, 9, 9, 9], [ALL, FIRST, SECOND], [], [0, 0, 0, 1, 1, 1]),
}


@pytest.mark.parametrize(("messages", "sums", "secrets", "told"), CASES.values(), ids=CASES)
def test_no_slot_of_few_people_follows_from_sums(
    messages: list[int], sums: list[list[int]], secrets: list[list[int]], told: list[int]
) -> None:
    counts = np.array(messages)
    shown = told_slots(counts, counts, np.array(sums, bool), np.array(secrets, bool).reshape(-1, 6), 5)
    assert shown.astype(int).tolist() == told
