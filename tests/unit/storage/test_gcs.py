"""Cloud Storage over a line that breaks, loses and damages."""

import gzip
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.cloud.storage import Client

from pipeline_lib.errors import RetriableSourceError, StorageConflictError
from pipeline_lib.storage import MissingArtifactError, Storage, storage_at
from tests.cloud_storage_line import Exchange, Line, objects_of

Fault = Callable[[Any], None]

UPLOAD = "^POST /upload/.*uploadType=multipart"
SESSION = "^POST /upload/.*uploadType=resumable"
CHUNK = "^PUT /upload/"
DOWNLOAD = "^GET /download/"
LOOK = r"^GET /storage/v1/b/[^/]+/o/"
LIST = r"^GET /storage/v1/b/[^/]+/o\?"
REMOVE = "^DELETE /"
BIG = bytes(range(1, 256)) * 37_009  # 9 MiB: three chunks

pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)
"""Of connections that Google's client leaves open when a download is refused."""


@pytest.fixture
def storage(line: Line, gcs_bucket: str) -> Storage:
    return storage_at(f"{gcs_bucket}/demo")


def through(exchange: Exchange) -> None:
    exchange.forward()


def lose_the_request(exchange: Exchange) -> None:
    exchange.gets_through = -1


def lose_the_answer(exchange: Exchange) -> None:
    exchange.forward()
    exchange.gets_through = -1


def answer(status: int, **error: object) -> Fault:
    body = json.dumps({"error": {"code": status, "message": "secret words", **error}}).encode()
    return lambda exchange: exchange.refuse(status, body)


def break_off_after(size: int) -> Fault:
    def cut(exchange: Exchange) -> None:
        exchange.forward()
        exchange.gets_through = size

    return cut


def damage(exchange: Exchange) -> None:
    exchange.forward()
    exchange.answer = b"\0" + exchange.answer[1:]  # no content here has a zero byte


def meanwhile(do: Callable[[], None], fault: Fault) -> Fault:
    def faulty(exchange: Exchange) -> None:
        fault(exchange)
        do()

    return faulty


def others(gcs_url: str, gcs_bucket: str) -> Any:
    """The bucket as somebody sees it whose line is whole and who does not use our code."""
    client = Client(project=None, client_options={"api_endpoint": gcs_url}, use_auth_w_custom_endpoint=False)
    return client.bucket(gcs_bucket.removeprefix("gs://"))


def carried(error: BaseException | None) -> str:
    """All that whoever logs an error could print."""
    return "" if error is None else f"{error!r} {error} {carried(error.__cause__)} {carried(error.__context__)}"


def test_a_write_whose_answer_is_lost_is_sent_again_and_is_no_conflict(line: Line, storage: Storage) -> None:
    line.next_time(UPLOAD, lose_the_answer)
    storage.create("state/watermark", b"1")
    line.next_time(UPLOAD, lose_the_answer, lose_the_request)
    storage.replace("state/watermark", b"2", expected=storage.read_versioned("state/watermark"))
    assert storage.read("state/watermark") == b"2"


def test_a_big_write_whose_last_answer_is_lost_is_no_conflict(line: Line, storage: Storage) -> None:
    line.next_time(CHUNK, through, lose_the_request, through, lose_the_answer)
    storage.create("big", BIG)
    assert storage.read("big") == BIG


def test_a_big_write_that_lost_its_place_is_worth_another_try(line: Line, storage: Storage) -> None:
    def keep_half(exchange: Exchange) -> None:
        exchange.refuse(308)
        exchange.answer_headers["Range"] = "bytes=0-1048575"

    line.next_time(CHUNK, keep_half)
    with pytest.raises(RetriableSourceError, match="demo/big: Google Cloud Storage does not answer; try again later"):
        storage.create("big", BIG)
    storage.create("big", BIG)
    assert storage.read("big") == BIG


