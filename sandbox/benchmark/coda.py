"""`python -m sandbox.benchmark.coda`: the label store on Firestore beside the plain client.

Both read the same messages from, and write messages of the same kind to, one emulator on this machine, in turns, so
that their ratio says what the pipeline adds. Of several rounds the fastest of each counts.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import SERVER_TIMESTAMP, Client

from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.base import CodaMessage, DatasetSetup
from pipeline_lib.label_store.firestore_store import FirestoreLabelStore
from pipeline_lib.label_store.pull import Wanted, pull
from pipeline_lib.label_store.push import Proposed, push
from pipeline_lib.model.step_counts import in_words, step_counts
from pipeline_lib.storage import Storage, storage_at
from sandbox.firestore_emulator import firestore_emulator, why_it_cannot_run

_DATASET = "bench_s01e01"
_PLAIN_BATCH = 500
"""As many writes as the client's documentation allows in a batch."""

_SCHEME = {"SchemeID": "Scheme-1", "Name": "bench", "Version": "1", "Codes": [{"CodeID": "code-1"}]}
_SETUP = DatasetSetup(users=("coder@example.org",), schemes=(_SCHEME,))


def main(arguments: list[str]) -> None:
    """Measures, and prints a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.coda")
    parser.add_argument("--messages", type=int, default=100_000, help="in the dataset that is pulled")
    parser.add_argument("--new", type=int, default=20_000, help="messages to push into it")
    parser.add_argument("--rounds", type=int, default=2, help="of pulls")
    options = parser.parse_args(arguments)
    with firestore_emulator() as host, tempfile.TemporaryDirectory() as folder:
        os.environ["FIRESTORE_EMULATOR_HOST"] = host
        client = Client(project="bench", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        _measure(client, Path(folder), options)


def _measure(client: Client, folder: Path, options: argparse.Namespace) -> None:
    storage = storage_at((folder / "state").as_uri())
    store = FirestoreLabelStore(client, storage)
    old = list(_messages(options.messages, "old"))
    seconds = _seconds(lambda: push(store, {_DATASET: Proposed(old, _SETUP)}.items(), Arrivals(storage)))
    segments = sorted(snapshot.id for snapshot in client.collection("datasets").stream())
    _say(f"{options.messages:,} messages pushed into a new dataset of {len(segments)} segments", seconds)

    plain, ours = [], []
    for number in range(options.rounds):
        plain.append(_seconds(lambda: _stream(client, segments)))
        _say("plain streaming", plain[-1])
        fresh = storage_at((folder / f"fresh {number}").as_uri())
        ours.append(_seconds(partial(_pull, FirestoreLabelStore(client, fresh), fresh, folder)))
        _say("pull, nothing known", ours[-1])
    _say_ratio("pull", min(plain), min(ours), 0.7)

    _pull(FirestoreLabelStore(client, storage), storage, folder)
    again = FirestoreLabelStore(client, storage)
    _say("pull, nothing new", _seconds(lambda: _pull(again, storage, folder)), again.costs())

    new = list(_messages(options.new, "new"))
    created = _seconds(lambda: _create(client, _messages(options.new, "plain")))
    _say(f"plain batched creates of {options.new:,}", created)
    pushing = FirestoreLabelStore(client, storage)
    proposed = {_DATASET: Proposed([*old, *new], _SETUP)}
    pushed = _seconds(lambda: push(pushing, proposed.items(), Arrivals(storage)))
    _say(f"push of {options.new:,} new ones among {options.messages:,}", pushed, pushing.costs())
    _say_ratio("push", created, pushed, 0.6)


def _messages(count: int, kind: str) -> Iterator[CodaMessage]:
    origin = {"Name": "Pipeline Auto-Coder", "OriginID": "bench", "OriginType": "External"}
    label = {
        "SchemeID": "Scheme-1",
        "CodeID": "code-1",
        "DateTimeUTC": "2025-05-02T07:00:00.000000+00:00",
        "Checked": False,
        "Origin": origin,
    }
    for number in range(count):
        text = f"{kind} {number}: biyo la'aan ayaa naga haysata xaafadda"
        yield {
            "MessageID": hashlib.sha256(text.encode()).hexdigest(),
            "Text": text,
            "CreationDateTimeUTC": "2025-05-01T09:01:10+00:00",
            "Labels": [label],
        }


def _stream(client: Client, segments: Iterable[str]) -> None:
    for segment in segments:
        for snapshot in client.collection("datasets", segment, "messages").stream():
            snapshot.to_dict()


def _create(client: Client, messages: Iterable[CodaMessage]) -> None:
    collection = client.collection("datasets", "plain", "messages")
    batch, count = client.batch(), 0
    for number, message in enumerate(messages):
        fields: dict[str, Any] = {**message, "SequenceNumber": number, "LastUpdated": SERVER_TIMESTAMP}
        batch.create(collection.document(message["MessageID"]), fields)
        count += 1
        if count == _PLAIN_BATCH:
            batch.commit()
            batch, count = client.batch(), 0
    if count:
        batch.commit()


def _pull(store: FirestoreLabelStore, storage: Storage, folder: Path) -> None:
    arrivals = Arrivals(storage)
    pull(store, {_DATASET: Wanted("bench.json")}, folder, None, arrivals)
    arrivals.keep()


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _say(what: str, seconds: float, costs: dict[str, int] | None = None) -> None:
    told = in_words(step_counts("label_store", costs or {}))
    billed = "".join(f"; {count:,} {words}" for words, count in told.items())
    print(f"{seconds:>8.2f} s  {what}{billed}", flush=True)  # noqa: T201 - what was asked for


def _say_ratio(what: str, plain_seconds: float, our_seconds: float, bar: float) -> None:
    print(f"{plain_seconds / our_seconds:>8.0%}    of the plain client's pace: {what} (bar: {bar:.0%})", flush=True)  # noqa: T201


if __name__ == "__main__":
    if reason := why_it_cannot_run():
        sys.exit(f"bench: {reason}")
    main(sys.argv[1:])
