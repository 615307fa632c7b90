"""A project's runs in brief, on every storage."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.storage import Storage
from pipeline_lib.storage.manifest import NewestRecord, RunManifest, TaskManifest, record
from pipeline_lib.storage.run_history import HISTORY, note_run, read_history, summary_of

STARTED_AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
PROCESSED = TaskManifest(
    task="process",
    user="amina",
    as_of=STARTED_AT,
    started_at=STARTED_AT + timedelta(minutes=2),
    duration_seconds=60,
    peak_memory_bytes=3_000,
    counts=(
        StepCount(step="select", measure="participants", count=7),
        StepCount(step="read_labels", measure="labels", count=2, outcome=Outcome.QUARANTINED, reason="odd"),
    ),
    quality=(
        {
            "dataset": "s01e01",
            "messages": 10,
            "not_reviewed": 4,
            "oldest_unreviewed": "2026-11-18T10:00:00+00:00",
            "newest_message": "2026-11-20T10:00:00+00:00",
        },
        {"dataset": "gender", "messages": 5, "not_reviewed": 1, "oldest_unreviewed": None, "newest_message": None},
    ),
)
FETCHED = TaskManifest(task="fetch-0", started_at=STARTED_AT, duration_seconds=1.5, peak_memory_bytes=1_000)


def test_a_run_in_brief_has_the_sums_of_its_datasets_and_the_costs_of_its_tasks() -> None:
    run = summary_of("2026-11-20", RunManifest(tasks=(FETCHED, PROCESSED)))
    assert (run.message_count, run.participant_count, run.not_reviewed, run.quarantined) == (15, 7, 5, 2)
    assert run.oldest_unreviewed == datetime(2026, 11, 18, 10, tzinfo=UTC)
    assert run.newest_message == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert run.worked_on_at == datetime(2026, 11, 20, 22, 3, tzinfo=UTC)
    assert (run.duration_seconds, run.peak_memory_bytes, run.tasks) == (61.5, 3_000, ("fetch-0", "process"))
    assert run.has_outputs


def hearing(as_of: datetime, *received: tuple[str, datetime | None]) -> RunManifest:
    """A run that sees when the newest record of each file was received."""
    records = tuple(NewestRecord(source=source, file="x.jsonl", received_at=at) for source, at in received)
    return RunManifest(tasks=(PROCESSED.model_copy(update={"as_of": as_of, "newest_records": records}),))


def test_a_source_is_as_fresh_as_the_freshest_of_its_files() -> None:
    early, late = STARTED_AT - timedelta(days=3), STARTED_AT - timedelta(days=1)
    run = summary_of("x", hearing(STARTED_AT, ("1 A", early), ("1 A", late), ("1 A", None), ("2 B", None)))
    assert [(source.name, source.newest_at) for source in run.sources] == [("1 A", late), ("2 B", None)]


def test_the_run_that_saw_the_newest_time_keeps_how_fresh_its_sources_are_also_after_a_backfill(
    storage: Storage,
) -> None:
    for days in (2, 0, 1):  # the last is a backfill
        as_of = STARTED_AT - timedelta(days=days)
        note_run(storage, f"run {days}", hearing(as_of, ("1 A", as_of)))
    kept = {run.key: [source.newest_at for source in run.sources] for run in read_history(storage)}
    assert kept == {"run 2": [], "run 0": [STARTED_AT], "run 1": []}


def test_what_shards_have_set_aside_counts_once_whether_or_not_it_has_been_merged() -> None:
    shard = PROCESSED.model_copy(update={"task": "process_shard-1", "quality": ()})
    assert summary_of("x", RunManifest(tasks=(FETCHED, shard))).quarantined == 2
    assert summary_of("x", RunManifest(tasks=(FETCHED, shard, PROCESSED))).quarantined == 2


def test_a_label_that_was_set_aside_counts_once_though_it_was_pulled_and_read() -> None:
    counts = (
        StepCount(step="pull_labels", measure="labels", count=40, dataset="s01e01"),
        StepCount(step="pull_labels", measure="labels", count=2, outcome=Outcome.QUARANTINED, reason="odd code"),
        StepCount(step="pull_labels", measure="messages", count=1, outcome=Outcome.QUARANTINED, reason="no id"),
    )
    pulled = FETCHED.model_copy(update={"task": "coda_pull", "counts": counts})
    assert summary_of("x", RunManifest(tasks=(pulled,))).quarantined == 3
    assert summary_of("x", RunManifest(tasks=(pulled, PROCESSED))).quarantined == 3


def test_a_run_that_came_only_as_far_as_its_fetch_has_no_counts() -> None:
    run = summary_of("2026-11-20", RunManifest(tasks=(FETCHED,)))
    assert (run.message_count, run.participant_count, run.not_reviewed) == (None, None, None)
    assert not run.has_outputs


def test_a_run_is_there_once_whatever_tasks_were_done_again(storage: Storage) -> None:
    note_run(storage, "first", RunManifest(tasks=(PROCESSED,)))
    note_run(storage, "second", RunManifest(tasks=(FETCHED.model_copy(update={"duration_seconds": 900}),)))
    note_run(storage, "first", RunManifest(tasks=(FETCHED, PROCESSED)))
    assert [(run.key, run.tasks) for run in read_history(storage)] == [
        ("first", ("fetch-0", "process")),
        ("second", ("fetch-0",)),
    ]


def test_tasks_that_end_at_once_are_all_there(storage: Storage) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: note_run(storage, f"run-{n}", RunManifest(tasks=(FETCHED,))), range(4)))
    assert sorted(run.key for run in read_history(storage)) == ["run-0", "run-1", "run-2", "run-3"]


def test_a_project_that_is_older_than_the_history_is_told_of_by_its_manifests(storage: Storage) -> None:
    record(storage, "old", PROCESSED)
    assert [run.key for run in read_history(storage)] == ["old"]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"runs": [{"key": 1}]}'])
def test_a_history_that_cannot_be_read_is_made_anew(content: bytes, storage: Storage) -> None:
    storage.create(HISTORY, content)
    record(storage, "old", PROCESSED)
    assert [run.key for run in read_history(storage)] == ["old"]
    note_run(storage, "new", RunManifest(tasks=(FETCHED,)))
    assert sorted(run.key for run in read_history(storage)) == ["new", "old"]
