"""Archives and logs on their way to buckets: all of them, once, and the local one gone only when its copy is proved."""

import json
import re
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import check, load_project, whole_config
from pipeline_lib.errors import ConfigError, Problem, RetriableSourceError
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.stages import upload_logs as stage
from pipeline_lib.stages.all_stages import run_all, run_to_outputs
from pipeline_lib.stages.archive import archive
from pipeline_lib.stages.run_context import Run
from pipeline_lib.stages.upload_logs import place_of, upload_logs
from pipeline_lib.storage import Located, storage_at
from pipeline_lib.storage.manifest import TaskManifest, read_manifest, record
from pipeline_lib.storage.write_once import Keeper, keep
from sandbox.http_server import HttpServer, QuietHandler

pytestmark = pytest.mark.slow

AS_OF = datetime(2025, 9, 16, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_GIT_COMMIT", "0123456789abcdef0123456789abcdef01234567")


@pytest.fixture
def buckets(change: Callable[..., None], tmp_path: Path) -> Path:
    """A folder with both buckets, which the config names."""
    folder = tmp_path / "buckets"
    change(
        DataArchiveUploadBucket=(folder / "data").as_uri(),
        MemoryProfileUploadBucket=str(folder / "logs"),
        BucketDirPath="2025/GEEDKA/",
    )
    return folder


@pytest.fixture
def begun(run_of: Callable[..., Run]) -> Callable[[str], Run]:
    """Makes a run of which a task has ended, and no more."""

    def make(key: str) -> Run:
        run = run_of(key, AS_OF)
        part = TaskManifest(task="fetch-0", as_of=AS_OF, started_at=AS_OF, duration_seconds=1, peak_memory_bytes=1)
        record(run.storage, key, part)
        return run

    return make


def there(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".versions" not in path.parts
    )


def waiting(run: Run, name: str, content: bytes) -> None:
    with run.storage.publish_file(f"archives/{name}") as path:
        path.write_bytes(content)


@pytest.mark.usefixtures("no_drawings")  # an archive takes whatever is there
def test_a_run_that_publishes_leaves_its_archive_and_its_logs_in_the_buckets(
    buckets: Path, run_of: Callable[..., Run], change: Callable[..., None]
) -> None:
    change(DriveUpload=None)
    run = run_of("today", AS_OF)
    run_all(run, publish=True)
    end = "2025-09-16T230000Z-today-0123456789ab.tar.gz"
    assert there(buckets) == [f"data/2025/GEEDKA/data-{end}", f"logs/2025/GEEDKA/logs-{end}"]
    assert run.storage.names("archives") == []
    with tarfile.open(buckets / f"logs/2025/GEEDKA/logs-{end}") as tar:
        assert [name.partition("/data/")[2] for name in tar.getnames() if "/data/" in name] == [
            "runs/today/manifest.json"
        ]
    (told,) = [task for task in read_manifest(run.storage, "today").tasks if task.task == "upload_logs"]
    assert in_words(told.counts) == {"files of logs": 1, "archives uploaded": 2, "archives there before": 0}
    assert len(told.artifacts) == 2
    assert upload_logs(run) == [storage_at((buckets / "logs").as_uri()).uri_of(f"2025/GEEDKA/logs-{end}")]
    assert len(there(buckets)) == 2


def test_every_run_of_a_day_is_kept_and_the_local_archives_go_after_that(
    buckets: Path, begun: Callable[[str], Run]
) -> None:
    """The predecessor kept one a day, and removed the others before it had uploaded that."""
    run = begun("night")
    for number, content in enumerate((b"first", b"second", b"third")):
        waiting(run, f"data-2025-09-16T2300{number}0Z-0123456789ab.tar.gz", content)
    removed_with = list[list[str]]()
    remove = type(run.storage).remove

    def noted(storage: object, name: str) -> None:
        if name.startswith("archives/"):
            removed_with.append(there(buckets))
        remove(storage, name)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(run.storage), "remove", noted)
        upload_logs(run)
    kept = there(buckets / "data")
    assert [(buckets / "data" / name).read_bytes() for name in kept] == [b"first", b"second", b"third"]
    assert [sum(name.startswith("data/") for name in names) for names in removed_with] == [1, 2, 3, 3]
    assert run.storage.names("archives") == []


