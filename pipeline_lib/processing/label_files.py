"""Labels from a Coda V2 file, as columns (semantics.md 6)."""

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import polars as pl

from pipeline_lib.input_files import is_there, read_data
from pipeline_lib.model.coda_file import read_coda_file, shown_message_id
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


_REPEATED = "a message repeats an earlier MessageID; the labels of both are merged"
_HALF = "a message has half a character, or a number that JSON does not have"


class SetAside(NamedTuple):
    """A message that cannot be used as it is, so that it counts as not reviewed."""

    place: str
    """The message's index in its file and, if it is a hash, its id."""
    wrong: str


class LabelFile(NamedTuple):
    """What a Coda file holds."""

    labels: pl.DataFrame
    """As `read_labels` gives them."""
    place: str
    """How errors name the file."""
    message_count: int = 0
    """How many messages the file lists, usable or not."""
    set_aside: tuple[SetAside, ...] = ()
    mended: Mapping[str, int] = MappingProxyType({})
    """How many messages were mended while they were read, by what was mended."""

    def counts(self) -> dict[str, int]:
        """How many messages were set aside or mended, by the reason."""
        return {**Counter(f"a message {each.wrong}" for each in self.set_aside), **self.mended}


def read_labels(path: Path, as_of: datetime | None) -> pl.DataFrame:
    """The labels of a Coda file that were made before `as_of`; none where there is no such file yet.

    Returns:
        One row per label, in file order: `message_id`, `position` (0 is the message's newest), `scheme_id`, `code_id`,
        `is_checked`, `labelled_at`, `coder` (null: a machine), `is_suggestion`. A message that stands twice has the
        labels of both, newest first. If part of a message cannot be used, all its labels are unchecked: it counts as
        not reviewed, but still says who withdrew.

    Raises:
        DataError: The file is no list of Coda messages.
    """
    labels = read_label_file(path).labels
    return labels if as_of is None else labels.filter(pl.col("labelled_at") < as_of)


def read_label_file(path: Path) -> LabelFile:
    """The labels of a Coda file, as `read_labels` gives them, and which messages were set aside or mended.

    Raises:
        DataError: The file is no list of Coda messages.
    """
    if not is_there(path):
        return LabelFile(_frame([]), str(path))
    content = read_data(path)
    try:
        messages = msgspec.json.decode(content.removeprefix(BOM_UTF8), type=list[_Message])
        read = _Read(messages, len(messages))
    except (ValueError, RecursionError):
        read = _one_by_one(content, str(path))
    labels = _frame(read.messages)
    if read.broken:
        labels = pl.concat([labels, _frame(read.broken).with_columns(is_checked=pl.lit(value=False))])
    timeless = labels.filter(pl.col("labelled_at").is_null())["message_id"].unique()
    if timeless.len():
        is_timeless = pl.col("message_id").is_in(timeless.implode())
        labels = labels.drop_nulls("labelled_at").with_columns(pl.col("is_checked") & ~is_timeless)
        read.set_aside += _timeless(read.messages, set(timeless))
    counts = Counter(message.MessageID for message in read.messages)
    if len(counts) < len(read.messages):
        read.mended[_REPEATED] = len(read.messages) - len(counts)
        labels = _put_together(labels, [message_id for message_id, count in counts.items() if count > 1])
    return LabelFile(labels, str(path), read.message_count, tuple(read.set_aside), read.mended)


_AS_WRITTEN = {**LABELS, "labelled_at": pl.String(), IS_SUGGESTION: pl.Boolean()}


class _Origin(msgspec.Struct, gc=False):
    """The fields that are read of a label's origin."""

    Name: str | None = None
    OriginType: str | None = None


class _Label(msgspec.Struct, gc=False):
    """The fields that are read of a label; the rest is skipped."""

    SchemeID: str
    CodeID: str
    DateTimeUTC: str
    Checked: bool | None = False
    Origin: _Origin | None = None


class _Message(msgspec.Struct, gc=False):
    """The fields that are read of a message."""

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


@dataclass
class _Read:
    """What a file says, before its labels become a frame."""

    messages: list[_Message]
    message_count: int
    broken: list[_Message] = field(default_factory=list)
    """Messages that are only partly usable, reduced to the usable part."""
    set_aside: list[SetAside] = field(default_factory=list)
    mended: dict[str, int] = field(default_factory=dict)


def _one_by_one(content: bytes, place: str) -> _Read:
    """Reads a faulty file message by message."""
    file = read_coda_file(content, place)
    read = _Read([], len(file.messages))
    for index, written in enumerate(file.messages):
        message, wrong = _message(written)
        if wrong:
            read.set_aside.append(SetAside(f"[{index}]{shown_message_id(written)}", wrong))
        if message is not None:
            (read.broken if wrong else read.messages).append(message)
    if file.mended:
        read.mended[_HALF] = len(file.mended)
    return read


def _message(written: Any) -> tuple[_Message | None, str]:
    """What can be used of a message, and what is wrong with it."""
    if not isinstance(written, dict):
        return None, "is no object"
    message_id, listed = written.get("MessageID"), written.get("Labels")
    if not isinstance(message_id, str) or not message_id:
        return None, "has no text as its MessageID"
    if not isinstance(listed, list):
        return None, "has no list of Labels"
    labels = [label for each in listed if (label := _label(each)) is not None]
    wrong = "has a label that lacks SchemeID, CodeID or DateTimeUTC, or a field of the wrong type"
    return _Message(message_id, labels), wrong if len(labels) < len(listed) else ""


def _label(written: object) -> _Label | None:
    try:
        return msgspec.convert(written, _Label)
    except msgspec.ValidationError:
        return None


def _timeless(messages: Sequence[_Message], timeless: set[str]) -> Iterator[SetAside]:
    for index, message in enumerate(messages):
        if message.MessageID in timeless:
            shown = shown_message_id({"MessageID": message.MessageID})
            wrong = "has a label whose DateTimeUTC is not ISO 8601 with an offset"
            yield SetAside(f"[{index}]{shown}", wrong)


def _frame(messages: list[_Message]) -> pl.DataFrame:
    """A row per label; the time is null where it cannot be read."""
    frame = pl.DataFrame(list(_labels(messages)), schema=_AS_WRITTEN, orient="row")
    return frame.with_columns(instants(frame["labelled_at"]))


def _put_together(labels: pl.DataFrame, repeated: Sequence[str]) -> pl.DataFrame:
    """The labels, with those of each repeated message merged: newest first, equal ones once."""
    is_repeated = pl.col("message_id").is_in(repeated)
    together = (
        labels.filter(is_repeated)
        .unique([column for column in labels.columns if column != "position"], keep="first", maintain_order=True)
        .sort("labelled_at", descending=True, maintain_order=True)
        .with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).over("message_id").alias("position"))
    )
    return pl.concat([labels.filter(~is_repeated), together])
