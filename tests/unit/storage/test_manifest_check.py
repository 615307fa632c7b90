"""What is said where a manifest tells of another version than what lies there."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.storage.base import local_fingerprint
from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.manifest import TaskManifest, record
from pipeline_lib.storage.manifest_check import artifact_remark, as_of_outputs, folder_remarks, run_remarks

STARTED_AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
WRONG = "is not the version in the manifest (process, begun 2026-11-20 22:00:00 UTC)"


def part(task: str, **told: Any) -> TaskManifest:
    return TaskManifest(task=task, started_at=STARTED_AT, duration_seconds=1, peak_memory_bytes=1, **told)


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "data" / "demo")


@pytest.fixture
def publish(storage: LocalStorage) -> Callable[[str], dict[str, str]]:
    """Publishes outputs, and gives their fingerprint by URI."""

    def to(text: str) -> dict[str, str]:
        with storage.publish_folder("runs/a run/Outputs") as folder:
            (folder / "messages.csv").write_text(text)
            return {storage.uri_of("runs/a run/Outputs"): local_fingerprint(folder)}

    return to


def test_nothing_is_said_where_they_agree(storage: LocalStorage, publish: Callable[[str], dict[str, str]]) -> None:
    record(storage, "a run", part("process", artifacts=publish("one")))
    assert run_remarks(storage, "a run") == []
    assert folder_remarks(storage.root / "runs/a run/Outputs") == []


def test_outputs_of_a_later_try_than_the_manifest_are_named(
    storage: LocalStorage, publish: Callable[[str], dict[str, str]]
) -> None:
    record(storage, "a run", part("process", artifacts=publish("one")))
    ((uri, fingerprint),) = publish("two").items()
    (said,) = run_remarks(storage, "a run")
    assert said[:2] == (uri, WRONG)
    assert artifact_remark(storage, "a run", uri, fingerprint) == said
    (of_folder,) = folder_remarks(storage.root / "runs/a run/Outputs")
    assert of_folder == said._replace(place=str(storage.root / "runs/a run/Outputs"))


def test_a_task_that_read_what_is_there_no_more_is_named(
    storage: LocalStorage, publish: Callable[[str], dict[str, str]]
) -> None:
    read = publish("one")
    record(storage, "a run", part("analyse", inputs=read | {"file:///elsewhere/a.csv": "abc"}))
    record(storage, "a run", part("process", artifacts=publish("two")))
    (said,) = run_remarks(storage, "a run")
    assert str(said) == (
        f"{next(iter(read))}: has changed since a task read it (analyse, begun 2026-11-20 22:00:00 UTC); "
        "run that task again"
    )


def test_of_a_runs_folder_all_is_said_that_is_to_be_said_of_the_run(
    storage: LocalStorage, publish: Callable[[str], dict[str, str]]
) -> None:
    read = publish("one")
    record(storage, "a run", part("analyse", inputs=read))
    record(storage, "a run", part("process", artifacts=read))
    publish("two")
    said = folder_remarks(storage.root / "runs/a run")
    assert said == run_remarks(storage, "a run")
    assert len(said) == 2


def test_a_run_that_was_moved_is_compared_where_it_is(
    storage: LocalStorage, publish: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    record(storage, "a run", part("process", artifacts=publish("one")))
    publish("two")
    (tmp_path / "moved").mkdir()
    shutil.move(storage.root, tmp_path / "moved" / "demo")
    moved = LocalStorage(tmp_path / "moved" / "demo")
    assert [said.place for said in run_remarks(moved, "a run")] == [moved.uri_of("runs/a run/Outputs")]


def test_what_was_told_of_and_is_gone_is_named_and_what_never_was_is_not(storage: LocalStorage) -> None:
    uris = [storage.uri_of(f"runs/a run/Quarantine/{name}.jsonl") for name in ("none", "gone")]
    record(storage, "a run", part("process", artifacts=dict(zip(uris, ["", "abc"], strict=True))))
    assert [said.place for said in run_remarks(storage, "a run")] == uris[1:]


def test_of_a_manifest_from_before_versions_were_named_nothing_is_said(
    storage: LocalStorage, publish: Callable[[str], dict[str, str]]
) -> None:
    ((uri, fingerprint),) = publish("one").items()
    record(storage, "a run", part("process"))
    assert run_remarks(storage, "a run") == []
    assert artifact_remark(storage, "a run", uri, fingerprint) is None
    assert folder_remarks(storage.root / "runs/a run/Outputs") == []


def test_a_manifest_that_is_none_is_named_without_its_content(
    storage: LocalStorage, publish: Callable[[str], dict[str, str]]
) -> None:
    ((uri, fingerprint),) = publish("one").items()
    storage.create("runs/a run/manifest.json", b'{"tasks": "0612345"}')
    place = storage.root / "runs/a run/manifest.json"
    assert [str(said) for said in folder_remarks(place.with_name("Outputs"))] == [
        f"{place}: cannot be read as a manifest"
    ]
    with pytest.raises(DataError, match="cannot be read as a manifest"):
        artifact_remark(storage, "a run", uri, fingerprint)


def test_outputs_see_the_world_as_of_what_the_manifest_beside_them_tells_of_processing(
    storage: LocalStorage, tmp_path: Path
) -> None:
    of_run = storage.root / "runs/a run/Outputs"
    assert as_of_outputs(of_run) is None
    record(storage, "a run", part("coda_pull"))
    record(storage, "a run", part("process", as_of=STARTED_AT))
    assert as_of_outputs(of_run) == STARTED_AT
    alone = tmp_path / "Outputs.manifest.json"
    alone.write_text(part("process").model_dump_json())
    assert as_of_outputs(tmp_path / "Outputs") is None
    alone.write_text(part("process", as_of=STARTED_AT).model_dump_json())
    assert as_of_outputs(tmp_path / "Outputs") == STARTED_AT
    alone.write_text("{}")
    assert as_of_outputs(tmp_path / "Outputs") is None
