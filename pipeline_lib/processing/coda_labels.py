"""Labels from a Coda V2 file, as columns (semantics.md section 6)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.processing.times import instants

MANUALLY_UNCODED = "SPECIAL-MANUALLY_UNCODED"
"""The CodeID by which a coder takes a code away."""

LABELS = {
    "message_id": pl.String,
    "position": pl.UInt32,
    "scheme_id": pl.String,
    "code_id": pl.String,
    "is_checked": pl.Boolean,
    "labelled_on": pl.String,
}


def read_labels(path: Path, as_of: datetime | None) -> pl.DataFrame:
    """The labels of a Coda file that were made before `as_of`; none where there is no such file yet.

    Returns:
        One row per label, in file order: `message_id`, `position` (0 is the message's newest), `scheme_id`, `code_id`,
        `is_checked`, `labelled_on`.

    Raises:
        DataError: The file is no list of Coda messages.
    """
    rows = list(_labels(path)) if path.exists() else []
    labels = pl.DataFrame(rows, schema=LABELS, orient="row")
    if as_of is None:
        return labels
    return labels.filter(instants(labels["labelled_on"]) < as_of)


def _labels(path: Path) -> Iterator[tuple[Any, ...]]:
    try:
        messages = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        place = f"{path.name}: line {error.lineno}, column {error.colno}"
        raise DataError(Problem(place, "is not JSON", "pull the dataset again")) from None
    if not isinstance(messages, list):
        raise DataError(Problem(path.name, "is not a list of Coda messages"))
    for index, message in enumerate(messages):
        try:
            message_id = message["MessageID"]
            for position, label in enumerate(message["Labels"]):
                checked = label.get("Checked", False)
                yield message_id, position, label["SchemeID"], label["CodeID"], checked, label["DateTimeUTC"]
        except (KeyError, TypeError, AttributeError):
            wrong = "lacks MessageID or Labels, or a label lacks SchemeID, CodeID or DateTimeUTC"
            raise DataError(Problem(f"{path.name}: message [{index}]", wrong)) from None
