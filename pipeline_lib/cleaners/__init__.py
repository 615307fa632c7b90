"""Turn a person's free text into a match value of a code scheme, or into nothing.

A cleaner only suggests: what it finds becomes an automatic, unchecked label that a person confirms or replaces.
The words that it knows are data: the files under `data/`, beside this one, can be corrected without reading Python.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline_lib.cleaners.registry import CLEANERS, Cleaner, clean, clean_all

__all__ = ["CLEANERS", "Cleaner", "clean", "clean_all"]


def __getattr__(name: str) -> Any:
    """Imports the registry's names when they are first used, so that checking configs does not import Polars."""
    if name in __all__:
        return getattr(import_module("pipeline_lib.cleaners.registry"), name)
    raise AttributeError(name)
