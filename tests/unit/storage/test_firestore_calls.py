"""What Firestore's client raises, as errors that say what to do next."""

import pytest
from google.auth.exceptions import RefreshError, TransportError

from pipeline_lib.errors import DataError, FatalSourceError, Problem, RetriableSourceError, SourceError
from pipeline_lib.storage.firestore_calls import call_firestore


@pytest.mark.parametrize(
    ("raised", "error", "said"),
    [
        (RefreshError("secret"), FatalSourceError, "does not accept the service account key (UNAUTHENTICATED)"),
        (TransportError("secret", retryable=True), RetriableSourceError, "is unavailable (UNAVAILABLE)"),
    ],
)
def test_keys_that_cannot_be_used_are_told_from_lines_that_broke(
    raised: Exception, error: type[SourceError], said: str
) -> None:
    def fail() -> None:
        raise raised

    with pytest.raises(error) as caught:
        call_firestore("here", fail)
    assert str(caught.value).startswith(f"here: Firestore {said}; ")
    assert caught.value.__context__ is None


def test_whatever_else_fails_is_named_by_its_kind_since_its_text_may_be_an_address() -> None:
    def fail() -> None:
        raise ValueError("secret")

    with pytest.raises(FatalSourceError) as caught:
        call_firestore("here", fail)
    assert str(caught.value) == "here: the Firestore client failed (ValueError); report this: it is no mistake of yours"
    assert caught.value.__context__ is None


def test_what_our_own_code_says_stands() -> None:
    problem = Problem("there", "is wrong", "mend it")

    def fail() -> None:
        raise DataError(problem)

    with pytest.raises(DataError) as caught:
        call_firestore("here", fail)
    assert caught.value.problems == (problem,)
