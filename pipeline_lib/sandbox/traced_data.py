"""Raw data as the predecessors' JSON lines of traced data (semantics.md section 0)."""

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_USER = "sandbox"
_WRITTEN_AT = "2025-09-16T04:00:00.000000+00:00"


def traced_line(updates: "Sequence[tuple[str, dict[str, Any]]]") -> str:
    """One object's line, with its line break: the updates newest first, each with the hash of its data and its past.

    Args:
        updates: Oldest first; each is what made it and the fields it sets.
    """
    history: list[dict[str, Any]] = []
    previous_sha = ""
    for origin, data in updates:
        previous_sha = _sha(data, previous_sha)
        metadata = {"Source": origin, "Timestamp": _WRITTEN_AT, "User": _USER}
        history.append({"Data": data, "Metadata": metadata, "NestedTracedData": {}, "SHA": previous_sha})
    return json.dumps(history[::-1], sort_keys=True) + "\n"


def _sha(data: dict[str, Any], previous_sha: str) -> str:
    return sha256(json.dumps({"data": data, "prev_sha": previous_sha}, sort_keys=True).encode()).hexdigest()
