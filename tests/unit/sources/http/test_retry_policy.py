import pytest

from pipeline_lib.sources.http.retry_policy import RetryPolicy, TransientFailure

PASSING = TransientFailure("answered 502")


@pytest.mark.parametrize(
    ("try_number", "share", "seconds"),
    [(1, 0.0, 0.5), (1, 1.0, 1.0), (2, 1.0, 2.0), (3, 1.0, 4.0), (5, 1.0, 16.0), (5, 0.0, 8.0), (9, 1.0, 60.0)],
)
def test_each_wait_is_twice_as_long_up_to_a_limit_and_a_random_half_is_left_out(
    try_number: int, share: float, seconds: float
) -> None:
    assert RetryPolicy(most_tries=10).wait_seconds(PASSING, try_number, 0, share) == seconds


def test_what_the_server_asks_for_comes_on_top_up_to_an_hour() -> None:
    policy = RetryPolicy()
    assert policy.wait_seconds(TransientFailure("answered 429", retry_after_seconds=40), 1, 0, 1.0) == 41
    assert policy.wait_seconds(TransientFailure("answered 429", retry_after_seconds=1e9), 1, 0, 1.0) == 3601
    assert policy.wait_seconds(TransientFailure("answered 429", retry_after_seconds=0), 1, 0, 1.0) == 1


def test_tries_end_by_their_number_and_by_what_was_waited_in_all() -> None:
    policy = RetryPolicy(most_tries=6, total_wait_seconds=7200)
    assert policy.wait_seconds(PASSING, 5, 0, 1.0) == 16
    assert policy.wait_seconds(PASSING, 6, 0, 1.0) is None
    assert policy.wait_seconds(PASSING, 1, 7199, 1.0) == 1
    assert policy.wait_seconds(PASSING, 1, 7199.5, 1.0) is None
    assert policy.wait_seconds(TransientFailure("answered 500", most_tries=3), 3, 0, 1.0) is None
