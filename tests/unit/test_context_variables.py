from contextvars import ContextVar

import pytest

from pipeline_lib.context_variables import set_within

VARIABLE: ContextVar[str] = ContextVar("variable", default="outside")


def test_a_value_holds_within_its_block_and_the_one_before_it_afterwards() -> None:
    with set_within(VARIABLE, "outer"):
        with set_within(VARIABLE, "inner"):
            assert VARIABLE.get() == "inner"
        assert VARIABLE.get() == "outer"
    assert VARIABLE.get() == "outside"


def test_a_value_holds_no_longer_than_a_block_that_fails() -> None:
    with pytest.raises(ZeroDivisionError), set_within(VARIABLE, "inner"):
        _ = 1 / 0
    assert VARIABLE.get() == "outside"
