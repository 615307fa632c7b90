"""Two Celery workers, each with files of its own: all that they share is a bucket, PostgreSQL and Redis."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.storage import located, storage_at
from sandbox.airflow_server import REPOSITORY
from sandbox.fake_gcs import create_bucket, fake_gcs, why_it_cannot_run
from sandbox.world import AS_OF, write_world

pytestmark = pytest.mark.services

WORKERS = ("worker-1", "worker-2")
BUCKET = "gs://geedka"
MESSAGE_COUNT = 400
RUN = "apart"


def why_not() -> str | None:
    """What this machine lacks, for a person."""
    command = ["unshare", "--mount", "true"]
    if shutil.which("unshare") is None or subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:
        return "who runs this may not give processes mounts of their own: it takes root on Linux"
    return why_it_cannot_run()


def machine_of(deployment: Any, worker: str) -> Path:
    return Path(deployment.root.parent, f"{deployment.root.name}-machines", worker)


def files_below(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of a server with the buckets."""
    reason = why_not()
    if reason is not None and os.environ.get("CI") != "true":
        pytest.skip(reason)
    assert reason is None, reason
    with fake_gcs() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        create_bucket(url, BUCKET.removeprefix("gs://"))
        yield url


@pytest.fixture(scope="module")
def config(bucket: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The demo's config, with all that it reads in the bucket, and without what is to be published elsewhere."""
    world = tmp_path_factory.mktemp("world")
    write_world(world, message_count=MESSAGE_COUNT)
    storage = storage_at(f"{BUCKET}/world")
    for name in files_below(world):
        storage.create(name, (world / name).read_bytes())
    text = (REPOSITORY / "configs/demo/pipeline.json").read_text(encoding="utf-8")
    written: dict[str, Any] = json.loads(text.replace("../../.demo", BUCKET))
    flows, *files = written["RawDataSources"]
    urls = {
        key: [f"{BUCKET}/world/bucket/{flow}.jsonl" for flow in flows[f"{key}Names"]]
        for key in ("ActivationFlow", "SurveyFlow")
    }
    apart = {"SourceType": "GCloudBucket", **{f"{key}URLs": own for key, own in urls.items()}}
    elsewhere = ("Schedule", "DataRoot", "UUIDTable", "DriveUpload", "DataArchiveUploadBucket", "BucketDirPath")
    kept = {key: value for key, value in written.items() if key not in {*elsewhere, "MemoryProfileUploadBucket"}}
    # Maps take long, and are files as all others.
    analysis = {**written["AutomatedAnalysis"], "GenerateRegionThemeDistributionMaps": False}
    plans = {**written["CodingPlans"], "BreakdownMaps": []}
    return {**kept, "RawDataSources": [apart, *files], "AutomatedAnalysis": analysis, "CodingPlans": plans}


def write_project(folder: Path, config: dict[str, Any], **keys: Any) -> Path:
    shutil.copytree(REPOSITORY / "configs/demo", folder)
    (folder / "pipeline.json").write_text(json.dumps({**config, **keys}), encoding="utf-8")
    return folder / "pipeline.json"


class Done(NamedTuple):
    """A run that has ended."""

    state: str
    deployment: Any

    @property
    def user(self) -> str:
        name, _ = self.deployment.administrator
        return str(name)

    def logs(self) -> str:
        """What the tasks of both machines have logged last, for whoever looks into a failure."""
        logs = [log for name in WORKERS for log in machine_of(self.deployment, name).rglob("attempt=*.log")]
        return "\n".join(f"{log}\n{log.read_text()[-2000:]}" for log in logs)


@pytest.fixture(scope="module")
def done(deployment: Any, bucket: str, config: dict[str, Any]) -> Done:
    """A run in shards, on workers of which neither has a file that the other has."""
    write_project(deployment.configs / "demo", config, ProcessingShards=4)
    deployment.settings |= {"STORAGE_EMULATOR_HOST": bucket, "PIPELINE_DATA_ROOT": f"{BUCKET}/data"}
    initialised = deployment.run("init")
    assert initialised.returncode == 0, initialised.stderr[-4000:]
    for service in ("api-server", "scheduler", "dag-processor"):
        deployment.start(service)
    for name in WORKERS:
        machine = machine_of(deployment, name)
        for folder in ("opt/pipeline/configs", "run/secrets"):
            shutil.copytree(deployment.root / folder, machine / folder)
        for folder in ("data", "opt/airflow/logs", f"homes/{name}"):
            (machine / folder).mkdir(parents=True)
        deployment.prefixes[name] = ("tests.services.own_machine", str(deployment.root), str(machine))
        deployment.start("worker", name, "--celery-hostname", f"{name}@localhost")
    api = deployment.api
    api.wait_until_healthy()
    api.unpause("demo")
    for name in WORKERS:
        api.wait_for(f"{name} to be well", partial(deployment.is_healthy, "worker", f"{name}@localhost"))
    api.trigger("demo", RUN, {"as_of": AS_OF.isoformat(), "publish": False})
    return Done(api.wait_until_ended("demo", RUN), deployment)


def test_workers_that_share_no_disk_bring_a_run_in_shards_to_its_end(done: Done) -> None:
    assert done.state == "success", done.logs()
    for name in WORKERS:
        assert "succeeded" in done.deployment.log_of(name), name


def test_its_outputs_are_those_of_one_machine_and_of_everybody_at_once(
    done: Done, config: dict[str, Any], tmp_path: Path
) -> None:
    project = load_project(write_project(tmp_path / "demo", config, DataRoot=str(tmp_path / "data")))
    alone = run_to_outputs(open_run(project, RUN, AS_OF, done.user))
    apart = f"{BUCKET}/data/demo/runs/{RUN}/Outputs"
    (storage, name), (cloud, cloud_name) = located(alone), located(apart)
    with storage.local_folder(name) as expected, cloud.local_folder(cloud_name) as found:
        names = files_below(expected)
        assert files_below(found) == names
        assert [each for each in names if (expected / each).read_bytes() != (found / each).read_bytes()] == []
    assert "messages.csv" in names


def test_no_machine_is_left_with_data(done: Done) -> None:
    places = [done.deployment.data, *(machine_of(done.deployment, name) / "data" for name in WORKERS)]
    assert [files_below(place) for place in places] == [[], [], []]
    logs = {name: files_below(machine_of(done.deployment, name) / "opt/airflow/logs") for name in WORKERS}
    assert all(logs.values())
    assert set(logs[WORKERS[0]]).isdisjoint(logs[WORKERS[1]])
