"""The demo with everything that can lie on Cloud Storage lying there, against the same on a disk."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.run_context import Run, open_run
from pipeline_lib.storage import located, storage_at
from pipeline_lib.storage.manifest import read_manifest
from tests.toy import change_config, write_toy

END = datetime(2025, 9, 16, 23, tzinfo=UTC)


def hashes(uri: str) -> dict[str, str]:
    storage, name = located(uri)
    with storage.local_folder(name) as folder:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def moved(demo: Path, change: Callable[..., None], gcs_bucket: str) -> Callable[[], None]:
    """Moves the demo's files, its token, its labels and its data root to a bucket."""
    world = demo.parents[2] / ".demo" / "world"
    bucket = storage_at(f"{gcs_bucket}/radio of ours")

    def move() -> None:
        for path in (path for path in world.rglob("*") if path.is_file()):
            bucket.create(path.relative_to(world).as_posix(), path.read_bytes())
        text = demo.read_text(encoding="utf-8")
        for name in ("rapid_pro_token.txt", "bucket/", "recovered/", "coda"):
            assert f"../../.demo/world/{name}" in text
            text = text.replace(f"../../.demo/world/{name}", f"{bucket.uri}/{name}")
        demo.write_text(text, encoding="utf-8")
        change(DataRoot=f"{gcs_bucket}/data root")

    return move


def run_and_publish(run: Run) -> str:
    """The URI of the outputs, whose new messages are in the label store."""
    outputs = run_to_outputs(run)
    coda_push(run, outputs)
    return outputs


def test_the_outputs_and_the_labels_are_the_same_byte_for_byte_and_a_second_run_there_changes_nothing(
    run_of: Callable[..., Run], demo: Path, moved: Callable[[], None], gcs_bucket: str
) -> None:
    world = demo.parents[2] / ".demo" / "world"
    before = {path: path.read_bytes() for path in (world / "coda").iterdir()}
    on_disk = run_of(as_of=END)
    outputs_on_disk = run_and_publish(on_disk)
    labels_on_disk = {path.name: path.read_bytes() for path in (world / "coda").iterdir() if path.is_file()}
    for path, content in before.items():
        path.unlink()
        path.write_bytes(content)
    moved()
    run = run_of(as_of=END)
    outputs = run_and_publish(run)

    assert outputs == f"{gcs_bucket}/data root/demo/runs/today/Outputs"
    assert hashes(outputs) == hashes(outputs_on_disk)
    for folder in ("Raw Data", "Coded Coda Files"):
        assert hashes(run.storage.uri_of(f"runs/today/{folder}")) == hashes(
            on_disk.storage.uri_of(f"runs/today/{folder}")
        )
    labels = storage_at(f"{gcs_bucket}/radio of ours/coda")
    assert {name: labels.read(name) for name in labels.names("")} == labels_on_disk
    inputs = [
        part.inputs for part in read_manifest(run.storage, "today").tasks if part.task in {"process", "coda_push"}
    ]
    assert {len(fingerprint) for part in inputs for fingerprint in part.values()} == {64}

    stored = run.storage.names("state")
    again = run_of("again", END)
    assert hashes(run_to_outputs(again)).keys() == hashes(outputs).keys()
    assert run.storage.names("state") == stored
    assert set(coda_push(again, outputs).values()) == {0}


@pytest.mark.slow
@pytest.mark.parametrize("root", ["file", pytest.param("gs", marks=pytest.mark.emulator)])
def test_a_source_may_have_any_name(tmp_path: Path, request: pytest.FixtureRequest, root: str) -> None:
    config = write_toy(tmp_path / "configs")
    recovered = config.parent / "sources" / "toy_recovered.csv"
    recovered.rename(recovered.with_name("Geedka su'aal 50% حوار.csv"))
    config.write_text(config.read_text().replace("toy_recovered.csv", "Geedka su'aal 50% حوار.csv"))
    change_config(config, DataRoot=request.getfixturevalue("gcs_bucket") if root == "gs" else str(tmp_path / "data"))
    run = open_run(load_project(config), "today", None, "tester")
    run_to_outputs(run)
    assert "runs/today/Raw Data/Geedka su'aal 50% حوار.jsonl" in run.storage.names("runs/today/Raw Data")
