"""The demo's DAG with its data root, its labels and its files on Cloud Storage, through a real scheduler."""

import io
import json
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.all_stages import run_all
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.storage import Storage, located, storage_at
from pipeline_lib.storage.manifest import read_manifest
from sandbox.airflow_server import REPOSITORY
from sandbox.demo import RUN_ID, demo, stop_servers
from sandbox.demo_world import served_demo_world, write_demo_world
from sandbox.world import AS_OF

pytestmark = pytest.mark.airflow


def bytes_below(storage: Storage, folder: str) -> dict[str, bytes]:
    return {name.removeprefix(f"{folder}/"): storage.read(name) for name in storage.names(folder)}


def test_the_demos_dag_gives_on_cloud_storage_what_it_gives_on_a_disk(
    tmp_path: Path, gcs_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = tmp_path / ".demo" / "world"
    for project in ("demo", "demo_facebook"):
        shutil.copytree(REPOSITORY / "configs" / project, tmp_path / "configs" / project)
    config = tmp_path / "configs/demo/pipeline.json"
    on_disk = config.read_text(encoding="utf-8")
    write_demo_world(world)
    bucket = storage_at(f"{gcs_bucket}/world")
    for path in (path for path in world.rglob("*") if path.is_file()):
        bucket.create(path.relative_to(world).as_posix(), path.read_bytes())
    moved = on_disk
    for name in ("rapid_pro_token.txt", "bucket/", "recovered/", "coda"):
        moved = moved.replace(f"../../.demo/world/{name}", f"{bucket.uri}/{name}")
    config.write_text(json.dumps(json.loads(moved) | {"DataRoot": f"{gcs_bucket}/data"}), encoding="utf-8")

    try:
        with redirect_stdout(io.StringIO()) as printed:
            demo(tmp_path)
    finally:
        stop_servers(tmp_path)
    assert "coda_push" in printed.getvalue()
    assert f"rows  {gcs_bucket}/data/demo/runs/{RUN_ID}/Outputs/messages.csv\n" in printed.getvalue()
    storage = storage_at(f"{gcs_bucket}/data/demo")
    (user,) = {task.user for task in read_manifest(storage, RUN_ID).tasks}

    config.write_text(on_disk, encoding="utf-8")
    with served_demo_world(world) as rapid_pro:
        monkeypatch.setenv(STAND_IN_SETTING, rapid_pro.host)
        outputs = located(run_all(open_run(load_project(config), RUN_ID, AS_OF, user), publish=False))
    assert bytes_below(storage, f"runs/{RUN_ID}/Outputs") == bytes_below(*outputs)
    assert {task.task for task in read_manifest(storage, RUN_ID).tasks} >= {"coda_pull", "process", "coda_push"}
