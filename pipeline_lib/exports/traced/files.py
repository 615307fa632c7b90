"""Writing the two files of traced data."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline_lib.exports.traced.indexed_jsonl import WrittenObjects
from pipeline_lib.exports.traced.individuals import TracedIndividuals
from pipeline_lib.exports.traced.labels import labels_by_id
from pipeline_lib.exports.traced.messages import TracedMessages
from pipeline_lib.exports.traced.participants import TracedParticipants
from pipeline_lib.exports.traced.raw import RawObjects, Shown
from pipeline_lib.exports.traced.texts import TracedTexts
from pipeline_lib.exports.traced.updates import Signature
from pipeline_lib.processing.processed import Processed
from pipeline_lib.trace.history import History

MESSAGES = "messages_traced_data.jsonl"
INDIVIDUALS = "individuals_traced_data.jsonl"
AUTO_CODED = "auto_coded_traced_data.jsonl"


class Origin(NamedTuple):
    """What processing has read, and for whom."""

    activations: tuple[Path, ...]
    coded: Path
    """Folder of the Coda files."""
    as_of: datetime | None
    signature: Signature
    known_fields: frozenset[str] = frozenset()
    """The raw data fields that the project reads. Other fields are left out where they hold an address."""
    text_limit_bytes: int | None = None
    """Longer texts are cut off."""


def write_traced_data(folder: Path, processed: Processed, origin: Origin) -> dict[str, int]:
    """Writes a line per row of messages.csv and of individuals.csv, and returns how many, by file name."""
    with (
        _without_cycle_collection(),
        _traced_messages(processed, origin, processed.messages_with_rows()) as messages,
        closing(WrittenObjects(folder / MESSAGES, messages.objects())) as written,
    ):
        individuals = TracedIndividuals(processed, messages, written)
        return {MESSAGES: len(written), INDIVIDUALS: _write(folder / INDIVIDUALS, individuals.histories())}


def write_auto_coded_traced_data(folder: Path, processed: Processed, origin: Origin) -> dict[str, int]:
    """Writes a line per row of production.csv, up to its automatic codes, and returns how many, by file name."""
    shown = processed.messages_for_producers()
    with _traced_messages(processed, origin, shown) as messages:
        return {AUTO_CODED: _write(folder / AUTO_CODED, messages.auto_coded_histories())}


@contextmanager
def _without_cycle_collection() -> Iterator[None]:
    """Nothing here makes reference cycles; searching so many objects for them takes a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _traced_messages(processed: Processed, origin: Origin, rows: pl.DataFrame) -> Iterator[TracedMessages]:
    signature, as_of = origin.signature, origin.as_of
    ws_scheme = processed.plans.ws_correct_dataset_scheme
    texts = [
        TracedTexts(coded, labels_by_id(origin.coded / coded.dataset.coda_filename, as_of), ws_scheme, signature)
        for coded in processed.datasets
    ]
    questions = [text for text in texts if not text.coded.dataset.is_survey]
    surveys = [text for text in texts if text.coded.dataset.is_survey]
    shown = Shown(as_of, origin.text_limit_bytes, origin.known_fields, as_predecessor=processed.as_predecessor)
    participants = TracedParticipants(processed, surveys, signature)
    with ExitStack() as opened:
        raw = [opened.enter_context(closing(RawObjects(path, shown, signature))) for path in origin.activations]
        consent = processed.participants.select("uid", "is_withdrawn")
        rows = rows.join(consent, on="uid", how="left", maintain_order="left")
        yield TracedMessages(rows, questions, participants, raw, signature)


def _write(path: Path, histories: Iterable[History]) -> int:
    count = 0
    with path.open("w", encoding="ascii") as lines:
        for each in histories:
            lines.write(each.text + "\n")
            count += 1
    return count