def test_a_bucket_that_does_not_have_it_leaves_the_local_archive(
    buckets: Path, begun: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun("night")
    waiting(run, "data-1.tar.gz", b"an archive")

    def refuse(keeper: Keeper, name: str, file: Path, begun: Located) -> object:
        if name.endswith("data-1.tar.gz"):
            raise RetriableSourceError(Problem("gs://bucket", "does not answer", "try again"))
        return keep(keeper, name, file, begun)

    monkeypatch.setattr(stage, "keep", refuse)
    with pytest.raises(RetriableSourceError, match="gs://bucket: does not answer"):
        upload_logs(run)
    assert run.storage.names("archives") == ["archives/data-1.tar.gz"]
    assert there(buckets) == ["logs/2025/GEEDKA/logs-2025-09-16T230000Z-night-0123456789ab.tar.gz"]
    monkeypatch.undo()
    monkeypatch.setenv("PIPELINE_GIT_COMMIT", "0123456789ab")
    upload_logs(run)
    assert run.storage.names("archives") == []
    assert len(there(buckets)) == 2


def test_a_bucket_that_loses_what_it_took_leaves_the_local_archive(
    buckets: Path, begun: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun("night")
    waiting(run, "data-1.tar.gz", b"an archive")
    place = stage.place_of

    def forgetful(written: str, folder: str | None, project: object) -> object:
        found = place(written, folder, project)  # type: ignore[arg-type]
        monkeypatch.setattr(type(found.keeper), "put", lambda *_: None)
        return found

    monkeypatch.setattr(stage, "place_of", forgetful)
    with pytest.raises(RetriableSourceError):
        upload_logs(run)
    assert "archives/data-1.tar.gz" in run.storage.names("archives")
    assert there(buckets) == []


def test_an_archive_that_is_made_anew_while_it_is_uploaded_waits_for_the_next_time(
    buckets: Path, begun: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun("night")
    waiting(run, "data-1.tar.gz", b"old")

    def made_anew(keeper: Keeper, name: str, file: Path, begun: Located) -> object:
        if name.endswith("data-1.tar.gz"):
            waiting(run, "data-1.tar.gz", b"new")
        return keep(keeper, name, file, begun)

    monkeypatch.setattr(stage, "keep", made_anew)
    upload_logs(run)
    assert run.storage.read("archives/data-1.tar.gz") == b"new"
    monkeypatch.undo()
    upload_logs(run)
    assert {(buckets / "data" / name).read_bytes() for name in there(buckets / "data")} == {b"old", b"new"}


def test_a_run_that_failed_has_logs_and_what_no_bucket_is_named_for_stays(
    buckets: Path, begun: Callable[[str], Run], change: Callable[..., None]
) -> None:
    change(DataArchiveUploadBucket=None)
    run = begun("night")
    waiting(run, "data-1.tar.gz", b"an archive")
    assert [uri.rpartition("/")[2][:5] for uri in upload_logs(run)] == ["logs-"]
    assert run.storage.names("archives") == ["archives/data-1.tar.gz"]


@pytest.mark.parametrize(
    ("written", "folder", "uri"),
    [
        ("gs://avf-archive", None, "gs://avf-archive/data-1.tar.gz"),
        ("gs://avf-archive/", "2020/OXFAM-WASH", "gs://avf-archive/2020/OXFAM-WASH/data-1.tar.gz"),
        ("gs://avf-archive", "2020/FCDO-EiE/", "gs://avf-archive/2020/FCDO-EiE/data-1.tar.gz"),
        ("gs://avf-archive/2020/COVID19/data-", None, "gs://avf-archive/2020/COVID19/data-1.tar.gz"),
        ("gs://avf-archive/2020/JPLG-2020", None, "gs://avf-archive/2020/JPLG-2020/data-1.tar.gz"),
        ("gs://avf-archive/2020/old-data-", None, "gs://avf-archive/2020/old-data-1.tar.gz"),
        ("gs://avf-archive/2020/LQ_", "a", "gs://avf-archive/2020/a/LQ_data-1.tar.gz"),
    ],
)
def test_a_bucket_is_written_in_several_ways(
    written: str, folder: str | None, uri: str, demo: Path, gcs_bucket: str
) -> None:
    place = place_of(written, folder, load_project(demo))
    assert place.keeper.uri_of(place.name_of("data-1.tar.gz")) == uri


def test_the_same_on_cloud_storage(
    begun: Callable[[str], Run], change: Callable[..., None], gcs_bucket: str, demo: Path
) -> None:
    change(DataArchiveUploadBucket=gcs_bucket, BucketDirPath="2025", DriveUpload=None)
    run = begun("today")
    run_to_outputs(run)
    archive(run, whole_config(check(demo).reading))
    (waits,) = run.storage.names("archives")
    content = run.storage.read(waits)
    (uri,) = upload_logs(run)
    assert uri == f"{gcs_bucket}/2025/{waits.removeprefix('archives/')}"
    assert storage_at(gcs_bucket).read(uri.removeprefix(f"{gcs_bucket}/")) == content
    assert run.storage.names("archives") == []


class _Refuses(QuietHandler):
    """Cloud Storage where this account may do nothing."""

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({"error": {"code": 403, "message": "canary", "errors": [{"reason": "forbidden"}]}}).encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = _refuse  # noqa: N815 - http.server's names


@pytest.fixture
def nobodys_storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HttpServer(0, _Refuses)
    server.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{server.host}")
    yield
    server.stop()
    assert server.failures == []


@pytest.mark.parametrize(
    ("storage", "said"),
    [
        (
            "nobodys_storage",
            r"Google Cloud denies access to .* \(403 forbidden\); give it the role Storage Object User",
        ),
        ("gcs_bucket", "there is no such bucket; correct the name, or make it first"),
    ],
)
def test_a_bucket_that_refuses_is_told_and_the_other_ones_files_are_uploaded(
    buckets: Path,
    begun: Callable[[str], Run],
    change: Callable[..., None],
    demo: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    storage: str,
    said: str,
) -> None:
    request.getfixturevalue(storage)
    change(DataArchiveUploadBucket="gs://nobodys-archives")
    run = begun("night")
    waiting(run, "data-1.tar.gz", b"an archive")
    assert main(["upload-logs", "--config", str(demo), "--run", "night"]) == 2
    told = capsys.readouterr().err
    assert re.search(rf"^gs://nobodys-archives\S*: {said}", told, re.MULTILINE), told
    assert "canary" not in told
    assert run.storage.read("archives/data-1.tar.gz") == b"an archive"
    assert run.storage.names("archives") == ["archives/data-1.tar.gz"]
    assert there(buckets) == ["logs/2025/GEEDKA/logs-2025-09-16T230000Z-night-0123456789ab.tar.gz"]


def test_the_command_says_what_it_would_do_and_does_it(
    buckets: Path, begun: Callable[[str], Run], demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = begun("night")
    waiting(run, "data-1.tar.gz", b"an archive")
    uri = (buckets / "data/2025/GEEDKA/data-1.tar.gz").as_uri()
    assert main(["upload-logs", "--config", str(demo), "--dry-run"]) == 0
    assert capsys.readouterr().out == f"created  {uri}\n"
    assert there(buckets) == []
    assert main(["upload-logs", "--config", str(demo)]) == 0
    assert capsys.readouterr().out == f"created  {uri}\n"
    assert main(["upload-logs", "--config", str(demo), "--run", "night"]) == 0
    assert capsys.readouterr().out.endswith("/logs-2025-09-16T230000Z-night-0123456789ab.tar.gz\n")
    assert len(there(buckets)) == 2


def test_a_config_without_a_bucket_is_told_so(begun: Callable[[str], Run]) -> None:
    with pytest.raises(ConfigError, match="names no bucket: there is nowhere to upload to; add DataArchiveUpload"):
        upload_logs(begun("night"))
