import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.cache_folder import cache_folder
from pipeline_lib.config import Project, load_project
from pipeline_lib.errors import ConfigError
from pipeline_lib.stages.uuid_table import create_project_uuid_table, open_project_uuid_table


@pytest.fixture
def project_with(demo: Path, change: Callable[..., None]) -> Callable[[object], Project]:
    """The demo project with a uuid table of the test's own."""

    def make(table: object) -> Project:
        change(UUIDTable=table)
        return load_project(demo)

    return make


@pytest.fixture
def on_firestore(
    project_with: Callable[[object], Project], demo: Path, firestore_project: str, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project whose table is on the emulator, with a cache of the test's own."""
    monkeypatch.setenv("PIPELINE_CACHE_DIR", str(demo.parent / "cache"))
    (demo.parent / "key.json").write_text(json.dumps({"type": "service_account", "project_id": firestore_project}))
    return project_with({"FirebaseCredentialsFileURL": "key.json", "TableName": "water", "UuidPrefix": "avf-test-"})


@pytest.mark.parametrize("written", ["tables of/uuids.sqlite", "{folder}/uuids.sqlite", "file://{folder}/a%20b.sqlite"])
def test_a_sqlite_file_is_found_from_the_configs_folder(
    project_with: Callable[[object], Project], demo: Path, written: str
) -> None:
    project = project_with({"SQLiteFile": written.format(folder=demo.parent), "TableName": "water"})
    with pytest.raises(ConfigError, match="there is no such uuid table file"):
        open_project_uuid_table(project)
    stored = create_project_uuid_table(project).uuids(["1"])
    assert open_project_uuid_table(project).known(["1"]) == stored
    assert len(list(demo.parent.rglob("*.sqlite"))) == 1


@pytest.mark.parametrize("written", ["gs://bucket/uuids.sqlite", "memory://uuids.sqlite"])
def test_a_sqlite_file_lies_on_a_local_disk(project_with: Callable[[object], Project], written: str) -> None:
    project = project_with({"SQLiteFile": written, "TableName": "water"})
    with pytest.raises(ConfigError) as caught:
        open_project_uuid_table(project)
    scheme = written.partition(":")[0]
    assert str(caught.value) == (
        f"pipeline.json: UUIDTable.SQLiteFile: {scheme}:// is no local disk; write a path, or use Firestore"
    )


def test_a_table_on_firestore_is_made_once_and_answers_from_the_cache(on_firestore: Project) -> None:
    with pytest.raises(ConfigError, match='uuid table "water": does not exist in the Firebase project'):
        open_project_uuid_table(on_firestore)
    create_project_uuid_table(on_firestore)
    with pytest.raises(ConfigError, match="exists already"):
        create_project_uuid_table(on_firestore)
    stored = open_project_uuid_table(on_firestore).uuids(["1", "2"])
    assert all(uuid.startswith("avf-test-") for uuid in stored.values())
    again = open_project_uuid_table(on_firestore)
    assert again.uuids(["2", "1"]) == stored
    assert (again.costs.read_count, again.costs.cached_count) == (1, 2)


def test_a_short_secret_of_the_cache_is_refused(on_firestore: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    create_project_uuid_table(on_firestore)
    monkeypatch.setenv("PIPELINE_UUID_CACHE_SECRET", "hunter2")
    with pytest.raises(ConfigError, match="shorter than 32 characters") as caught:
        open_project_uuid_table(on_firestore)
    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize("make", [open_project_uuid_table, create_project_uuid_table])
def test_a_project_without_a_table_is_told_to_add_one(
    project_with: Callable[[object], Project], make: Callable[[Project], object]
) -> None:
    project = project_with(None)
    with pytest.raises(ConfigError) as caught:
        make(project)
    assert str(caught.value) == (
        "pipeline.json: UUIDTable: is missing: who is who is kept there; "
        'add one, such as {"SQLiteFile": "uuids.sqlite", "TableName": "…"}'
    )


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        ({"PIPELINE_CACHE_DIR": "/srv/cache", "XDG_CACHE_HOME": "/x"}, "/srv/cache"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/home/halima"}, "/x/pipeline-lib"),
        ({"HOME": "/home/halima"}, "/home/halima/.cache/pipeline-lib"),
    ],
)
def test_the_cache_lies_where_settings_or_the_users_folder_say(
    settings: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIPELINE_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder)


def test_the_secret_of_the_cache_may_stand_in_a_file(
    on_firestore: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_project_uuid_table(on_firestore)
    secret = tmp_path / "uuid_cache_secret"
    monkeypatch.setenv("PIPELINE_UUID_CACHE_SECRET_FILE", str(secret))
    with pytest.raises(ConfigError, match="uuid_cache_secret: cannot be read: FileNotFoundError"):
        open_project_uuid_table(on_firestore)
    secret.write_text("\n")
    with pytest.raises(ConfigError, match="uuid_cache_secret: is empty"):
        open_project_uuid_table(on_firestore)
    secret.write_text("hunter2\n")
    with pytest.raises(ConfigError, match="shorter than 32 characters"):
        open_project_uuid_table(on_firestore)
    secret.write_text("a" * 32 + "\n")
    open_project_uuid_table(on_firestore)
