"""Writers that are killed in the middle of an upload: what was published stays whole, what they left is cleared."""

import signal
import threading

import pytest

from pipeline_lib.storage import Storage, storage_at
from tests.cloud_storage_line import Exchange, Line, objects_of
from tests.forked_commands import forked_program

FOLDER = """
with storage.publish_folder("Outputs") as folder:
    (folder / "messages.csv").write_bytes(b"new" * {thirds})
"""
FILE = """
with storage.publish_file("Raw Data/show.jsonl") as path:
    path.write_bytes(b"new" * {thirds})
"""
DOCUMENT = """
storage.replace("watermark", b"new" * {thirds}, expected=storage.read_versioned("watermark"))
"""


@pytest.fixture
def storage(line: Line, gcs_bucket: str) -> Storage:
    """With a folder, a file and a document that were published before."""
    storage = storage_at(f"{gcs_bucket}/demo")
    with storage.publish_folder("Outputs") as folder:
        (folder / "messages.csv").write_text("old")
    with storage.publish_file("Raw Data/show.jsonl") as path:
        path.write_text("old")
    storage.create("watermark", b"old")
    return storage


def kill_in(line: Line, where: str, storage: Storage, program: str, *, answered: bool) -> None:
    """Run a program and kill it where it waits for the answer to one of its requests."""
    reached, gone = threading.Event(), threading.Event()

    def wait(exchange: Exchange) -> None:
        if answered:
            exchange.forward()
        reached.set()
        gone.wait(timeout=600)
        exchange.gets_through = -1

    line.next_time(where, wait)
    code = f"from pipeline_lib.storage import storage_at\nstorage = storage_at({storage.uri!r})\n{program}"
    with forked_program(code) as running:
        try:
            assert reached.wait(timeout=600)
        finally:
            running.kill()
            gone.set()
        assert running.wait() == -signal.SIGKILL


SMALL, BIG = 1000, 12 * 2**20  # thirds of a file: in one request, and in two chunks
ONE_REQUEST = "^POST /upload/.*uploadType=multipart"
SESSION = "^POST /upload/.*uploadType=resumable"
CHUNK = "^PUT /upload/"


@pytest.mark.parametrize(
    ("thirds", "where", "answered"), [(SMALL, ONE_REQUEST, True), (BIG, SESSION, True), (BIG, CHUNK, False)]
)
def test_a_folder_whose_upload_is_killed_stays_as_it_was(
    line: Line, storage: Storage, thirds: int, where: str, answered: bool
) -> None:
    kill_in(line, where, storage, FOLDER.format(thirds=thirds), answered=answered)
    assert storage.names("") == ["Outputs/messages.csv", "Raw Data/show.jsonl", "watermark"]
    assert storage.read("Outputs/messages.csv") == b"old"
    with storage.publish_folder("Outputs") as folder:
        (folder / "messages.csv").write_text("newest")
    held = objects_of(storage).found(f"{storage.uri.removeprefix('gs://')}/Outputs")
    assert len(held) == 3  # the pointer, the current version and the one before it
    assert storage.read("Outputs/messages.csv") == b"newest"


@pytest.mark.parametrize(
    ("program", "thirds", "where"), [(FILE, BIG, CHUNK), (FILE, SMALL, ONE_REQUEST), (DOCUMENT, SMALL, ONE_REQUEST)]
)
def test_a_file_or_document_whose_upload_is_killed_stays_as_it_was(
    line: Line, storage: Storage, program: str, thirds: int, where: str
) -> None:
    kill_in(line, where, storage, program.format(thirds=thirds), answered=False)
    assert storage.names("") == ["Outputs/messages.csv", "Raw Data/show.jsonl", "watermark"]
    assert [storage.read(name) for name in storage.names("")] == [b"old"] * 3
    with storage.publish_file("Raw Data/show.jsonl") as path:
        path.write_text("newest")
    assert storage.read("Raw Data/show.jsonl") == b"newest"


def test_a_folder_whose_publisher_is_killed_before_it_learns_of_it_is_published_whole(
    line: Line, storage: Storage
) -> None:
    line.next_time(ONE_REQUEST, lambda exchange: exchange.forward())  # its file; then comes the pointer
    kill_in(line, ONE_REQUEST, storage, FOLDER.format(thirds=SMALL), answered=True)
    assert storage.read("Outputs/messages.csv") == b"new" * SMALL