def test_a_write_that_another_replaced_before_its_answer_was_missed_is_a_conflict(
    line: Line, storage: Storage, gcs_url: str, gcs_bucket: str
) -> None:
    blob = others(gcs_url, gcs_bucket).blob("demo/state/watermark")
    line.next_time(UPLOAD, meanwhile(lambda: blob.upload_from_string(b"theirs"), lose_the_answer))
    with pytest.raises(StorageConflictError):
        storage.create("state/watermark", b"ours")
    assert storage.read("state/watermark") == b"theirs"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_by_itself_is_asked_again(line: Line, storage: Storage, status: int) -> None:
    for where in (UPLOAD, LOOK, DOWNLOAD, LIST, REMOVE):
        line.next_time(where, answer(status), answer(status))
    storage.create("a", b"1")
    assert storage.exists("a")
    assert storage.read("a") == b"1"
    assert storage.names("") == ["a"]
    storage.remove("a")
    assert not storage.exists("a")
    assert not line.faults


def test_a_removal_whose_answer_is_lost_is_sent_again_and_is_no_error(line: Line, storage: Storage) -> None:
    storage.create("a", b"1")
    line.next_time(REMOVE, lose_the_answer, lose_the_request)
    storage.remove("a")
    assert not storage.exists("a")


def test_a_listing_of_several_pages_is_whole(line: Line, storage: Storage) -> None:
    def one_a_page(exchange: Exchange) -> None:
        exchange.path += "&maxResults=1"
        exchange.forward()

    for name in ("a", "b", "c/d"):
        storage.create(name, b"1")
    line.next_time(LIST, *[one_a_page] * 3)
    assert storage.names("") == ["a", "b", "c/d"]
    assert not line.faults


def test_a_download_that_breaks_off_goes_on_where_it_was(line: Line, storage: Storage) -> None:
    storage.create("big", BIG)
    line.next_time(DOWNLOAD, break_off_after(1_000_000), break_off_after(2_000_000))
    with storage.local_file("big") as file:
        assert file.read_bytes() == BIG
    ranges = [exchange.headers.get("Range") for exchange in line.seen if exchange.path.startswith("/download/")]
    assert len(ranges) == 3
    assert ranges[0] is None
    assert None not in ranges[1:]


def test_a_download_that_goes_on_with_other_bytes_is_noticed(line: Line, storage: Storage) -> None:
    storage.create("big", BIG)
    line.next_time(DOWNLOAD, break_off_after(1_000_000), damage)
    with pytest.raises(RetriableSourceError, match="was damaged in transit"), storage.local_file("big"):
        pass


def test_what_is_replaced_while_a_broken_download_goes_on_is_a_conflict(
    line: Line, storage: Storage, gcs_url: str, gcs_bucket: str
) -> None:
    storage.create("big", BIG)
    blob = others(gcs_url, gcs_bucket).blob("demo/big")
    replaced = meanwhile(lambda: blob.upload_from_string(b"theirs"), break_off_after(1_000_000))
    line.next_time(DOWNLOAD, replaced, answer(404))
    with pytest.raises(StorageConflictError), storage.local_file("big"):
        pass


@pytest.mark.usefixtures("impatient")
def test_a_line_that_stays_broken_is_told_with_the_uri(line: Line, storage: Storage) -> None:
    line.next_time("", *[lose_the_request] * 100_000)
    with pytest.raises(RetriableSourceError) as raised:
        storage.read("state/watermark")
    assert str(raised.value) == (
        f"{storage.uri}/state/watermark: Google Cloud Storage does not answer; try again later"
    )


@pytest.mark.usefixtures("impatient")
def test_a_big_write_over_a_line_that_stays_broken_does_not_tell_where_others_could_go_on_with_it(
    line: Line, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    line.next_time(CHUNK, through, *[lose_the_request] * 100_000)
    with pytest.raises(RetriableSourceError) as raised:
        storage.create("big", BIG)
    assert line.sessions
    assert not any(session in carried(raised.value) + caplog.text for session in line.sessions)
    line.faults.clear()
    assert storage.names("") == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [429, 503])
