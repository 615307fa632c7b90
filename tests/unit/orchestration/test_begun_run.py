import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Never

import pytest

from pipeline_lib.config import WholeConfig, check, whole_config
from pipeline_lib.errors import ConfigError, Problem, RetriableSourceError
from pipeline_lib.orchestration import begun_run
from pipeline_lib.orchestration.begun_run import Start, open_begun_run
from pipeline_lib.orchestration.kept_config import read_kept, read_newest
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import storage_at

MakeProject = Callable[..., Path]

DAY = datetime(2026, 1, 2, 23, tzinfo=UTC)
START = Start("scheduled__2026-01-01T23:00:00+00:00", DAY, "2026-01-02T230000Z", DAY, "airflow")


@pytest.fixture(params=["file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A data root on a disk, and one on a store of objects."""
    return (tmp_path / "data").as_uri() if request.param == "file" else f"memory://{tmp_path.name}-data"


def whole(config: Path, description: str) -> WholeConfig:
    written = json.loads(config.read_text()) | {"Description": description}
    config.write_text(json.dumps(written))
    return whole_config(check(config).reading)


def opened(config: Path, root: str, read: Callable[[], WholeConfig], start: Start = START) -> Run:
    return open_begun_run(config, start, (root,), read)


def refuse() -> Never:
    raise ConfigError(Problem("toy/pipeline.json", "is broken"))


def test_the_first_task_keeps_the_config_and_the_others_go_by_it(make_project: MakeProject, root: str) -> None:
    config = make_project("toy", DataRoot=root)
    first = opened(config, root, lambda: whole(config, "first"))
    config.write_text("{")
    second = opened(config, root, refuse)
    assert first.project == second.project
    assert second.project.config.description == "first"
    assert (second.key, second.as_of, second.user) == (START.key, DAY, "airflow")
    assert second.storage.uri == f"{root}/toy"


def test_of_two_tasks_that_begin_at_once_one_gives_way(make_project: MakeProject, root: str) -> None:
    config = make_project("toy", DataRoot=root)

    def while_another_begins() -> WholeConfig:
        opened(config, root, lambda: whole(config, "the other's"))
        return whole(config, "mine")

    assert opened(config, root, while_another_begins).project.config.description == "the other's"


def test_a_conflict_between_the_look_and_the_write_gives_way_too(
    make_project: MakeProject, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_project("toy", DataRoot=root)
    mine = whole(config, "mine")
    others = whole(config, "the other's")
    real = read_kept
    looks: list[Any] = []

    def look(found: Any) -> Any:
        looks.append(found)
        if len(looks) == 2:  # the one before the write
            monkeypatch.setattr(begun_run, "read_kept", real)
            opened(config, root, lambda: others)
        return real(found)

    monkeypatch.setattr(begun_run, "read_kept", look)
    assert opened(config, root, lambda: mine).project.config.description == "the other's"


def test_another_start_of_the_run_begins_anew(make_project: MakeProject, root: str) -> None:
    config = make_project("toy", DataRoot=root)
    opened(config, root, lambda: whole(config, "first"))
    again = replace(START, started_at=datetime(2026, 1, 3, tzinfo=UTC))
    assert opened(config, root, lambda: whole(config, "again"), again).project.config.description == "again"
    assert opened(config, root, refuse).project.config.description == "again"
    with pytest.raises(ConfigError, match="is broken"):
        opened(config, root, refuse, replace(START, run_id="backfill__x"))


def test_what_is_no_kept_config_is_as_if_the_run_had_not_begun(make_project: MakeProject, root: str) -> None:
    config = make_project("toy", DataRoot=root)
    storage_at(f"{root}/toy").create(f"runs/{START.key}/config.json", b"{}")
    assert opened(config, root, lambda: whole(config, "first")).project.config.description == "first"
    assert opened(config, root, refuse).project.config.description == "first"


def test_the_config_of_the_run_that_began_last_is_known_in_the_data_root(make_project: MakeProject, root: str) -> None:
    config = make_project("toy", DataRoot=root)
    assert read_newest(config, root) is None
    opened(config, root, lambda: whole(config, "first"))
    opened(config, root, lambda: whole(config, "second"), replace(START, run_id="x", key="x"))
    newest = read_newest(config, root)
    assert newest is not None
    assert newest.config.description == "second"


def test_a_storage_that_may_answer_later_is_waited_for(
    make_project: MakeProject, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_project("toy", DataRoot=root)

    def fail(_uri: str) -> Never:
        raise RetriableSourceError(Problem("gs://bucket", "does not answer"))

    monkeypatch.setattr(begun_run, "storage_at", fail)
    with pytest.raises(RetriableSourceError):
        opened(config, root, lambda: whole(config, "first"))
