"""What every source owes; `world` is each kind of source in turn, on each kind of storage."""

import logging
from typing import Any

import orjson
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit

World = Any  # conftest.py has it; test modules are not imported


def test_a_fetch_publishes_one_file_of_json_lines_for_each_name_in_config_order(world: World) -> None:
    result = world.fetch()
    show, demog = world.raw_name("show"), world.raw_name("demog")
    assert [(file.name, file.record_count) for file in result.files] == [(show, 3), (demog, 1)]
    assert world.storage.names("runs/today") == [f"runs/today/Raw Data/{name}.jsonl" for name in (demog, show)]
    assert result.uris[show] == world.storage.uri_of(f"runs/today/Raw Data/{show}.jsonl")
    for name, file in zip(("show", "demog"), result.files, strict=True):
        lines = world.published(name).splitlines()
        assert len(lines) == file.record_count
        assert all(isinstance(orjson.loads(line), dict | list) for line in lines)


def test_records_come_in_the_sources_order(world: World) -> None:
    world.give("show", "c", "a", "b")
    world.fetch()
    lines = world.published("show").splitlines()
    assert [b'"c"' in lines[0], b'"a"' in lines[1], b'"b"' in lines[2]] == [True, True, True]


def test_a_second_fetch_changes_nothing(world: World) -> None:
    first = world.fetch()
    before = {name: world.storage.read(name) for name in world.storage.names("")}
    second = world.fetch()
    assert {name: world.storage.read(name) for name in world.storage.names("")} == before
    assert [file.is_unchanged for file in first.files] == [False, False]
    assert [file.is_unchanged for file in second.files] == [True, True]
    assert [file.fingerprint for file in second.files] == [file.fingerprint for file in first.files]


def test_another_run_gets_the_same_bytes(world: World) -> None:
    world.fetch("runs/today")
    world.fetch("runs/tomorrow")
    assert world.published("show", "runs/tomorrow") == world.published("show", "runs/today")


def test_what_is_new_is_added_and_what_was_stored_stays_as_it_was(world: World) -> None:
    world.fetch()
    stored = {name: world.storage.read(name) for name in world.storage.names("state") if "/segments/" in name}
    old = world.published("show")
    world.give("show", "waa nabad", "haa", "haa", "maya")
    result = world.fetch("runs/tomorrow")
    assert [(file.name, file.record_count, file.is_unchanged) for file in result.files] == [
        (world.raw_name("show"), 4, False),
        (world.raw_name("demog"), 1, True),
    ]
    assert {name: world.storage.read(name) for name in stored} == stored
    assert len([name for name in world.storage.names("state") if "/segments/" in name]) == len(stored) + 1
    assert world.published("show", "runs/today") == old
    assert world.published("show", "runs/tomorrow").startswith(old)


def test_what_cannot_be_used_is_named_by_its_place_and_nothing_published_is_lost(world: World) -> None:
    world.fetch()
    before = world.held()
    world.give_broken("show", "waa nabad", "haa", "haa", "maya")
    with pytest.raises(DataError, match=world.broken_place):
        world.fetch()
    assert world.held() == before


def test_a_source_that_is_not_there_is_named_and_nothing_published_is_lost(world: World) -> None:
    world.fetch()
    world.take_away("demog")
    old = world.published("demog")
    error, told = world.gone
    with pytest.raises(error, match=told):
        world.fetch()
    assert world.published("demog") == old


def test_an_unusable_record_shows_in_no_error_no_log_and_no_file(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.give_broken("show", "waa nabad")
    with pytest.raises(DataError) as raised:
        world.fetch()
    held = b"".join(world.storage.read(name) for name in world.storage.names(""))
    for hidden in ("secret", "252610000001"):
        assert hidden not in str(raised.value)
        assert hidden not in caplog.text
        assert hidden.encode() not in held


def test_a_fetch_that_was_cut_off_is_made_up_for_by_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class CutOffError(BaseException):
        """The worker dies."""

    def cut_off(*_: object, **__: object) -> None:
        raise CutOffError

    with monkeypatch.context() as context:
        context.setattr(type(world.storage), "replace", cut_off)
        with pytest.raises(CutOffError):
            world.fetch()
    assert world.storage.names("runs") == []
    result = world.fetch()
    assert [file.record_count for file in result.files] == [3, 1]
    assert len(world.published("show").splitlines()) == 3


def test_a_source_that_gives_far_less_than_the_last_time_is_refused_again_and_again(world: World) -> None:
    world.give("demog", "naag", "nin", "nin", "naag")
    world.fetch()
    before = {name: world.storage.read(name) for name in world.storage.names("")}
    world.give("demog", "naag")
    for _ in range(2):
        with pytest.raises(DataError) as raised:
            world.fetch()
        assert str(raised.value) == (
            f"{world.place('demog')}: had 4 {world.noun}s when it was last read, and has 1 now; have them restored; "
            f"or, if they are gone for good, accept it once with --accept-shrink {world.raw_name('demog')} or the "
            "run's parameter accept_shrink (SourceShrinkLimit: at least 50% must be there)"
        )
    assert {name: world.storage.read(name) for name in world.storage.names("")} == before


def test_a_source_that_has_nothing_left_is_refused_until_it_is_accepted_once(world: World) -> None:
    world.fetch()
    world.give("show")
    world.give("demog")
    with pytest.raises(DataError) as raised:
        world.fetch("runs/tomorrow")
    assert [str(problem).partition(";")[0] for problem in raised.value.problems] == [
        f"{world.place('show')}: had 3 {world.noun}s when it was last read, and has none now",
        f"{world.place('demog')}: had 1 {world.noun} when it was last read, and has none now",
    ]
    assert world.storage.names("runs/tomorrow") == []
    accepted = ShrinkLimit(accepted=frozenset({world.raw_name("show"), world.raw_name("demog")}))
    for limit in (accepted, DEFAULT_LIMIT):
        assert [file.record_count for file in world.fetch("runs/tomorrow", limit).files] == [0, 0]


def test_a_source_that_loses_little_is_fetched(world: World) -> None:
    world.fetch()
    world.give("show", "waa nabad", "haa")
    assert [file.record_count for file in world.fetch().files] == [2, 1]
