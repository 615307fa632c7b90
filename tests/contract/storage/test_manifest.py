"""The run's manifest on every storage."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from pydantic import ValidationError

from pipeline_lib.errors import DataError
from pipeline_lib.model.step_counts import Outcome, StepCount, step_counts
from pipeline_lib.storage import MissingArtifactError, Storage
from pipeline_lib.storage.manifest import (
    TaskManifest,
    manifest_schema,
    measured,
    read_manifest,
    read_manifest_at,
    record,
)

STARTED_AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def part(task: str, minute: int = 0, **rows: int) -> TaskManifest:
    started_at = STARTED_AT + timedelta(minutes=minute)
    return TaskManifest(
        task=task,
        started_at=started_at,
        duration_seconds=1.5,
        peak_memory_bytes=1024,
        counts=step_counts("process", rows),
    )


def tasks(storage: Storage) -> list[str]:
    return [each.task for each in read_manifest(storage, "2026-11-20").tasks]


def test_a_run_without_a_manifest_says_so(storage: Storage) -> None:
    with pytest.raises(MissingArtifactError, match=r"runs/2026-11-20/manifest\.json"):
        read_manifest(storage, "2026-11-20")


def test_what_a_task_wrote_is_read_again(storage: Storage) -> None:
    written = TaskManifest(
        task="process",
        started_at=STARTED_AT,
        duration_seconds=12.345,
        peak_memory_bytes=300_000_000,
        inputs={"file:///data/Raw%20Data/a.jsonl": "6b86b273"},
        outputs={"file:///data/Outputs/messages.csv": 1000},
        files={"file:///data/Outputs": ("messages.csv", "Coda Files/age.json")},
        counts=(
            StepCount(step="select", measure="messages", count=1000, dataset="s01e01"),
            StepCount(step="read_labels", measure="labels", count=2, outcome=Outcome.QUARANTINED, reason="odd"),
        ),
        quality=({"dataset": "s01e01", "fetched": 1200, "oldest_unreviewed": None},),
        versions={"code": "0.1.0", "config": "d4735e3a"},
    )
    record(storage, "2026-11-20", written)

    assert read_manifest(storage, "2026-11-20").tasks == (written,)
    assert read_manifest_at(storage.uri_of("runs/2026-11-20")).tasks == (written,)
    stored = json.loads(storage.read("runs/2026-11-20/manifest.json"))
    jsonschema.validate(stored, manifest_schema())
    assert stored["tasks"][0]["counts"] == [
        {"step": "select", "measure": "messages", "count": 1000, "outcome": "counted", "dataset": "s01e01"},
        {"step": "read_labels", "measure": "labels", "count": 2, "outcome": "quarantined", "reason": "odd"},
    ]
    assert storage.names("runs") == ["runs/2026-11-20/logs/manifest/process.json", "runs/2026-11-20/manifest.json"]


def test_parts_stand_in_the_order_of_their_starts(storage: Storage) -> None:
    for each in (part("process", 2), part("fetch-1", 1), part("coda_pull"), part("fetch-0", 1)):
        record(storage, "2026-11-20", each)
    assert tasks(storage) == ["coda_pull", "fetch-0", "fetch-1", "process"]


def test_a_retry_takes_the_place_of_the_earlier_try(storage: Storage) -> None:
    record(storage, "2026-11-20", part("process", load=1))
    record(storage, "2026-11-20", part("fetch-0"))
    record(storage, "2026-11-20", part("process", 5, load=2))

    assert tasks(storage) == ["fetch-0", "process"]
    assert read_manifest(storage, "2026-11-20").tasks[1].counts == step_counts("process", {"load": 2})


def test_runs_have_manifests_of_their_own(storage: Storage) -> None:
    record(storage, "2026-11-19", part("process"))
    record(storage, "2026-11-20", part("fetch-0"))
    assert tasks(storage) == ["fetch-0"]


def test_tasks_that_end_at_once_lose_no_part(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(record, storage, "2026-11-20", part(f"fetch-{index}")) for index in range(16)]:
            done.result(timeout=600)
    assert sorted(tasks(storage)) == sorted(f"fetch-{index}" for index in range(16))


def test_a_part_that_cannot_be_read_is_named_without_its_content(storage: Storage) -> None:
    storage.create("runs/2026-11-20/logs/manifest/fetch-0.json", b'{"task": "fetch-0", "secret": "0612345"}')

    with pytest.raises(DataError, match=r"logs/manifest/fetch-0\.json: cannot be read as a manifest") as raised:
        record(storage, "2026-11-20", part("process"))
    assert "started_at" in str(raised.value)
    assert "0612345" not in str(raised.value)


@pytest.mark.parametrize("odd", [{"dropped": 3}, {"quality": [3]}, {"quality": {"s01e01": 3}}])
def test_a_part_whose_old_fields_are_of_another_shape_is_refused_as_any_other(
    storage: Storage, odd: dict[str, object]
) -> None:
    written = part("process").model_dump(mode="json") | {"counts": {"messages": 7}} | odd
    storage.create("runs/2026-11-20/logs/manifest/process.json", json.dumps(written).encode())
    with pytest.raises(DataError, match="cannot be read as a manifest"):
        read_manifest(storage, "2026-11-20")


def test_a_part_that_says_its_counts_in_sentences_is_read_as_measures(storage: Storage) -> None:
    old = {
        "task": "process",
        "started_at": "2026-10-01T22:00:00Z",
        "duration_seconds": 1.5,
        "peak_memory_bytes": 1024,
        "counts": {"messages": 7},
        "dropped": {"of test contacts": 2},
        "quarantined": {"f.jsonl: is no object": 1},
        "quality": {"s01e01": {"fetched": 9, "oldest_unreviewed": None}},
    }
    storage.create("runs/2026-11-20/logs/manifest/process.json", json.dumps(old).encode())

    (read,) = read_manifest(storage, "2026-11-20").tasks
    assert [(each.measure, each.outcome.value, each.count) for each in read.counts] == [
        ("messages", "counted", 7),
        ("of test contacts", "dropped", 2),
        ("f.jsonl: is no object", "quarantined", 1),
    ]
    assert read.quality == ({"dataset": "s01e01", "fetched": 9, "oldest_unreviewed": None},)


def test_a_part_of_a_newer_format_asks_for_newer_code(storage: Storage) -> None:
    newer = part("process").model_dump(mode="json") | {"version": 3, "novelty": 1}
    storage.create("runs/2026-11-20/logs/manifest/process.json", json.dumps(newer).encode())
    with pytest.raises(DataError, match="update this code: a newer one wrote it"):
        read_manifest(storage, "2026-11-20")


def test_what_is_no_run_is_refused_with_what_would_be_one(storage: Storage) -> None:
    with pytest.raises(DataError, match=r"is no run's folder; name a folder runs/<key>"):
        read_manifest_at(storage.uri_of("Outputs"))


def test_a_part_takes_no_time_without_a_zone() -> None:
    with pytest.raises(ValidationError, match="started_at"):
        TaskManifest(task="a", started_at=datetime(2026, 11, 20), duration_seconds=0, peak_memory_bytes=0)  # noqa: DTZ001


def test_a_block_is_measured_however_it_ends() -> None:
    before = datetime.now(UTC)
    with pytest.raises(KeyError), measured() as cost:
        raise KeyError

    assert before <= cost.started_at <= datetime.now(UTC)
    assert 0 <= cost.duration_seconds < 60
    assert 10_000_000 < cost.peak_memory_bytes < 100_000_000_000
