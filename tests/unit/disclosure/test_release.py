import numpy as np
import pandas as pd
import pytest
from cell_key_perturbation.create_perturbed_table import create_perturbed_table

from pipeline_lib.disclosure.perturbation_tables import KEY_COUNT, PerturbationTable, maximum_entropy, ten_five_rule
from pipeline_lib.disclosure.record_keys import record_keys
from pipeline_lib.disclosure.release import (
    Cell,
    Counts,
    MessageCounts,
    Released,
    percent,
    release_messages,
    release_people,
)

TABLE = maximum_entropy(5, 5, 4.0)


def texts(released: Released) -> list[str]:
    return [cell.text for cell in released.cells()]


def array(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def as_ptable(table: PerturbationTable) -> pd.DataFrame:
    counts, keys = (axis.ravel() for axis in np.meshgrid(np.arange(1, 751), np.arange(KEY_COUNT), indexing="ij"))
    return pd.DataFrame({"pcv": counts, "ckey": keys, "pvalue": table.of(counts, keys)})


@pytest.mark.slow
@pytest.mark.parametrize("table", [ten_five_rule(), TABLE])
def test_counts_are_released_as_the_statisticians_own_library_releases_them(
    table: PerturbationTable, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = np.random.default_rng(0)
    size = 4000
    people = pd.DataFrame(
        {
            "district": np.minimum(chance.geometric(0.1, size), 60),
            "theme": chance.choice(["water", "health"], size, p=[0.9, 0.1]),
            "record_key": record_keys((f"person {n}" for n in range(size)), "secret"),
        }
    )
    theirs = create_perturbed_table(
        data=people,
        ptable=as_ptable(table),
        geog=["district"],
        tab_vars=["theme"],
        record_key="record_key",
        threshold=table.threshold,
    )
    capsys.readouterr()
    cells = people.groupby(["district", "theme"])["record_key"].agg(["size", "sum"])
    ours = release_people(Counts(cells["size"].to_numpy(), cells["sum"].to_numpy()), table)
    expected = theirs.set_index(["district", "theme"])["count"].reindex(cells.index)
    assert [cell.count for cell in ours.cells()] == [None if pd.isna(count) else int(count) for count in expected]
    assert 10 < sum(cell.count is None for cell in ours.cells()) < len(cells) - 10


def test_without_a_table_numbers_are_released_as_they_are() -> None:
    people = Counts(array(0, 3, 17), array(0, 5, 9))
    counts = MessageCounts(array(0, 4, 40), people, array(0, 5, 9), array(0, 2, 9))
    assert texts(release_people(people, None)) == ["0", "3", "17"]
    assert texts(release_messages(counts, None)) == ["0", "4", "40"]


def test_a_small_count_is_not_released_and_no_other_looks_like_one() -> None:
    counts = Counts(np.arange(5, dtype=np.int64), np.arange(5, dtype=np.int64))
    assert texts(release_people(counts, TABLE)) == ["<5"] * 5


def test_a_count_that_becomes_small_is_not_released() -> None:
    lowest_key, highest_key = 0, KEY_COUNT - 1
    assert texts(release_people(Counts(array(9, 10, 10), array(lowest_key, lowest_key, highest_key)), TABLE)) == [
        "<5",
        "5",
        "15",
    ]


def test_the_same_people_give_the_same_number_beside_whatever_stands_there() -> None:
    alone = release_people(Counts(array(40), array(12345)), TABLE)
    in_a_table = release_people(Counts(np.array([[7, 40], [3, 90]]), np.array([[1, 12345], [2, 3]])), TABLE)
    assert in_a_table.cell(0, 1) == alone.cell(0)


def messages_of(messages: int, people: int, key: int, further_key: int = 0, most_further: int = 0) -> MessageCounts:
    senders = Counts(array(people), array(key))
    return MessageCounts(array(messages), senders, array(further_key), array(most_further))


def test_messages_of_few_people_are_not_released_however_many_they_are() -> None:
    assert texts(release_messages(messages_of(400, 4, 7, 7, 299), TABLE)) == ["<5"]


@pytest.mark.parametrize("key", [0, 1000, KEY_COUNT - 1])
def test_where_everybody_sent_one_message_it_is_the_number_of_people(key: int) -> None:
    [people] = texts(release_people(Counts(array(40), array(key)), TABLE))
    assert texts(release_messages(messages_of(40, 40, key), TABLE)) == [people]


def test_further_messages_deviate_by_as_much_as_one_person_sent_of_them() -> None:
    people, deviations = 100, []
    for key in range(KEY_COUNT):
        [shown] = release_messages(messages_of(900, people, KEY_COUNT // 2, key, 30), TABLE).cells()
        deviations.append((shown.count or 0) - 900)
    assert {deviation % 30 for deviation in deviations} == {0}
    assert (min(deviations), max(deviations)) == (-5 * 30, 5 * 30)
    assert abs(np.mean(deviations)) < 0.1


def test_messages_are_never_fewer_than_people_as_they_are_released() -> None:
    shown = {release_messages(messages_of(42, 40, 0, key, 2), TABLE).cell(0).count for key in range(KEY_COUNT)}
    assert min(number for number in shown if number is not None) == 35


def test_whoever_knows_how_further_messages_are_perturbed_knows_nothing_of_how_people_are() -> None:
    keys = np.arange(KEY_COUNT)
    people = release_people(Counts(np.full(KEY_COUNT, 50), keys), TABLE).cells()
    counts = MessageCounts(np.full(KEY_COUNT, 950), Counts(np.full(KEY_COUNT, 50), keys), keys, np.ones_like(keys))
    messages = release_messages(counts, TABLE).cells()
    of_people = np.array([(cell.count or 0) - 50 for cell in people])
    of_further = np.array([(cell.count or 0) - 950 for cell in messages]) - of_people
    for deviation in range(-5, 6):
        known = of_people[of_further == deviation]
        assert abs(known.mean()) < 0.25
        assert known.var() == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (Cell("5", 5), Cell("21", 21), "23.8"),
        (Cell("0", 0), Cell("0", 0), "-"),
        (Cell("<5", None), Cell("21", 21), "*"),
        (Cell("5", 5), Cell("<5", None), "*"),
        (Cell("23", 23), Cell("21", 21), "109.5"),
        (Cell("23", 23, is_perturbed=True), Cell("21", 21, is_perturbed=True), "100.0"),
        (Cell("21", 21), Cell("21", 21), "100.0"),
    ],
)
def test_a_share_is_one_of_what_is_released(part: Cell, whole: Cell, expected: str) -> None:
    assert percent(part, whole) == expected
