import numpy as np
import pytest
import scipy

from pipeline_lib.disclosure.perturbation_tables import (
    KEY_COUNT,
    maximum_entropy,
    maximum_entropy_probabilities,
    ten_five_rule,
)

PARAMETERS = [(3, 2.0), (5, 4.0), (4, 1.0), (10, 9.0)]


def every_key(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(KEY_COUNT, count), np.arange(KEY_COUNT)


def test_the_ten_five_rule_rounds_to_the_nearest_five_from_ten_on() -> None:
    counts = np.array([0, 1, 9, 10, 11, 12, 13, 14, 15, 17, 18, 2_000_002, 2_000_003])
    perturbed = counts + ten_five_rule().of(counts, np.zeros_like(counts))
    assert perturbed.tolist() == [0, 0, 0, 10, 10, 10, 15, 15, 15, 15, 20, 2_000_000, 2_000_005]


@pytest.mark.parametrize(("largest_deviation", "variance"), PARAMETERS)
def test_a_perturbation_is_unbiased_bounded_and_of_the_variance_asked_for(
    largest_deviation: int, variance: float
) -> None:
    perturbations = maximum_entropy(largest_deviation, largest_deviation, variance).of(*every_key(1000))
    assert perturbations.min() == -largest_deviation
    assert perturbations.max() == largest_deviation
    assert perturbations.mean() == pytest.approx(0, abs=0.001)
    assert perturbations.var() == pytest.approx(variance, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("largest_deviation", "variance"), PARAMETERS)
def test_no_distribution_of_the_same_mean_and_variance_has_a_greater_entropy(
    largest_deviation: int, variance: float
) -> None:
    deviations = np.arange(-largest_deviation, largest_deviation + 1)
    found = scipy.optimize.minimize(
        lambda p: float(np.sum(p * np.log(p))),
        np.full(len(deviations), 1 / len(deviations)),
        bounds=[(1e-9, 1)] * len(deviations),
        constraints=[
            {"type": "eq", "fun": lambda p: p.sum() - 1},
            {"type": "eq", "fun": lambda p: p @ deviations},
            {"type": "eq", "fun": lambda p: p @ deviations**2 - variance},
        ],
    )
    assert found.success
    assert maximum_entropy_probabilities(largest_deviation, variance) == pytest.approx(found.x, abs=1e-3)


def test_large_deviations_are_as_rare_as_a_normal_distributions() -> None:
    table = maximum_entropy(5, 7, 4.0)
    perturbations = table.of(*every_key(1000))
    assert table.largest_deviation == 7
    assert (np.abs(perturbations) == 7).mean() < 0.002
    assert (np.abs(perturbations) <= 2).mean() == pytest.approx(0.79, abs=0.01)
    assert (perturbations.mean(), perturbations.var()) == (pytest.approx(0, abs=0.001), pytest.approx(4, abs=0.02))


def test_any_number_is_changed_as_large_counts_are() -> None:
    numbers = np.array([0, 1, 2, 3, 4, 13])
    assert (numbers + ten_five_rule().of_large(numbers, np.zeros_like(numbers))).tolist() == [0, 0, 0, 5, 5, 15]
    keys = np.array([7, 4000, 90, 1, 2, 3])
    table = maximum_entropy(5, 5, 4.0)
    assert table.of_large(numbers, keys).tolist() == table.of(np.full(6, 1000), keys).tolist()


def test_counts_below_the_threshold_become_nothing() -> None:
    counts = np.arange(5)
    assert (counts + maximum_entropy(5, 5, 4.0).of(counts, np.full(5, 17))).tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("variance", [0.0, -1.0, 10.0, 11.0])
def test_a_variance_that_no_distribution_has_is_refused(variance: float) -> None:
    with pytest.raises(ValueError, match=r"^must be above 0 and below 10\.00$"):
        maximum_entropy(5, 5, variance)


def test_no_released_count_deviates_by_more_than_the_table_says() -> None:
    assert ten_five_rule().largest_deviation == 2
    assert maximum_entropy(5, 4, 2.0).largest_deviation == 4
