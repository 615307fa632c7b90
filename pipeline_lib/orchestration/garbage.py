"""Python's search for garbage, put off while much is made that stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_left() -> Iterator[None]:
    """Lets no garbage be searched for within the block.

    Whenever what lives has grown by a quarter, Python looks through all of it. The DAG processor makes hundreds of
    DAGs, keeps them, and ends: a fifth of its time went there.
    """
    was_searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_searching:
            gc.enable()
