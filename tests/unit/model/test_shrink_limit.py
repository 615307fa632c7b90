import logging

import pytest

from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit


@pytest.mark.parametrize(
    ("share", "before", "now", "is_refused"),
    [
        (0.5, 0, 0, False),
        (0.5, 1, 0, True),
        (0.5, 2, 1, False),
        (0.5, 3, 1, True),
        (0.5, 3, 2, False),
        (0.5, 1000, 500, False),
        (0.5, 1000, 499, True),
        (0.5, 1000, 2000, False),
        (1.0, 1000, 999, True),
        (1.0, 1000, 1000, False),
        (0.0, 1000, 1, False),
        (0.0, 1000, 0, True),
    ],
)
def test_less_than_the_share_and_nothing_at_all_are_refused(
    share: float, before: int, now: int, *, is_refused: bool
) -> None:
    problem = ShrinkLimit(share).problem("a.csv", "record", before=before, now=now, accepted_as="a")
    assert (problem is not None) == is_refused


def test_the_refusal_says_what_there_was_and_is_and_how_to_accept_it() -> None:
    problem = DEFAULT_LIMIT.problem("a b.csv", "record", before=1200, now=30, accepted_as="a b")
    assert str(problem) == (
        "a b.csv: had 1,200 records when it was last read, and has 30 now; have them restored; or, if they are gone "
        "for good, accept it once with --accept-shrink 'a b' or the run's parameter accept_shrink "
        "(SourceShrinkLimit: at least 50% must be there)"
    )


def test_what_is_accepted_is_said_in_the_log_and_nothing_else_is_accepted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    limit = ShrinkLimit(accepted=frozenset({"a"}))
    assert limit.problem("a.csv", "record", before=1, now=0, accepted_as="a") is None
    assert caplog.messages == ["a.csv: had 1 record when it was last read, and has none now; this was accepted"]
    assert limit.problem("b.csv", "record", before=1, now=0, accepted_as="b") is not None
