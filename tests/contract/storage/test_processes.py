"""Other processes on one storage: killed writers leave nothing to see or to wait for, and no update is lost.

`memory://` has no other processes.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.storage.leases import scratch_folder
from tests.forked_commands import ForkedProgram, forked_program


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "demo"


@pytest.fixture
def on_disk(root: Path) -> Storage:
    return storage_at(root.as_uri())


@pytest.fixture(params=["file", "gs"])
def storage(request: pytest.FixtureRequest) -> Storage:
    if request.param == "file":
        return request.getfixturevalue("on_disk")
    return storage_at(f"{request.getfixturevalue('gcs_bucket')}/demo")


@contextmanager
def process(storage: Storage, program: str) -> Iterator[ForkedProgram]:
    """A process that runs a program with `storage` opened; killed at the latest when the test is done with it."""
    opened = f"import sys\nfrom pipeline_lib.storage import storage_at\nstorage = storage_at({storage.uri!r})\n"
    with forked_program(opened + program) as running:
        yield running


PUBLISH_HALF = """
with storage.publish_folder("Outputs") as folder:
    (folder / "messages.csv").write_text("half")
    print(folder.name, flush=True)
    sys.stdin.read()
"""


PUBLISH_FOR_EVER = """
for turn in range(100_000):
    with storage.publish_folder("Outputs") as folder:
        for file in range(10):
            (folder / str(file)).write_text(str(turn))
    print(turn, flush=True)
"""


def test_a_writer_killed_in_the_middle_leaves_the_last_complete_folder(storage: Storage) -> None:
    with storage.publish_folder("Outputs") as folder:
        (folder / "messages.csv").write_text("old")

    with process(storage, PUBLISH_HALF) as killed:
        killed.line()
    assert storage.names("") == ["Outputs/messages.csv"]
    assert storage.read("Outputs/messages.csv") == b"old"


def test_a_killed_writer_is_in_nobodys_way_and_the_next_clears_up(on_disk: Storage, root: Path) -> None:
    with process(on_disk, PUBLISH_HALF) as killed:
        left_over = killed.line()
    assert (root / ".versions" / left_over / "messages.csv").read_text() == "half"
    assert not on_disk.exists("Outputs")

    with on_disk.publish_folder("Outputs") as folder:
        (folder / "messages.csv").write_text("new")

    assert not (root / ".versions" / left_over).exists()
    assert [path.name for path in (root / ".versions").iterdir()] == [(root / "Outputs").readlink().name]


def test_what_a_live_writer_has_in_progress_is_not_cleared(on_disk: Storage, root: Path) -> None:
    with process(on_disk, PUBLISH_HALF) as alive:
        in_progress = alive.line()
        on_disk.create("another", b"")
        for turn in range(3):
            with on_disk.publish_folder("Outputs") as folder:
                (folder / "messages.csv").write_text(str(turn))
        assert (root / ".versions" / in_progress / "messages.csv").read_text() == "half"


def test_a_killed_reader_is_in_nobodys_way(on_disk: Storage, root: Path) -> None:
    on_disk.create("Raw Data/a.jsonl", b"old")
    reading = 'with storage.local_file("Raw Data/a.jsonl") as path:\n    print(path, flush=True)\n    sys.stdin.read()'
    with process(on_disk, reading) as killed:
        left_over = Path(killed.line())
    assert left_over.read_bytes() == b"old"

    with on_disk.publish_file("Raw Data/a.jsonl") as path:
        path.write_text("new")
    assert not left_over.exists()
    assert on_disk.names("") == ["Raw Data/a.jsonl"]


def test_what_killed_writers_left_of_names_that_never_come_again_goes_with_the_next_write(
    on_disk: Storage, root: Path
) -> None:
    writing = 'with storage.publish_file("segments/{0}.jsonl") as path:\n    path.write_text("half")\n'
    waiting = "    print(path, flush=True)\n    sys.stdin.read()"
    left_over = []
    with ExitStack() as killed:
        for number in range(4):
            running = killed.enter_context(process(on_disk, writing.format(number) + waiting))
            left_over.append(Path(running.line()))
    assert [path.read_text() for path in left_over] == ["half"] * 4

    on_disk.create("segments/another.jsonl", b"whole")
    assert list((root / "segments" / ".versions").iterdir()) == []
    assert on_disk.names("") == ["segments/another.jsonl"]


def test_a_killed_readers_link_goes_with_the_next_reader_of_any_file_there(on_disk: Storage, root: Path) -> None:
    for name in ("a", "b"):
        on_disk.create(f"Raw Data/{name}.jsonl", name.encode())
    reading = 'with storage.local_file("Raw Data/a.jsonl") as path:\n    print(path, flush=True)\n    sys.stdin.read()'
    with process(on_disk, reading) as alive:
        link = Path(alive.line())
        (root / "Raw Data/a.jsonl").unlink()  # somebody deletes what they have said
        with on_disk.local_file("Raw Data/b.jsonl"):
            assert link.read_text() == "a"
    with on_disk.local_file("Raw Data/b.jsonl"):
        assert not link.exists()


KILLED_BEFORE_ITS_LINK = """
import os, signal
sys.addaudithook(lambda event, args: os.kill(os.getpid(), signal.SIGKILL) if event == "os.symlink" else None)
with storage.publish_folder("Once") as folder:
    (folder / "messages.csv").write_text("never seen")
