"""Keeping: created only if nothing has the name, whatever happens to the line, and proved to be there."""

import hashlib
import operator
import threading
from pathlib import Path

import pytest

from pipeline_lib.errors import ConfigError, RetriableSourceError, StorageConflictError
from pipeline_lib.storage import Located, gcs, storage_at
from pipeline_lib.storage.write_once import Keeper, Kept, dry_run_keep, keeper_at
from pipeline_lib.storage.write_once import keep as keep_remembering
from tests.cloud_storage_line import Exchange, Line

SMALL, LARGE = b"an archive", b"archive!" * (9 * 2**17)
"""In one request, and in three."""


def keep(keeper: Keeper, name: str, file: Path) -> Kept:
    """Keeps a file; what is begun of that is remembered in a place of the file's own."""
    return keep_remembering(keeper, name, file, Located(storage_at(file.parent.as_uri()), f"state/{file.name}.json"))


@pytest.fixture(params=["file", pytest.param("gs", marks=pytest.mark.emulator)])
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> Keeper:
    if request.param == "file":
        return keeper_at((tmp_path / "kept ones").as_uri())
    request.getfixturevalue("line")
    return keeper_at(f"{request.getfixturevalue('gcs_bucket')}/2026/water")


def file_of(tmp_path: Path, content: bytes, name: str = "a") -> Path:
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def content_of(uri: str) -> bytes:
    folder, _, name = uri.rpartition("/")
    return storage_at(folder).read(name)


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_a_file_is_kept_once_and_an_equal_one_counts(keeper: Keeper, tmp_path: Path, content: bytes) -> None:
    file = file_of(tmp_path, content)
    assert dry_run_keep(keeper, "data-1.tar.gz", file) == (keeper.uri_of("data-1.tar.gz"), True)
    assert keeper.holds("data-1.tar.gz", file) is None
    assert keep(keeper, "data-1.tar.gz", file) == (keeper.uri_of("data-1.tar.gz"), True)
    assert keep(keeper, "data-1.tar.gz", file) == (keeper.uri_of("data-1.tar.gz"), False)
    assert dry_run_keep(keeper, "data-1.tar.gz", file) == (keeper.uri_of("data-1.tar.gz"), False)
    assert content_of(keeper.uri_of("data-1.tar.gz")) == content


@pytest.mark.slow
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_another_file_of_the_name_stays_and_ours_has_its_hash(keeper: Keeper, tmp_path: Path, content: bytes) -> None:
    theirs, ours = file_of(tmp_path, content[::-1], "theirs"), file_of(tmp_path, content, "ours")
    keep(keeper, "day/data-1.tar.gz", theirs)
    kept = keep(keeper, "day/data-1.tar.gz", ours)
    sha256 = hashlib.sha256(content).hexdigest()
    assert kept == (keeper.uri_of(f"day/data-1-{sha256[:12]}.tar.gz"), True)
    assert keep(keeper, "day/data-1.tar.gz", ours) == (kept.uri, False)
    assert content_of(keeper.uri_of("day/data-1.tar.gz")) == content[::-1]
    assert content_of(kept.uri) == content


