import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.demo_world import write_demo_world
from sandbox.world import write_world

REPOSITORY = Path(__file__).parents[3]


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_world_is_four_flows_a_recovery_csv_and_six_datasets(world: Path) -> None:
    assert list(_digests(world)) == [
        "bucket/geedka_demog.jsonl",
        "bucket/geedka_pilot_demog.jsonl",
        "bucket/geedka_s01e01_activation.jsonl",
        "bucket/geedka_s01e02_activation.jsonl",
        "coda/age.json",
        "coda/gender.json",
        "coda/location.json",
        "coda/recently_displaced.json",
        "coda/s01e01_water.json",
        "coda/s01e02_health.json",
        "recovered/geedka_recovered_september.csv",
    ]


def test_a_world_of_another_process_and_hash_order_has_the_same_bytes(tmp_path: Path) -> None:
    write_demo_world(tmp_path / "here")
    command = [sys.executable, "-m", "sandbox", str(tmp_path / "elsewhere")]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    subprocess.run(command, check=True, cwd=REPOSITORY, env=environment, timeout=600)
    assert _digests(tmp_path / "elsewhere") == _digests(tmp_path / "here")


def test_another_seed_is_another_world(world: Path, tmp_path: Path) -> None:
    write_world(tmp_path, seed=2)
    other, digests = _digests(tmp_path), _digests(world)
    assert other.keys() == digests.keys()
    assert all(other[name] != digests[name] for name in digests)


@pytest.mark.parametrize(("message_count", "run_count", "recovered_count"), [(0, 0, 0), (10, 10, 0), (2500, 2350, 150)])
def test_a_world_has_as_many_messages_as_asked_for(
    tmp_path: Path, message_count: int, run_count: int, recovered_count: int
) -> None:
    write_world(tmp_path, message_count=message_count)
    activations = [path.read_text().count("\n") for path in (tmp_path / "bucket").glob("*_activation.jsonl")]
    recovered = (tmp_path / "recovered" / "geedka_recovered_september.csv").read_text()
    assert sum(activations) == run_count
    assert recovered.count("avf-phone-uuid-") == recovered_count


def test_what_a_run_added_to_the_coda_folder_stays(tmp_path: Path) -> None:
    write_world(tmp_path, message_count=50)
    before = _digests(tmp_path)
    (tmp_path / "coda" / "age.json").write_text("[]")
    (tmp_path / "bucket" / "geedka_demog.jsonl").write_text("torn")
    write_world(tmp_path, message_count=50)
    after = _digests(tmp_path)
    assert (tmp_path / "coda" / "age.json").read_text() == "[]"
    assert after == before | {"coda/age.json": after["coda/age.json"]}


def test_labels_are_written_anew_when_asked(tmp_path: Path) -> None:
    write_demo_world(tmp_path, message_count=50)
    before = _digests(tmp_path)
    (tmp_path / "coda" / "age.json").write_text("[]")
    (tmp_path / "coda" / "left_over.json").write_text("[]")
    main([str(tmp_path), "--message-count", "50", "--replace-labels"])
    assert _digests(tmp_path) == before