"""


@pytest.mark.parametrize("is_published", [False, True])
def test_a_version_whose_writer_was_killed_before_it_became_current_goes_with_the_next_of_any_name(
    on_disk: Storage, root: Path, is_published: bool
) -> None:
    for turn in ("before", "current") if is_published else ():
        with on_disk.publish_folder("Once") as folder:
            (folder / "messages.csv").write_text(turn)
    with process(on_disk, KILLED_BEFORE_ITS_LINK) as killed:
        assert killed.wait() == -signal.SIGKILL
    texts = {path.read_text() for path in (root / ".versions").glob("Once-*/messages.csv")}
    assert "never seen" in texts

    on_disk.create("another", b"")
    left = {path.read_text() for path in (root / ".versions").glob("Once-*/messages.csv")}
    assert left == ({"before", "current"} if is_published else set())
    assert on_disk.exists("Once") is is_published


def test_a_killed_processs_scratch_folder_goes_with_the_next_and_a_living_ones_stays(
    on_disk: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "tmp").mkdir()
    scratch = """
from pipeline_lib.storage.leases import scratch_folder
with scratch_folder() as folder:
    (folder / "copy.jsonl").write_text("a text")
    print(folder, flush=True)
    sys.stdin.read()
"""
    with process(on_disk, scratch) as alive:
        living = Path(alive.line())
        with process(on_disk, scratch) as killed:
            left_over = Path(killed.line())
        assert (left_over / "copy.jsonl").read_text() == "a text"
        with scratch_folder() as folder:
            assert folder.parent == left_over.parent
            assert (folder.parent.stat().st_mode & 0o777, list(folder.iterdir())) == (0o700, [])
            assert not left_over.exists()
            assert (living / "copy.jsonl").read_text() == "a text"
        assert not folder.exists()


def test_a_scratch_folder_is_never_made_where_others_can_look_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home = tmp_path / f"pipeline-lib-{os.getuid()}"
    home.mkdir()
    home.chmod(0o777)
    with scratch_folder() as folder:
        assert home not in folder.parents
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


@pytest.mark.parametrize("turns", [1, 3, 20])
def test_a_writer_killed_at_any_moment_leaves_a_whole_folder(storage: Storage, turns: int) -> None:
    with process(storage, PUBLISH_FOR_EVER) as killed:
        said = [int(killed.line()) for _ in range(turns)]

    texts = {storage.read(name) for name in storage.names("Outputs")}
    assert len(storage.names("Outputs")) == 10
    assert len(texts) == 1
    assert int(texts.pop()) >= said[-1]


def test_readers_see_one_version_whole_while_others_are_published(storage: Storage) -> None:
    with process(storage, PUBLISH_FOR_EVER) as writing:
        writing.line()
        for _ in range(30):
            assert len(storage.names("")) == 10
            with storage.local_folder("Outputs") as folder:
                assert len({path.read_text() for path in folder.iterdir()}) == 1


def test_concurrent_processes_lose_no_update_when_they_retry(storage: Storage) -> None:
    program = """
from pipeline_lib.errors import StorageConflictError
for _ in range(20):
    for _attempt in range(10_000):
        before = storage.read_versioned("state/count")
        try:
            storage.replace("state/count", str(int(before.content) + 1 if before else 1).encode(), expected=before)
        except StorageConflictError:
            continue
        break
"""
    with process(storage, program) as first, process(storage, program) as second, process(storage, program) as third:
        assert [running.wait() for running in (first, second, third)] == [0, 0, 0]
    assert storage.read("state/count") == b"60"


SLOW_FILE = """
with storage.publish_file("Raw Data/a.jsonl") as path:
    path.write_text("slow")
    print("began", flush=True)
    sys.stdin.read()
"""


SLOW_DOCUMENT = """
before = storage.read_versioned("state/a.json")
print("began", flush=True)
sys.stdin.read()
storage.replace("state/a.json", b"slow", expected=before)
"""


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (PUBLISH_HALF, "Outputs/messages.csv"),
        (SLOW_FILE, "Raw Data/a.jsonl"),
        (SLOW_DOCUMENT, "state/a.json"),
    ],
    ids=["folder", "file", "document"],
)
def test_of_two_processes_that_write_the_same_the_quicker_ones_stays_and_the_other_is_told(
    storage: Storage, program: str, name: str
) -> None:
    start = "from pipeline_lib.errors import StorageConflictError\ntry:\n"
    with process(storage, start + indented(program) + TOLD) as slow:
        slow.line()
        if program is PUBLISH_HALF:
            with storage.publish_folder("Outputs") as folder:
                (folder / "messages.csv").write_text("quick")
        else:
            storage.create(name, b"quick")
        slow.stdin.close()
        assert slow.line() == "told"
        assert slow.wait() == 0

    assert storage.read(name) == b"quick"


TOLD = "except StorageConflictError:\n    print('told')\n"


def indented(program: str) -> str:
    return "".join(f"    {each}\n" for each in program.splitlines())
