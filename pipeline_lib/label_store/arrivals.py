"""When messages and labels arrived in the label store, as far as is known, to read it again as it was on a past day.

    state/coda/<dataset>/arrivals.json     when the dataset was last read, and what was in it then

A message bears the time when it was sent, and a label the time on its maker's clock. Neither says when it arrived: a
push adds messages that were sent before the run's as-of time, and a coder's label may wait for days in a browser
without a network. A later reading as of a past time must leave out whatever arrived after that time. What was not
there at the last reading has arrived since. What was there at the first reading can be dated only by a store with a
clock of its own, which says when it was made.

The record holds hashes of ids and labels, from which no text can be read.
"""

import shlex
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from pipeline_lib.errors import DataError, Problem, StorageConflictError
from pipeline_lib.label_store.base import CodaMessage, DatedMessage, Since, StoredMessage
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.storage import Storage, Versioned

_ATTEMPT_COUNT = 20

_Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class _Known(msgspec.Struct, array_like=True):
    """A message that was there."""

    since: _Instant | None
    """The message arrived then at the earliest; None if unknown."""
    labels: dict[str, _Instant | None] | None
    """By `_mark_of_label`: since when each label has been there. None if the message, labels included, was unusable."""


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """What is known of a dataset."""

    format: Literal[1] = 1
    looked_at: _Instant | None = None
    """When the dataset was last read, or a moment before."""
    messages: dict[str, _Known] = msgspec.field(default_factory=dict)
    """What was there then, by the `_mark` of the MessageID."""
    added: dict[str, _Instant] = msgspec.field(default_factory=dict)
    """Messages that a push has begun to add since that reading, and when."""


class Look:
    """One reading of a dataset, in which each message is compared with the reading before."""

    def __init__(self, storage: Storage, dataset: str) -> None:
        self.dataset = dataset
        self._name = _name(dataset)
        self._storage = storage
        self._before, self._stored = _read(storage, self._name)
        self._now = _Record(looked_at=datetime.now(UTC))
        self._nameless_count = 0

    def since(self, stored: StoredMessage) -> Since:
        """Since when a message and its labels have been there; the message must obey Coda's rules."""
        message = stored.message
        mark = _mark(message["MessageID"])
        known = self._before.messages.get(mark)
        came = known.since if known else self._came(mark, _seen_since(stored))
        marks = [_mark_of_label(label) for label in message["Labels"]]
        if known is None or known.labels is None:
            labels: list[datetime | None] = [None] * len(marks)
        else:
            pairs = zip(marks, message["Labels"], strict=True)
            labels = [self._label_came(known.labels, label_mark, label) for label_mark, label in pairs]
        noted = self._now.messages.setdefault(mark, _Known(came, {}))
        noted.labels = {**dict(zip(marks, labels, strict=True)), **(noted.labels or {})}
        return Since(came, {index: late for index, late in enumerate(labels) if late is not None})

    def pass_over(self, message: Any) -> None:
        """Notes an unusable message, so that it does not count as new once somebody has corrected it."""
        message_id = message.get("MessageID") if isinstance(message, dict) else None
        if not isinstance(message_id, str):
            self._nameless_count += 1
        else:
            mark = _mark(message_id)
            known = self._before.messages.get(mark)
            self._now.messages.setdefault(mark, _Known(known.since if known else self._came(mark, None), None))

    def shrinkage(self, limit: ShrinkLimit) -> list[Problem]:
        """The problems, if the dataset has far fewer messages or labels than at the reading before.

        Labels of unusable messages are not compared: those messages are reported as set aside.
        """
        before, now = self._before.messages, self._now.messages
        usable = [known for mark, known in before.items() if mark not in now or now[mark].labels is not None]
        place = f'dataset "{self.dataset}"'
        counts = {
            "message": (len(before), len(now) + self._nameless_count),
            "label": (_label_count(usable), _label_count(now.values())),
        }
        problems = (
            limit.problem(place, noun, before=count, now=count_now, accepted_as=self.dataset)
            for noun, (count, count_now) in counts.items()
        )
        return [problem for problem in problems if problem is not None]

    def keep(self) -> None:
        """Stores this reading, with which the next one is compared."""
        stored, record = self._stored, self._now
        for _ in range(_ATTEMPT_COUNT):
            try:
                _write(self._storage, self._name, record, stored)
            except StorageConflictError:
                theirs, stored = _read(self._storage, self._name)
                record = _both(theirs, self._now)
                continue
            return
        raise _conflict(self._storage, self._name)

    def _came(self, mark: str, seen_since: datetime | None) -> datetime | None:
        found = (self._before.looked_at, self._before.added.get(mark), seen_since)
        return max((each for each in found if each is not None), default=None)

    def _label_came(self, known: Mapping[str, datetime | None], mark: str, label: CodaMessage) -> datetime | None:
        if mark in known:
            return known[mark]
        looked_at = self._before.looked_at
        # A label whose date is later than the previous reading arrived at that date.
        is_late = looked_at is not None and datetime.fromisoformat(label["DateTimeUTC"]) < looked_at
        return looked_at if is_late else None


