"""A project's DAG with its data root, its labels and its files on Cloud Storage, with a real scheduler."""

import json

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.all_stages import run_all
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.storage import Storage, located, storage_at
from pipeline_lib.storage.manifest import read_manifest
from sandbox.world import AS_OF
from tests.journeys.shared_airflow import FOLDERS, Operated, write_small_show
from tests.toy import change_config

pytestmark = pytest.mark.airflow


def bytes_in(storage: Storage, folder: str) -> dict[str, bytes]:
    return {name.removeprefix(f"{folder}/"): storage.read(name) for name in storage.names(folder)}


def test_a_run_with_all_its_data_on_cloud_storage_gives_what_one_on_a_disk_gives(
    operated: Operated, gcs_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_small_show(operated.root, "cloud", source_count=2)
    change_config(config, DataRoot=str(operated.root / "on_disk"))
    on_disk = config.read_text(encoding="utf-8")
    world = storage_at(f"{gcs_bucket}/world")
    files = (path for path in (operated.root / "cloud").rglob("*") if path.is_file())
    for path in files:
        world.create(path.relative_to(operated.root / "cloud").as_posix(), path.read_bytes())
    moved = on_disk
    for name in ("rapid_pro_token.txt", "recovered.csv", "coda"):
        moved = moved.replace(f"{operated.root}/cloud/{name}", f"{world.uri}/{name}")
    config.write_text(json.dumps(json.loads(moved) | {"DataRoot": f"{gcs_bucket}/data"}), encoding="utf-8")
    operated.read_configs()
    operated.api.wait_for("the DAG cloud", lambda: bool(operated.api.tags("cloud")))
    try:
        assert operated.run("cloud", "away", as_of=AS_OF.isoformat(), publish="yes") == "success"
    finally:
        config.write_text(on_disk, encoding="utf-8")
    away, labels = storage_at(f"{gcs_bucket}/data/cloud"), bytes_in(world, "coda")
    tasks = read_manifest(away, "away").tasks
    assert {task.task for task in tasks} >= {"coda_pull", "fetch-0", "process", "analyse", "coda_push"}

    (user,) = {task.user for task in tasks}
    monkeypatch.setenv(STAND_IN_SETTING, operated.rapid_pro.host)
    storage, outputs = located(run_all(open_run(load_project(config), "away", AS_OF, user), publish=True))
    for name in FOLDERS:
        found = bytes_in(away, f"runs/away/{name}")
        assert found == bytes_in(storage, outputs.replace("Outputs", name)), name
    assert bytes_in(away, "runs/away/Outputs").keys() >= {"messages.csv", "production.csv"}
    assert labels == bytes_in(storage_at((operated.root / "cloud").as_uri()), "coda")
