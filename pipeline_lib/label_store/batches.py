"""Which new messages are committed together, and where they go."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import orjson

from pipeline_lib.label_store.base import CodaMessage
from pipeline_lib.label_store.layout import SEGMENT_CAPACITY

_MESSAGES = 480
"""With a few more documents, a commit stays within 500 writes: Firestore dropped this limit in 2023, others may not."""

_BYTES = 4 * 1024 * 1024
"""Firestore takes ten."""


ItemT = TypeVar("ItemT")
MadeT = TypeVar("MadeT")


class Batch(NamedTuple):
    """Messages to commit together, numbered."""

    segment_number: int
    opens_segment: bool
    """Whether the batch creates the segment."""
    messages: list[CodaMessage]


def batches(messages: Sequence[CodaMessage], segment_count: int, last_count: int, next_number: int) -> Iterator[Batch]:
    """The messages in their order, filling the last segment first and then new ones.

    Args:
        messages: The messages; of a new dataset there may be none.
        segment_count: How many segments there are; 0 for a new dataset.
        last_count: How many messages the last one has.
        next_number: The first `SequenceNumber` to give.
    """
    number, room = segment_count, SEGMENT_CAPACITY - last_count if segment_count else 0
    batch = Batch(number, opens_segment=False, messages=[])
    batch_bytes = 0
    if not segment_count and not messages:
        yield Batch(1, opens_segment=True, messages=[])
    for sequence_number, message in enumerate(messages, start=next_number):
        message_bytes = len(orjson.dumps(message))
        is_full = len(batch.messages) == _MESSAGES or batch_bytes + message_bytes > _BYTES
        if batch.messages and (is_full or room <= 0):
            yield batch
            batch, batch_bytes = Batch(number, opens_segment=False, messages=[]), 0
        if room <= 0:
            number, room = number + 1, SEGMENT_CAPACITY
            batch = Batch(number, opens_segment=True, messages=[])
        batch.messages.append({**message, "SequenceNumber": sequence_number})
        batch_bytes += message_bytes
        room -= 1
    if batch.messages:
        yield batch


def has_room(count: int, new_count: int) -> bool:
    """Whether a segment with `count` messages has room for `new_count` more."""
    return count + new_count <= SEGMENT_CAPACITY


def one_ahead(make: Callable[[ItemT], MadeT], items: Iterable[ItemT]) -> Generator[MadeT, None, None]:
    """What `make` returns for each item, in order; another thread makes the next while the caller uses the last one."""
    waiting: Future[MadeT] | None = None
    with ThreadPoolExecutor(1) as maker:
        for item in items:
            following = maker.submit(make, item)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()
