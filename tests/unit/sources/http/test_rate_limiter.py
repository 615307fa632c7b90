from pipeline_lib.sources.http.rate_limiter import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_scope_waits_until_the_oldest_of_as_many_requests_as_the_limit_is_an_hour_old() -> None:
    clock = Clock()
    budget = RateLimiter(3, clock)
    for clock.seconds in (0.0, 10.0, 20.0):
        assert budget.wait_seconds("v2.runs") == 0
        budget.spend("v2.runs")
    clock.seconds = 600.0
    assert budget.wait_seconds("v2.runs") == 3000
    clock.seconds = 3599.0
    assert budget.wait_seconds("v2.runs") == 1
    clock.seconds = 3600.0
    assert budget.wait_seconds("v2.runs") == 0
    budget.spend("v2.runs")
    assert budget.wait_seconds("v2.runs") == 10


def test_every_scope_has_a_budget_of_its_own() -> None:
    budget = RateLimiter(1, Clock())
    budget.spend("v2.runs")
    assert budget.wait_seconds("v2.runs") == 3600
    assert budget.wait_seconds("v2") == 0
    budget.spend("v2")
    assert budget.left() == {"v2": 0, "v2.runs": 0}


def test_what_is_left_grows_back_as_requests_grow_old() -> None:
    clock = Clock()
    budget = RateLimiter(2500, clock)
    for clock.seconds in (0.0, 1.0, 1800.0):
        budget.spend("v2.runs")
    assert budget.left() == {"v2.runs": 2497}
    clock.seconds = 3601.0
    assert budget.left() == {"v2.runs": 2499}


def test_requests_made_without_waiting_keep_the_scope_shut_until_all_but_the_last_are_old() -> None:
    clock = Clock()
    budget = RateLimiter(2, clock)
    for clock.seconds in (0.0, 1.0, 2.0, 3.0):
        budget.spend("v2")
    assert budget.wait_seconds("v2") == 3599
    assert budget.left() == {"v2": 0}
