"""Raw data as the predecessors' JSON lines of traced data (semantics.md 0)."""

from collections.abc import Sequence
from typing import Any

from pipeline_lib.trace.history import Update, encoded, history, metadata

_USER = "sandbox"
_WRITTEN_AT = "2025-09-16T04:00:00.000000+00:00"


def traced_line(updates: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """One object's line, with its line break.

    Args:
        updates: Oldest first; each is what made it and the fields it sets.
    """
    made = (Update(encoded(data), metadata(origin, _USER, _WRITTEN_AT)) for origin, data in updates)
    return history(made).text + "\n"
