"""Coders label while pipelines pull and push, and are killed: no label is lost, none is overwritten."""

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipeline_lib.label_store import segment_reader
from pipeline_lib.label_store.push import Proposed, push
from pipeline_lib.storage import storage_at
from tests.unit.label_store.in_firestore import SETUP, Coda, id_of, message

TEXTS = [f"text {number}" for number in range(60)]
LABELS_PER_CODER = 150


@dataclass
class Saved:
    """What coders know to be saved: the codes of each message, newest first."""

    codes: dict[str, list[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, message_id: str, code: str) -> None:
        with self.lock:
            self.codes[message_id] = [code, *self.codes.get(message_id, [])]

    def now(self) -> dict[str, list[str]]:
        with self.lock:
            return dict(self.codes)


def work(coda: Coda, coder: int, saved: Saved) -> None:
    """Labels every second message, over and over; no two coders have the same one."""
    browser = coda.browser()
    segments = {text: segment for segment in browser.segments() for text in browser.open(segment)}
    mine = itertools.cycle([id_of(text) for text in TEXTS[coder::2]])
    for number, message_id in zip(range(LABELS_PER_CODER), mine, strict=False):
        browser.label(segments[message_id], message_id, "Scheme-1", f"code {number}")
        saved.add(message_id, f"code {number}")


def while_coders_work(coda: Coda, act: Callable[[Saved], None]) -> Saved:
    saved = Saved()
    with ThreadPoolExecutor(2) as pool:
        coders = [pool.submit(work, coda, coder, saved) for coder in range(2)]
        while not all(coder.done() for coder in coders):
            act(saved)
    for coder in coders:
        coder.result()
    assert sum(map(len, saved.now().values())) == 2 * LABELS_PER_CODER
    return saved


def codes_pulled(coda: Coda) -> dict[str, list[str]]:
    return {
        each["MessageID"]: [label["CodeID"] for label in each["Labels"]]
        for each in coda.pulled("x").values()
        if each["Labels"]
    }


@pytest.mark.usefixtures("small_segments")
def test_every_pull_has_all_labels_that_were_saved_before_it_began(coda: Coda) -> None:
    coda.push("x", *TEXTS)
    saved = while_coders_work(coda, lambda saved: pull(coda, saved))
    assert codes_pulled(coda) == saved.now()


def pull(coda: Coda, saved: Saved) -> None:
    """Pulls, and sees that all labels that were saved before are there."""
    before = saved.now()
    pulled = codes_pulled(coda)
    missing = {each for each, codes in before.items() if pulled.get(each, [])[-len(codes) :] != codes}
    assert missing == set()


@pytest.mark.usefixtures("small_segments")
def test_pipelines_that_push_and_pull_meanwhile_overwrite_no_label_and_miss_none(coda: Coda) -> None:
    coda.push("x", *TEXTS)
    numbers = itertools.count()

    def push_more(saved: Saved) -> None:
        number = next(numbers)
        proposed = Proposed([message(text) for text in [*TEXTS, f"new {number}", f"new {number + 1}"]], SETUP)

        def pipeline(name: str) -> None:
            push(coda.store(storage_at(f"{coda.storage.uri}-{name}")), {"x": proposed}.items())

        with ThreadPoolExecutor(3) as pool:
            pulling = pool.submit(pull, coda, saved)
            list(pool.map(pipeline, ("one", "other")))
            pulling.result()

    saved = while_coders_work(coda, push_more)
    assert codes_pulled(coda) == saved.now()
    assert len(coda.pulled("x")) == len(TEXTS) + next(numbers) + 1


@contextmanager
def at_document(number: int, act: Callable[[], None]) -> Iterator[None]:
    """Something happens while a pull reads, when it has come to so many documents."""
    real, numbers = segment_reader._document, itertools.count(1)

    def read(snapshot: Any) -> Any:
        if next(numbers) == number:
            act()
        return real(snapshot)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment_reader, "_document", read)
        yield


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("number", [1, 20, 40, 60])
def test_messages_relabelled_in_the_middle_of_a_read_come_once_and_with_their_label_the_next_time(
    coda: Coda, number: int
) -> None:
    coda.push("x", *TEXTS)
    browser = coda.browser()
    segments = {text: segment for segment in browser.segments() for text in browser.open(segment)}
    relabelled = [id_of(text) for text in TEXTS[::7]]

    def relabel() -> None:
        for message_id in relabelled:
            browser.label(segments[message_id], message_id, "Scheme-1", "code-a")

    with at_document(number, relabel):
        found = [message["MessageID"] for _, message in coda.store().messages("x") or ()]
    assert sorted(found) == sorted(map(id_of, TEXTS))
    last = id_of(TEXTS[-1])
    browser.label(segments[last], last, "Scheme-1", "code-b")  # newer, and in the last of the segments
    assert codes_pulled(coda) == {each: ["code-a"] for each in relabelled} | {last: ["code-b"]}


def die() -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("seed", range(3))
def test_a_pull_that_is_killed_again_and_again_ends_as_one_pull(coda: Coda, seed: int) -> None:
    coda.push("x", *TEXTS)
    another = Coda(coda.client, storage_at(f"{coda.storage.uri}-without-copies"))
    dice = random.Random(seed)  # noqa: S311 - no secret
    browser = coda.browser()
    segments = {text: segment for segment in browser.segments() for text in browser.open(segment)}
    saved = Saved()
    for code in map(str, range(12)):
        for message_id in dice.sample(sorted(segments), 4):
            browser.label(segments[message_id], message_id, "Scheme-1", code)
            saved.add(message_id, code)
        with at_document(dice.randint(1, 5), die), suppress(KeyboardInterrupt):
            another.pulled("x")
    assert codes_pulled(another) == saved.now()
