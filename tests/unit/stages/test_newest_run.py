from collections.abc import Callable

import pytest

from pipeline_lib.stages.newest_run import newer_processed, note_processed
from pipeline_lib.stages.run_context import Run

EARLIER, LATER = "2025-09-10T230000Z", "2025-09-11T230000Z"


def processed(run: Run) -> Run:
    if not run.storage.exists(f"{run.folder}/manifest.json"):
        run.storage.create(f"{run.folder}/manifest.json", b"{}")
    note_processed(run)
    return run


@pytest.mark.parametrize("order", [(EARLIER, LATER), (LATER, EARLIER)])
def test_the_newest_is_known_whatever_the_order_of_processing(
    run_of: Callable[..., Run], order: tuple[str, str]
) -> None:
    for key in order:
        processed(run_of(key))
    assert newer_processed(run_of(EARLIER)) == LATER
    assert newer_processed(run_of(LATER)) is None
    assert newer_processed(run_of("2025-09-12T230000Z")) is None


def test_without_a_run_that_was_processed_every_run_is_the_newest(run_of: Callable[..., Run]) -> None:
    assert newer_processed(run_of(EARLIER)) is None


def test_a_run_whose_folder_is_gone_holds_nobody_back(run_of: Callable[..., Run]) -> None:
    run = run_of(LATER)
    note_processed(run)
    assert newer_processed(run_of(EARLIER)) is None
    processed(run_of(EARLIER))
    assert newer_processed(run_of("2025-09-09T230000Z")) == EARLIER


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"run": 3}', b'{"run": "9/../x"}'])
def test_a_note_that_cannot_be_read_is_written_anew(run_of: Callable[..., Run], content: bytes) -> None:
    run = run_of(LATER)
    run.storage.create("state/newest_processed.json", content)
    assert newer_processed(run_of(EARLIER)) is None
    processed(run)
    assert newer_processed(run_of(EARLIER)) == LATER
