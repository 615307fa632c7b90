import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import file_stamps
from pipeline_lib.config.check import check
from pipeline_lib.orchestration import plan_cache, projects
from pipeline_lib.orchestration.projects import ProjectFolder, read_projects

MakeProject = Callable[..., Path]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The projects whose files were read and validated since."""
    made: list[str] = []

    def counted(path: Path) -> object:
        made.append(path.parent.name)
        return check(path)

    monkeypatch.setattr(projects, "check", counted)
    return made


def read(config: Path) -> ProjectFolder:
    (folder,) = [folder for folder in read_projects(config.parents[1]) if folder.config == config]
    return folder


def records(cache: Path) -> list[Path]:
    return sorted((cache / "plans").rglob("*.json"))


def test_a_look_reads_only_the_projects_that_have_changed(make_project: MakeProject, looks: list[str]) -> None:
    toy, other = make_project("toy"), make_project("other")
    first = read_projects(toy.parents[1])
    assert sorted(looks) == ["other", "toy"]  # in an order of their own, so that two processes share them
    looks.clear()
    assert read_projects(toy.parents[1]) == first
    assert looks == []
    other.write_text(json.dumps(json.loads(other.read_text()) | {"Description": "Changed."}))
    assert [folder.plan and folder.plan.description for folder in read_projects(toy.parents[1])] == [
        "Changed.",
        "Two sources, one question, every night.",
    ]
    assert looks == ["other"]


@pytest.fixture
def stamped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files and folders that were read again since, to compare them."""
    made: list[str] = []

    def told(path: Path) -> str:
        made.append(path.name)
        return file_stamps.stamp_of(path)

    monkeypatch.setattr(plan_cache, "stamp_of", told)
    return made