def test_an_error_that_does_not_pass_is_told_with_the_uri(line: Line, storage: Storage, status: int) -> None:
    line.next_time("", *[answer(status)] * 100_000)
    objects = objects_of(storage)
    for do in (
        lambda: storage.read("a"),
        lambda: storage.exists("a"),
        lambda: objects.put("b/a", b"", None),
        lambda: objects.found("b/a"),
        lambda: objects.remove("b/a"),
    ):
        with pytest.raises(
            RetriableSourceError, match=rf"a: Google Cloud Storage answers with an error \({status}\); tr"
        ):
            do()


@pytest.mark.usefixtures("impatient")
def test_nobody_there_is_told_with_the_uri(gcs_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    with pytest.raises(RetriableSourceError, match=r"demo/a: Google Cloud Storage does not answer; try again later"):
        storage_at(f"{gcs_bucket}/demo").read("a")


def test_a_damaged_download_is_noticed(line: Line, storage: Storage) -> None:
    storage.create("a", b"content")
    line.next_time(DOWNLOAD, damage)
    with pytest.raises(RetriableSourceError, match=r"demo/a: was damaged in transit"):
        storage.read("a")
    assert storage.read("a") == b"content"


@pytest.mark.parametrize("content", [b"content", BIG], ids=["small", "big"])
def test_a_damaged_upload_is_noticed_and_does_not_stay(line: Line, storage: Storage, content: bytes) -> None:
    def damage_the_end(exchange: Exchange) -> None:
        exchange.body = exchange.body.replace(content[-7:], b"other!!")
        exchange.forward()

    line.next_time(UPLOAD if len(content) < 100 else f"{CHUNK}", *[damage_the_end] * 3)
    with pytest.raises(RetriableSourceError, match=r"demo/a: was damaged in transit"):
        storage.create("a", content)
    assert storage.names("") == []
    (removed,) = [exchange for exchange in line.seen if exchange.method == "DELETE"]
    assert removed.query["ifGenerationMatch"] != "0"  # nobody else's


def test_a_damaged_upload_that_google_refuses_is_worth_another_try(line: Line, storage: Storage) -> None:
    words = 'Provided CRC32C "AAAAAA==" doesn\'t match calculated CRC32C "mnG7TA==".'
    line.next_time(UPLOAD, answer(400, message=words, errors=[{"reason": "invalid", "message": words}]))
    with pytest.raises(RetriableSourceError, match="was damaged in transit"):
        storage.create("a", b"content")


@pytest.mark.parametrize(("content", "sent"), [(b"content", UPLOAD), (BIG, SESSION)], ids=["small", "big"])
def test_every_upload_tells_google_its_checksum(
    line: Line, storage: Storage, gcs_url: str, gcs_bucket: str, content: bytes, sent: str
) -> None:
    storage.create("a", content)
    (told,) = [exchange.body for exchange in line.seen if re.search(sent, f"{exchange.method} {exchange.path}")]
    held = others(gcs_url, gcs_bucket).get_blob("demo/a")
    assert f'"crc32c": "{held.crc32c}"'.encode() in told


@pytest.mark.parametrize("content", [b"", b"x" * 8 * 2**20, BIG], ids=["nothing", "8 MiB", "9 MiB"])
def test_any_size_goes_and_comes(line: Line, storage: Storage, tmp_path: Path, content: bytes) -> None:
    with storage.publish_file("a") as path:
        path.write_bytes(content)
    assert storage.read("a") == content
    with storage.local_file("a") as file:
        assert file.read_bytes() == content
    sent = [exchange.headers["Content-Range"] for exchange in line.seen if exchange.method == "PUT"]
    assert len(sent) == (3 if content == BIG else 0)


def test_of_two_who_write_a_big_file_at_once_the_first_stays(line: Line, storage: Storage) -> None:
    storage.create("big", b"old")
    before = storage.read_versioned("big")
    quicker = meanwhile(lambda: storage.replace("big", b"theirs", expected=before), through)
    line.next_time(CHUNK, quicker)
    with pytest.raises(StorageConflictError):
        storage.replace("big", BIG, expected=before)
    assert storage.read("big") == b"theirs"
    with pytest.raises(StorageConflictError):
        storage.replace("big", BIG, expected=before)
    assert sum(exchange.method == "PUT" for exchange in line.seen) == 3  # the second try ends where it begins


def test_a_fingerprint_costs_no_download(line: Line, storage: Storage, gcs_url: str, gcs_bucket: str) -> None:
    storage.create("ours", b"1")
    others(gcs_url, gcs_bucket).blob("demo/theirs").upload_from_string(b"1")
    assert storage.fingerprint("ours") == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    assert storage.fingerprint("theirs") == "md5:c4ca4238a0b923820dcc509a6f75849b"
    others(gcs_url, gcs_bucket).blob("demo/theirs").upload_from_string(b"2")
    assert storage.fingerprint("theirs") == "md5:c81e728d9d4c2f636f067f89cc14862c"
    others(gcs_url, gcs_bucket).blob("demo/ours").upload_from_string(b"1")
    assert storage.fingerprint("ours") == "md5:c4ca4238a0b923820dcc509a6f75849b"
    assert not [exchange for exchange in line.seen if exchange.path.startswith("/download/")]


def test_the_fingerprint_of_what_google_knows_no_md5_of_is_that_of_its_content(
    line: Line, storage: Storage, gcs_url: str, gcs_bucket: str
) -> None:
    def without_md5(exchange: Exchange) -> None:
        exchange.forward()
        exchange.answer = exchange.answer.replace(b'"md5Hash"', b'"noHash"')

    others(gcs_url, gcs_bucket).blob("demo/composed").upload_from_string(b"1")
    line.next_time(LOOK, without_md5)
    assert storage.fingerprint("composed") == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"


def test_a_folder_that_somebody_made_by_hand_is_no_file(storage: Storage, gcs_url: str, gcs_bucket: str) -> None:
    bucket = others(gcs_url, gcs_bucket)
    bucket.blob("demo/").upload_from_string(b"")
    bucket.blob("demo/labels/").upload_from_string(b"")
    assert not storage.exists("labels")
    bucket.blob("demo/labels/s01e01.json").upload_from_string(b"[]")
    assert storage.names("") == ["labels/s01e01.json"]
    with storage.local_folder("labels") as folder:
        assert [path.name for path in folder.iterdir()] == ["s01e01.json"]


def test_what_google_keeps_compressed_is_read_as_it_was(storage: Storage, gcs_url: str, gcs_bucket: str) -> None:
    blob = others(gcs_url, gcs_bucket).blob("demo/a.csv")
    blob.content_encoding = "gzip"
    blob.upload_from_string(gzip.compress(b"Sender,Message\n" * 1000, mtime=0))
    assert storage.read("a.csv") == b"Sender,Message\n" * 1000


def test_nothing_is_asked_that_need_not_be(line: Line, storage: Storage) -> None:
    storage.create("state/a", b"1")
    storage.read("state/a")
    with pytest.raises(MissingArtifactError):
        storage.read("state/b")
    asked = [f"{exchange.method} {exchange.path.split('?')[0].rsplit('/', 1)[-1]}" for exchange in line.seen]
    assert asked == [
        "GET demo%2Fstate%2F.current.json",
        "GET o",  # whether there is the bucket, once
        "POST o",
        "GET demo%2Fstate%2Fa",
        "GET demo%2Fstate%2Fb",
        "GET demo%2Fstate%2Fb%2F.current.json",
        "GET demo%2Fstate%2F.current.json",
    ]
