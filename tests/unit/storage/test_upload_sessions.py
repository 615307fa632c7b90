"""Uploads in pieces: what is there is not sent again, by whichever process, and a session's address stays secret."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.errors import RetriableSourceError, SourceError
from pipeline_lib.storage import Located, Storage, storage_at
from pipeline_lib.storage.gcs import GcsObjects, gcs_objects
from pipeline_lib.storage.upload_sessions import RememberedSession
from tests.cloud_storage_line import Exchange, Line

BIG = bytes(range(1, 256)) * 37_009  # 9 MiB: three pieces of 4 MiB
FIRST, SECOND, LAST = "bytes 0-4194303/9437295", "bytes 4194304-8388607/9437295", "bytes 8388608-9437294/9437295"
ASKED = "bytes */9437295"
PIECE = "^PUT /upload/"
SESSION = "^POST /upload/.*uploadType=resumable"
Put = Callable[[], None]

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def state(tmp_path: Path) -> Storage:
    return storage_at((tmp_path / "project").as_uri())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "big").write_bytes(BIG)
    return tmp_path / "big"


@pytest.fixture
def objects(line: Line, gcs_bucket: str) -> GcsObjects:
    return gcs_objects(gcs_bucket)


@pytest.fixture
def put(objects: GcsObjects, gcs_bucket: str, state: Storage, file: Path) -> Put:
    """Uploads the file, as each process would that is asked to."""
    path = f"{gcs_bucket.removeprefix('gs://')}/a"
    session = RememberedSession(Located(state, "state/uploads/a.json"), f"{gcs_bucket}/a", "1")
    return lambda: objects.put_in_pieces(path, file, session)


def refuse(status: int) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.refuse(status)


def pass_on(exchange: Exchange) -> None:
    exchange.forward()


def lose_answer(exchange: Exchange) -> None:
    exchange.forward()
    exchange.gets_through = -1


def ranges(line: Line) -> list[str]:
    return [exchange.headers["Content-Range"] for exchange in line.seen if exchange.method == "PUT"]


def break_off(line: Line, put: Put) -> None:
    """An upload that ends for good after its first piece."""
    line.next_time(PIECE, pass_on, *[refuse(503)] * 100_000)
    with pytest.raises(RetriableSourceError, match=r"a: Google Cloud Storage answers with an error \(503\)"):
        put()
    line.faults.clear()
    line.seen.clear()


def test_a_file_goes_piece_by_piece(line: Line, put: Put, gcs_bucket: str) -> None:
    put()
    assert storage_at(gcs_bucket).read("a") == BIG
    assert ranges(line) == [FIRST, SECOND, LAST]


def test_another_process_goes_on_after_what_is_there(line: Line, put: Put, gcs_bucket: str, state: Storage) -> None:
    break_off(line, put)
    assert state.names("state") == ["state/uploads/a.json"]
    put()
    assert storage_at(gcs_bucket).read("a") == BIG
    assert ranges(line) == [ASKED, SECOND, LAST]


def test_a_file_that_is_there_whole_is_sent_no_more(line: Line, put: Put, gcs_bucket: str) -> None:
    line.next_time(PIECE, pass_on, pass_on, lose_answer, *[refuse(503)] * 100_000)
    with pytest.raises(RetriableSourceError):
        put()
    line.faults.clear()
    line.seen.clear()
    put()
    assert ranges(line) == [ASKED]
    assert storage_at(gcs_bucket).read("a") == BIG


@pytest.mark.parametrize(("fault", "again"), [(refuse(503), SECOND), (lose_answer, LAST)])
def test_a_line_that_breaks_costs_no_more_than_a_question(
    line: Line, put: Put, gcs_bucket: str, fault: Callable[[Exchange], None], again: str
) -> None:
    line.next_time(PIECE, pass_on, fault)
    put()
    sent = ranges(line)
    assert sent[:4] == [FIRST, SECOND, ASKED, again]
    assert sent[-1] == LAST
    assert storage_at(gcs_bucket).read("a") == BIG


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_session_that_is_over_is_begun_anew(line: Line, put: Put, gcs_bucket: str, status: int) -> None:
    break_off(line, put)
    line.next_time(PIECE, refuse(status))
    put()
    assert ranges(line) == [ASKED, FIRST, SECOND, LAST]
    assert storage_at(gcs_bucket).read("a") == BIG


@pytest.mark.parametrize("status", [404, 410])
def test_a_session_that_ends_on_the_way_is_begun_anew_once(line: Line, put: Put, gcs_bucket: str, status: int) -> None:
    break_off(line, put)
    line.next_time(PIECE, pass_on, refuse(status), refuse(status))
    with pytest.raises(RetriableSourceError, match="has ended the upload before it was complete; try again"):
        put()
    put()
    assert storage_at(gcs_bucket).read("a") == BIG


def test_pieces_of_which_nothing_comes_end_in_an_error(line: Line, put: Put, impatient: None) -> None:
    line.next_time(PIECE, *[refuse(308)] * 100_000)
    with pytest.raises(RetriableSourceError, match="Google Cloud Storage"):
        put()


def test_what_was_begun_of_another_file_or_for_another_place_does_not_count(
    line: Line, put: Put, objects: GcsObjects, gcs_bucket: str, state: Storage, file: Path
) -> None:
    bucket = gcs_bucket.removeprefix("gs://")
    for uri, fingerprint in ((f"{gcs_bucket}/a", "2"), (f"{gcs_bucket}/b", "1")):
        break_off(line, put)
        session = RememberedSession(Located(state, "state/uploads/a.json"), uri, fingerprint)
        assert session.read() is None
        objects.put_in_pieces(f"{bucket}/{fingerprint}", file, session)
        assert ranges(line) == [FIRST, SECOND, LAST]
        assert storage_at(gcs_bucket).read(fingerprint) == BIG


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"uri": 1}', b"null"])
def test_a_document_that_tells_nothing_is_as_none(
    line: Line, put: Put, gcs_bucket: str, state: Storage, content: bytes
) -> None:
    state.create("state/uploads/a.json", content)
    put()
    assert storage_at(gcs_bucket).read("a") == BIG


def test_what_others_have_put_there_meanwhile_stays(line: Line, put: Put, objects: GcsObjects, gcs_bucket: str) -> None:
    def another_comes_first(exchange: Exchange) -> None:
        objects.put(f"{gcs_bucket.removeprefix('gs://')}/a", b"theirs", None)
        exchange.forward()

    line.next_time(PIECE, pass_on, pass_on, another_comes_first)
    put()
    assert storage_at(gcs_bucket).read("a") == b"theirs"


def break_line(exchange: Exchange) -> None:
    exchange.gets_through = -1


@pytest.mark.parametrize("fault", [refuse(503), refuse(401), break_line])
def test_nothing_but_the_state_tells_a_sessions_address(
    line: Line, put: Put, state: Storage, caplog: pytest.LogCaptureFixture, fault: Callable[[Exchange], None]
) -> None:
    caplog.set_level(logging.DEBUG)
    line.next_time(PIECE, pass_on, *[fault] * 100_000)
    with pytest.raises(SourceError) as raised:
        put()
    (upload_id,) = line.sessions
    assert upload_id in json.loads(state.read("state/uploads/a.json"))["session"]
    assert upload_id not in f"{caplog.text}{raised.value!r}{raised.value.__context__!r}{raised.value.__cause__!r}"
