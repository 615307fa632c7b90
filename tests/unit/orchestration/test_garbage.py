import gc

import pytest

from pipeline_lib.orchestration.garbage import garbage_left


def test_no_garbage_is_searched_for_within_until_the_outermost_block_ends() -> None:
    with garbage_left():
        with garbage_left():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_searched_for_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="wrong"), garbage_left():
        raise ValueError("wrong")
    assert gc.isenabled()
