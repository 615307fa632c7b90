"""How much of the outputs a run makes."""

from enum import StrEnum


class Mode(StrEnum):
    """What processing writes."""

    ALL = "all"
    """Everything."""
    AUTO_CODE_ONLY = "auto-code-only"
    """What needs no coder: the Coda files, the ICR samples, the production CSV, and their traced data."""
