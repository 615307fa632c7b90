import math

from sandbox.faults import Change, Recurrence


def test_requests_are_struck_after_some_that_are_not() -> None:
    recurrence = Recurrence(times=2, after_requests=1)
    assert [recurrence.strikes() for _ in range(5)] == [False, True, True, False, False]


def test_there_may_be_no_end() -> None:
    endless = Recurrence(times=math.inf)
    assert all(endless.strikes() for _ in range(50))
    assert Recurrence(times=0).strikes() is False


def test_a_change_is_due_once() -> None:
    change: Change[list[int]] = Change("runs", lambda data: data.append(1), after_requests=2)
    assert [change.is_due() for _ in range(4)] == [False, True, False, False]
