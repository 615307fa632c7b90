"""Turn a person's free text into a match value of a code scheme, or into nothing.

A cleaner only suggests: what it finds becomes an automatic, unchecked label that a person confirms or replaces.
The words that it knows are data: the files under `data/`, beside this one, can be corrected without reading Python.
"""

from pipeline_lib.cleaners.registry import CLEANERS, Cleaner, clean

__all__ = ["CLEANERS", "Cleaner", "clean"]
