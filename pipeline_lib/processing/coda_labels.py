"""Labels from a Coda V2 file, as columns (semantics.md section 6)."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import orjson
import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import is_there, read_data
from pipeline_lib.model.labels import is_suggestion
from pipeline_lib.processing.times import INSTANT, instants

LABELS = {
    "message_id": pl.String(),
    "position": pl.UInt32(),
    "scheme_id": pl.String(),
    "code_id": pl.String(),
    "is_checked": pl.Boolean(),
    "labelled_at": INSTANT,
    "coder": pl.String(),
}

IS_SUGGESTION = "is_suggestion"
"""Column that marks the labels which a machine has given and nobody has checked."""


def read_labels(path: Path, as_of: datetime | None) -> pl.DataFrame:
    """The labels of a Coda file that were made before `as_of`; none where there is no such file yet.

    Returns:
        One row per label, in file order: `message_id`, `position` (0 is the message's newest), `scheme_id`, `code_id`,
        `is_checked`, `labelled_at`, `coder` (null: a machine), `is_suggestion`.

    Raises:
        DataError: The file is no list of Coda messages, has a message twice, or a label's time is none.
    """
    rows = list(_labels(_messages(path))) if is_there(path) else []
    as_written = pl.DataFrame(rows, schema=_AS_WRITTEN, orient="row")
    labels = as_written.with_columns(instants(as_written["labelled_at"]))
    timeless_count = labels["labelled_at"].null_count()
    if timeless_count:
        wrong = f"{timeless_count} labels have a DateTimeUTC that is not ISO 8601 with an offset"
        raise DataError(Problem(path.name, wrong, "pull the dataset again"))
    return labels if as_of is None else labels.filter(pl.col("labelled_at") < as_of)


_AS_WRITTEN = {**LABELS, "labelled_at": pl.String(), IS_SUGGESTION: pl.Boolean()}


class _Origin(msgspec.Struct, gc=False):
    """What is read of who gave a label."""

    Name: str | None = None
    OriginType: str | None = None


class _Label(msgspec.Struct, gc=False):
    """What is read of a label; the rest of a file is passed over."""

    SchemeID: str
    CodeID: str
    DateTimeUTC: str
    Checked: bool | None = False
    Origin: _Origin | None = None


class _Message(msgspec.Struct, gc=False):
    """What is read of a message."""

    MessageID: str
    Labels: list[_Label]


def _labels(messages: list[_Message]) -> Iterator[tuple[object, ...]]:
    for message in messages:
        for position, label in enumerate(message.Labels):
            origin = label.Origin
            coder = origin.Name if origin is not None and origin.OriginType == "Manual" else None
            said = (label.SchemeID, label.CodeID, label.Checked, label.DateTimeUTC)
            suggested = is_suggestion(origin and origin.OriginType, is_checked=bool(label.Checked))
            yield message.MessageID, position, *said, coder, suggested


def _messages(path: Path) -> list[_Message]:
    content = read_data(path).removeprefix(BOM_UTF8)
    try:
        messages = msgspec.json.decode(content, type=list[_Message])
    except (ValueError, RecursionError):
        raise DataError(_problem(path.name, content)) from None
    indexes: dict[str, int] = {}
    for index, message in enumerate(messages):
        first = indexes.setdefault(message.MessageID, index)
        if first != index:
            wrong = f"has the MessageID of message [{first}]"
            raise DataError(Problem(f"{path.name}: message [{index}]", wrong, "keep one of them"))
    return messages


def _problem(name: str, content: bytes) -> Problem:
    """What is wrong with a file that could not be read, and where."""
    try:
        messages = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return Problem(f"{name}: line {error.lineno}, column {error.colno}", "is not JSON", "pull the dataset again")
    if not isinstance(messages, list):
        return Problem(name, "is not a list of Coda messages")
    wrong = "lacks MessageID or Labels, or a label lacks SchemeID, CodeID or DateTimeUTC"
    broken = next((f": message [{index}]" for index, message in enumerate(messages) if not _is_whole(message)), "")
    return Problem(f"{name}{broken}", wrong)


def _is_whole(message: object) -> bool:
    try:
        msgspec.convert(message, _Message)
    except msgspec.ValidationError:
        return False
    return True