@pytest.mark.slow
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_two_who_keep_at_once_both_have_their_files(keeper: Keeper, tmp_path: Path, content: bytes) -> None:
    files = [file_of(tmp_path, content + bytes([number]), str(number)) for number in range(4)]
    begin, kept = threading.Barrier(4, timeout=600), list[str]()

    def work(file: Path) -> None:
        begin.wait()
        kept.append(keep(keeper, "data-1.tar.gz", file).uri)

    threads = [threading.Thread(target=work, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(kept)) == 4
    assert {content_of(uri) for uri in kept} == {file.read_bytes() for file in files}


@pytest.mark.parametrize(
    ("content", "last"), [(SMALL, "uploadType=multipart"), (LARGE, "^PUT")], ids=["small", "large"]
)
def test_a_lost_answer_makes_no_second_object(
    line: Line, gcs_bucket: str, tmp_path: Path, content: bytes, last: str
) -> None:
    def lose_answer(exchange: Exchange) -> None:
        exchange.forward()
        exchange.gets_through = -1

    pass_on = operator.methodcaller("forward")
    line.next_time(last, *([lose_answer] if content is SMALL else [pass_on, pass_on, lose_answer]))
    keeper = keeper_at(gcs_bucket)
    assert keep(keeper, "data-1.tar.gz", file_of(tmp_path, content)).uri == f"{gcs_bucket}/data-1.tar.gz"
    assert storage_at(gcs_bucket).names("") == ["data-1.tar.gz"]
    assert content_of(f"{gcs_bucket}/data-1.tar.gz") == content


def test_an_upload_that_was_cut_off_goes_on_and_what_was_begun_is_forgotten(
    line: Line, gcs_bucket: str, tmp_path: Path, impatient: None
) -> None:
    file, state = file_of(tmp_path, LARGE), storage_at(tmp_path.as_uri())
    line.next_time("^PUT", operator.methodcaller("forward"), *[lambda exchange: exchange.refuse(503)] * 100_000)
    with pytest.raises(RetriableSourceError):
        keep(keeper_at(gcs_bucket), "data-1.tar.gz", file)
    assert state.names("state") == ["state/a.json"]
    line.faults.clear()
    line.seen.clear()
    assert keep(keeper_at(gcs_bucket), "data-1.tar.gz", file) == (f"{gcs_bucket}/data-1.tar.gz", True)
    sent = [exchange.headers["Content-Range"] for exchange in line.seen if exchange.method == "PUT"]
    assert sent == ["bytes */9437184", "bytes 4194304-8388607/9437184", "bytes 8388608-9437183/9437184"]
    assert state.names("state") == []


def test_what_came_between_the_look_and_the_upload_stays(line: Line, gcs_bucket: str, tmp_path: Path) -> None:
    """What fake-gcs-server by itself would overwrite: the line has the precondition hold."""

    def another_comes_first(exchange: Exchange) -> None:
        gcs.gcs_objects(gcs_bucket).put(f"{gcs_bucket.removeprefix('gs://')}/data-1.tar.gz", b"theirs", None)
        assert line.misses_its_generation(exchange)
        exchange.refuse(412)

    pass_on = operator.methodcaller("forward")
    line.next_time("^PUT", pass_on, pass_on, another_comes_first)
    kept = keep(keeper_at(gcs_bucket), "data-1.tar.gz", file_of(tmp_path, LARGE))
    assert content_of(f"{gcs_bucket}/data-1.tar.gz") == b"theirs"
    assert kept.uri != f"{gcs_bucket}/data-1.tar.gz"
    assert content_of(kept.uri) == LARGE


def test_a_bucket_that_is_not_there_or_refuses_is_told(
    line: Line, gcs_bucket: str, tmp_path: Path, impatient: None
) -> None:
    with pytest.raises(ConfigError, match="there is no such bucket"):
        keep(keeper_at("gs://nobodys-bucket-at-all"), "a", file_of(tmp_path, SMALL))
    line.next_time("uploadType", lambda exchange: exchange.refuse(503), *[lambda exchange: exchange.refuse(503)] * 500)
    with pytest.raises(RetriableSourceError):
        keep(keeper_at(gcs_bucket), "a", file_of(tmp_path, SMALL))


def test_one_who_has_both_names_is_a_conflict(keeper: Keeper, tmp_path: Path) -> None:
    ours, theirs = file_of(tmp_path, SMALL, "ours"), file_of(tmp_path, LARGE, "theirs")
    keep(keeper, "a", theirs)
    hashed = keep(keeper, "a", ours).uri.rpartition("/")[2]
    keep(keeper, "b", theirs)
    keep(keeper, hashed.replace("a", "b", 1), theirs)
    with pytest.raises(StorageConflictError):
        keep(keeper, "b", ours)


def test_a_place_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot keep files"):
        keeper_at("memory://x/y")