class Arrivals:
    """The known arrival times of messages and labels in a project's label store.

    Args:
        storage: The project's storage: the records are in its state.
        shrink_limit: How many of the messages and labels that the previous reading found must still be there.
    """

    def __init__(self, storage: Storage, shrink_limit: ShrinkLimit = DEFAULT_LIMIT) -> None:
        self._storage = storage
        self._shrink_limit = shrink_limit
        self._looks: list[Look] = []

    def look(self, dataset: str) -> Look:
        """A reading that begins now."""
        look = Look(self._storage, dataset)
        self._looks.append(look)
        return look

    def keep(self) -> None:
        """Stores all readings; to be called once the messages that were read have been accepted.

        Raises:
            StorageConflictError: Others kept writing.
        """
        for look in self._looks:
            look.keep()

    def note_adding(self, dataset: str, messages: Iterable[CodaMessage]) -> None:
        """Notes that messages are about to be added, and so were not there before.

        Raises:
            StorageConflictError: Others kept writing.
        """
        now, name = datetime.now(UTC), _name(dataset)
        added = {_mark(message["MessageID"]): now for message in messages}
        for _ in range(_ATTEMPT_COUNT if added else 0):
            record, stored = _read(self._storage, name)
            record.added |= added
            try:
                _write(self._storage, name, record, stored)
            except StorageConflictError:
                continue
            return
        if added:
            raise _conflict(self._storage, name)

    def check_shrinkage(self) -> None:
        """Refuses datasets that have far fewer messages or labels than when they were last read.

        Raises:
            DataError: Names all such datasets.
        """
        problems = [problem for look in self._looks for problem in look.shrinkage(self._shrink_limit)]
        if problems:
            raise DataError(*problems)

    def check_empty(self, dataset: str) -> None:
        """Refuses a dataset that had messages and now has none.

        Raises:
            DataError: It had messages when it was last read.
        """
        record, _ = _read(self._storage, _name(dataset))
        if record.messages:
            wrong = f"had {len(record.messages):,} messages when it was last read, and has none now"
            accepting = f"--accept-shrink {shlex.quote(dataset)}"
            right = f"have them restored; or, if they are gone for good, pull with {accepting}"
            raise DataError(Problem(f'dataset "{dataset}"', wrong, right))


def _label_count(messages: Iterable[_Known]) -> int:
    return sum(len(known.labels or ()) for known in messages)


def _seen_since(stored: StoredMessage) -> datetime | None:
    """When the store made a message, by its own clock, or when coders first changed it if that was earlier.

    Their changes are earlier if somebody has copied the message since: what the store then dates is the copy.
    """
    if not isinstance(stored, DatedMessage):
        return None
    message = stored.message
    by_coders = [label["DateTimeUTC"] for label in message["Labels"] if _is_of_coder(label)]
    updated = [message["LastUpdated"]] if message.get("LastUpdated") is not None else []
    return min([stored.made_at, *map(datetime.fromisoformat, (*by_coders, *updated))])


def _is_of_coder(label: CodaMessage) -> bool:
    return (label.get("Origin") or {}).get("OriginType") == "Manual"


def _both(theirs: _Record, ours: _Record) -> _Record:
    """The union of two concurrent readings."""
    messages = dict(ours.messages)
    for mark, known in theirs.messages.items():
        mine = messages.get(mark)
        labels = known.labels if mine is None or mine.labels is None else {**mine.labels, **(known.labels or {})}
        messages[mark] = _Known(known.since, labels)
    looked_at = max(each for each in (theirs.looked_at, ours.looked_at) if each is not None)
    return _Record(looked_at=looked_at, messages=messages, added=theirs.added)


def _mark(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _mark_of_label(label: CodaMessage) -> str:
    origin = label.get("Origin") or {}
    return _mark("\0".join((label["SchemeID"], label["CodeID"], label["DateTimeUTC"], origin.get("OriginID", ""))))


def _name(dataset: str) -> str:
    return f"state/coda/{dataset}/arrivals.json"


def _read(storage: Storage, name: str) -> tuple[_Record, Versioned | None]:
    stored = storage.read_versioned(name)
    if stored is None or not stored.content:
        return _Record(), stored
    try:
        return msgspec.json.decode(stored.content, type=_Record), stored
    except (msgspec.DecodeError, RecursionError):
        pass
    right = "remove it: the next pull starts a new record, and later arrivals are noticed again"
    raise DataError(Problem(storage.uri_of(name), "is not a record of when messages arrived", right))


def _write(storage: Storage, name: str, record: _Record, expected: Versioned | None) -> None:
    storage.replace(name, msgspec.json.encode(record), expected=expected)


def _conflict(storage: Storage, name: str) -> StorageConflictError:
    wrong = f"others wrote it during each of {_ATTEMPT_COUNT} attempts"
    return StorageConflictError(Problem(storage.uri_of(name), wrong, "try again when they are done"))