def test_a_file_that_has_not_changed_for_some_seconds_is_not_opened(
    make_project: MakeProject, stamped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_project("toy")
    first = read(config)
    assert read(config) == first
    assert {"pipeline.json", "code_schemes", "show.json"} <= set(stamped)  # it has only just been written
    monkeypatch.setattr(file_stamps, "_SETTLED_NS", 0)
    read(config)
    stamped.clear()
    assert read(config) == first
    assert stamped == []
    scheme = config.parent / "code_schemes/show.json"
    scheme.write_bytes(scheme.read_bytes())
    assert read(config) == first
    assert stamped == ["show.json"]
    stamped.clear()
    assert read(config) == first
    assert stamped == []
    scheme.write_text("{")
    assert read(config).plan is None


def test_what_could_not_be_read_is_tried_again_although_nothing_about_it_has_changed(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_project("toy")
    scheme = config.parent / "code_schemes/show.json"
    monkeypatch.setattr(file_stamps, "_SETTLED_NS", 0)
    with monkeypatch.context() as failing:
        failing.setattr("os.open", open_with_a_failing(scheme, os.open))
        assert read(config).plan is None
        assert read(config).plan is None
    assert read(config).plan is not None


def open_with_a_failing(file: Path, whole: Callable[..., int]) -> Callable[..., int]:
    """`os.open`, on a disk that fails under one file."""

    def opened(path: Any, *arguments: Any, **options: Any) -> int:
        if os.fspath(path) == os.fspath(file):
            raise OSError(errno.EIO, os.strerror(errno.EIO), os.fspath(path))
        return whole(path, *arguments, **options)

    return opened


def _break_scheme(config: Path) -> None:
    (config.parent / "code_schemes/show.json").write_text("{")


def _remove_scheme(config: Path) -> None:
    (config.parent / "code_schemes/show.json").unlink()


def _break_plans(config: Path) -> None:
    (config.parent / "plans/plans.json").write_text("{")


def _remove_plans(config: Path) -> None:
    (config.parent / "plans/plans.json").unlink()


def _remove_schemes(config: Path) -> None:
    shutil.rmtree(config.parent / "code_schemes")


def _break_config(config: Path) -> None:
    config.write_text("{")


@pytest.mark.parametrize(
    "change", [_break_config, _break_scheme, _remove_scheme, _remove_schemes, _break_plans, _remove_plans]
)
def test_a_change_of_any_file_is_seen_and_so_is_its_reversal(
    make_project: MakeProject, change: Callable[[Path], None]
) -> None:
    config = make_project("toy")
    written = json.loads(config.read_text())
    (config.parent / "plans").mkdir()
    plans = written["CodingPlans"] | {"CodeSchemesDir": "../code_schemes"}
    (config.parent / "plans/plans.json").write_text(json.dumps(plans))
    config.write_text(json.dumps(written | {"CodingPlans": "plans/plans.json"}))
    good = read(config)
    assert good.plan is not None
    shutil.copytree(config.parent, config.parents[2] / "kept")
    change(config)
    broken = read(config)
    assert (broken.plan, broken.last_good) == (None, good.plan)
    assert broken.problems
    assert read(config) == broken
    shutil.rmtree(config.parent)
    shutil.copytree(config.parents[2] / "kept", config.parent)
    assert read(config) == good


def test_a_scheme_that_is_added_later_is_seen(make_project: MakeProject) -> None:
    config = make_project("toy")
    scheme = config.parent / "code_schemes/show.json"
    content = scheme.read_bytes()
    scheme.unlink()
    assert read(config).plan is None
    scheme.write_bytes(content)
    assert read(config).plan is not None


@pytest.mark.parametrize("setting", ["gs://other-bucket/data", "gs://op"])
def test_the_settings_that_a_plan_depends_on_count(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    config = make_project("toy")
    monkeypatch.setenv("PIPELINE_DATA_ROOT", "gs://bucket/data")
    before = read(config)
    assert before.data_roots == ("gs://bucket/data",)
    monkeypatch.setenv("PIPELINE_DATA_ROOT", setting)
    after = read(config)
    assert after.data_roots == (("gs://other-bucket/data", "gs://bucket/data") if after.plan else ("gs://bucket/data",))
    assert (after.plan is None) is (setting == "gs://op")


def test_another_version_of_the_code_reads_again(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, looks: list[str]
) -> None:
    config = make_project("toy")
    read(config)
    monkeypatch.setattr(plan_cache, "_code", lambda: "another version")
    looks.clear()
    assert read(config).plan is not None
    assert looks == ["toy"]


def test_the_last_good_state_of_an_earlier_version_whose_plans_had_more_keys_stays(
    make_project: MakeProject, cache: Path
) -> None:
    config = make_project("toy")
    good = read(config)
    (record,) = records(cache)
    kept = json.loads(record.read_bytes())
    for plan in ("plan", "last_good"):
        kept[plan]["source_types"] = ["RecoveryCSV"]
    record.write_text(json.dumps(kept | {"made_by": "an earlier version"}))
    config.write_text("{")
    broken = read(config)
    assert broken.plan is None
    assert broken.last_good == good.plan
    assert broken.data_roots == good.data_roots


def test_the_fingerprint_covers_all_files_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_cache, "_PACKAGE", tmp_path)
    (tmp_path / "cleaners").mkdir()

    def changed(name: str, content: str) -> bool:
        before = plan_cache._code.__wrapped__()
        (tmp_path / name).write_text(content, encoding="utf-8")
        return plan_cache._code.__wrapped__() != before

    for name in ("plan.py", "cleaners/words.toml", "cleaners/places.csv"):
        assert changed(name, "1")
        assert changed(name, "2")
        assert not changed(name, "2")
    assert not changed("cleaners/notes.txt", "1")
    plain = plan_cache._code.__wrapped__()
    (tmp_path / "plan.py").rename(tmp_path / "plans.py")
    assert plan_cache._code.__wrapped__() != plain


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"config": "x"}'])
def test_a_file_that_is_no_record_is_ignored(make_project: MakeProject, cache: Path, content: bytes) -> None:
    config = make_project("toy")
    good = read(config)
    (record,) = records(cache)
    record.write_bytes(content)
    assert read(config) == good
    assert json.loads(record.read_bytes())["config"] == str(config)


def test_a_pipe_in_the_place_of_a_record_is_not_waited_for(make_project: MakeProject, cache: Path) -> None:
    config = make_project("toy")
    good = read(config)
    (record,) = records(cache)
    record.unlink()
    os.mkfifo(record)
    assert read(config) == good
    assert record.is_file()


def test_a_record_of_another_config_is_ignored(make_project: MakeProject, cache: Path) -> None:
    toy, other = make_project("toy"), make_project("other")
    read(toy)
    first, second = records(cache)
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert [folder.plan and folder.plan.pipeline_name for folder in read_projects(toy.parents[1])] == ["other", "toy"]
    assert other.is_file()


def test_two_folders_of_projects_share_a_cache_and_no_record(
    make_project: MakeProject, tmp_path: Path, cache: Path
) -> None:
    config = make_project("toy")
    shutil.copytree(config.parents[1], tmp_path / "elsewhere")
    other = tmp_path / "elsewhere/toy/pipeline.json"
    other.write_text(json.dumps(json.loads(other.read_text()) | {"Description": "Elsewhere."}))
    assert read(config).plan != read(other).plan
    other.write_text("{")
    assert read(other).last_good != read(config).last_good
    assert len(records(cache)) == 2


@contextmanager
def no_room(cache: Path) -> Iterator[None]:
    """A cache folder that nothing can be written to, whoever asks: root may write to a read-only folder."""
    cache.write_bytes(b"")
    yield
    assert cache.read_bytes() == b""


def test_where_nothing_can_be_written_projects_are_read_each_time(
    make_project: MakeProject, cache: Path, looks: list[str]
) -> None:
    config = make_project("toy")
    with no_room(cache):
        assert read(config) == read(config)
    assert looks == ["toy", "toy"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_a_read_only_cache_is_used_and_not_written(make_project: MakeProject, cache: Path, looks: list[str]) -> None:
    config = make_project("toy")
    read(config)
    for folder in (cache / "plans").glob("*"):
        folder.chmod(0o500)
    looks.clear()
    assert read(config).plan is not None
    assert looks == []
    config.write_text("{")
    assert read(config).plan is None


def test_nothing_half_written_is_left_beside_the_records(make_project: MakeProject, cache: Path) -> None:
    read(make_project("toy"))
    assert [path.suffix for path in (cache / "plans").rglob("*") if path.is_file()] == [".json"]


@pytest.mark.parametrize(("setting", "counts"), [("data", True), ("", True), ("/data", False), ("gs://bucket", False)])
def test_the_current_folder_counts_where_the_data_root_starts_from_it(
    make_project: MakeProject,
    looks: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    setting: str,
    counts: bool,
) -> None:
    config = make_project("toy")
    monkeypatch.setenv("PIPELINE_DATA_ROOT", setting)
    read(config)
    looks.clear()
    monkeypatch.chdir(tmp_path)
    read(config)
    assert looks == (["toy"] if counts else [])


def test_whether_a_named_file_exists_counts_and_its_content_does_not(
    make_project: MakeProject, looks: list[str]
) -> None:
    config = make_project("toy")
    source = config.parent / "sources/toy_recovered.csv"
    source.mkdir(parents=True)
    assert read(config).plan is None
    source.rmdir()
    source.write_bytes(b"")
    assert read(config).plan is not None
    looks.clear()
    source.write_bytes(b"Sender,Message,ReceivedOn\n")
    assert read(config).plan is not None
    assert looks == []
