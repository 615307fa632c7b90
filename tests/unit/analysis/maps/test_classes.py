"""Which counts share a colour."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.analysis.maps.classes import class_number, classes

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("counts", "texts"),
    [
        ([], ["0"]),
        ([0, 0, 0], ["0"]),
        ([7], ["0", "7"]),
        ([7, 7, 0], ["0", "7"]),
        ([1, 2], ["0", "1", "2"]),
        ([0, 1, 1, 2, 3, 4, 5], ["0", "1", "2", "3", "4", "5"]),
        ([1, 2, 3, 50, 51, 400, 900], ["0", "1", "2–3", "50–51", "400", "900"]),  # noqa: RUF001
        ([1, 1, 2, 2, 9, 10, 90, 95, 1000, 5000], ["0", "1–2", "9–10", "90–95", "1,000", "5,000"]),  # noqa: RUF001
    ],
)
def test_zero_is_a_class_of_its_own_and_the_others_lie_near_each_other(counts: list[int], texts: list[str]) -> None:
    assert list(map(str, classes(counts))) == texts


def test_every_count_has_a_class() -> None:
    counts = [0, 1, 2, 3, 50, 51, 400, 900]
    shades = classes(counts)
    assert [class_number(count, shades) for count in counts] == [0, 1, 2, 2, 3, 3, 4, 5]


@settings(deadline=None)
@given(st.lists(st.integers(1, 2000), min_size=2, max_size=30), st.integers(6, 9))
def test_no_other_five_classes_are_tighter(counts: list[int], distinct_count: int) -> None:
    distinct = sorted(set(counts))[:distinct_count]
    counts = [count for count in counts if count in distinct]
    ours = [shade.highest for shade in classes(counts)[1:]]
    cuts = itertools.combinations(distinct[:-1], min(5, len(distinct)) - 1)
    assert _spread(counts, ours) == pytest.approx(min(_spread(counts, [*cut, distinct[-1]]) for cut in cuts))


def _spread(counts: list[int], highest: list[int]) -> float:
    """How far counts are from the means of their classes, squared."""
    groups = [[c for c in counts if low < c <= high] for low, high in zip([0, *highest], highest, strict=False)]
    return sum(sum((count - sum(group) / len(group)) ** 2 for count in group) for group in groups if group)
