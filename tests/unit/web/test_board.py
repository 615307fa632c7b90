"""The board: what it tells of each project, and who must do what."""

import gc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline_lib.errors import Problem
from pipeline_lib.storage import Storage
from pipeline_lib.storage.deadline import seconds_left
from pipeline_lib.storage.run_history import RunSummary, SourceSummary
from pipeline_lib.web.airflow_gateway import DagStatus, KnownProject, KnownRun
from pipeline_lib.web.board import Board, Row, Urgency, rows_of, standing_of, to_do_of
from tests.unit.web.small_world import VIEWER, FakeAirflow

NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
GOOD = DagStatus(last_good=NOW - timedelta(hours=7))


def run(day: int, **facts: Any) -> RunSummary:
    at = datetime(2026, 11, day, 21, 0, tzinfo=UTC)
    base: dict[str, Any] = {
        "key": f"2026-11-{day}T210000Z",
        "as_of": at,
        "worked_on_at": at + timedelta(minutes=20),
        "duration_seconds": 60,
        "peak_memory_bytes": 1000,
        "tasks": ("process", "analyse"),
        "message_count": 100 + day,
        "newest_message": at - timedelta(hours=3),
    }
    return RunSummary(**(base | facts))


def done(*runs: RunSummary, status: DagStatus = GOOD, **facts: Any) -> list[tuple[str, str, Urgency]]:
    project = KnownProject("water", "Biyo", **facts)
    return [(each.who, each.what, each.urgency) for each in to_do_of(Row(project, status, standing_of(runs), ()))]


def test_a_project_that_went_well_and_is_coded_needs_nobody() -> None:
    assert done(run(29, not_reviewed=0)) == []


CASES = [
    ({"not_reviewed": 1200}, "coders", "label 1,200 messages", Urgency.SOON),
    (
        {"not_reviewed": 2, "oldest_unreviewed": datetime(2026, 11, 3, tzinfo=UTC)},
        "coders",
        "label 2 messages, the oldest of 3 November 2026",
        Urgency.SOON,
    ),
    ({"unreviewed_stops": 3}, "coders", "label 3 stop words first", Urgency.NOW),
    ({"quarantined": 4}, "operator", "look at 4 records set aside", Urgency.SOON),
    (
        {"newest_message": datetime(2026, 11, 20, tzinfo=UTC)},
        "operator",
        "ask whether listeners still write: the newest message is of 20 November 2026",
        Urgency.SOON,
    ),
]


def heard(days: int) -> dict[str, Any]:
    """A run whose second source was last heard of so many days before."""
    at = datetime(2026, 11, 29, 21, 0, tzinfo=UTC)
    sources = (
        SourceSummary(name="1 RapidPro: show", newest_at=at),
        SourceSummary(name="2 Facebook: page", newest_at=at - timedelta(days=days)),
        SourceSummary(name="3 Groups: club.csv", newest_at=None),
    )
    return {"sources": sources}


@pytest.mark.parametrize(
    ("days", "known", "told"),
    [
        (6, {}, []),
        (7, {}, ['ask why "2 Facebook: page" is silent: its newest record is of 22 November 2026']),
        (27, {}, ['ask why "2 Facebook: page" is silent: its newest record is of 2 November 2026']),
        (28, {}, []),  # it has done its part
        (7, {"stale_after": timedelta(days=8)}, []),
        (7, {"stale_after": None}, []),
        (7, {"is_scheduled": False}, []),
    ],
)
def test_a_source_that_went_silent_is_named(days: int, known: dict[str, Any], told: list[str]) -> None:
    assert done(run(29, **heard(days)), **known) == [("operator", what, Urgency.SOON) for what in told]


def test_where_all_are_silent_no_source_is_named() -> None:
    told = done(run(29, newest_message=datetime(2026, 11, 20, tzinfo=UTC), **heard(9)))
    assert [what for _, what, _ in told] == [
        "ask whether listeners still write: the newest message is of 20 November 2026"
    ]


@pytest.mark.parametrize(("facts", "who", "what", "urgency"), CASES)
def test_what_a_run_found_says_who_has_to_do_what(facts: dict[str, Any], who: str, what: str, urgency: Urgency) -> None:
    assert done(run(29, **facts)) == [(who, what, urgency)]


def test_a_failed_night_comes_first_and_is_listed_once() -> None:
    failed = DagStatus(KnownRun("scheduled__x", "k", "failed", failed_tasks=("fetch",)), NOW - timedelta(days=3))
    assert done(run(29), status=failed) == [("operator", "look at the log of fetch, which failed", Urgency.NOW)]


@pytest.mark.parametrize(
    ("state", "is_told"), [("running", True), ("queued", True), ("success", False), ("failed", False), (None, False)]
)
def test_a_run_that_stands_still_since_its_project_was_removed_is_on_the_board(
    state: str | None, is_told: bool, site: TestClient, airflow: FakeAirflow, place: str
) -> None:
    airflow.known["water"] = KnownProject("water", "Biyo", has_config=False, places=(place,), is_scheduled=False)
    airflow.told["water"] = DagStatus(KnownRun("scheduled__x", "k", state) if state else None)
    board, page = (site.get(path, headers=VIEWER).text for path in ("/", "/water"))
    what = "put its folder back until its run has ended, or mark that as failed in Airflow: it stands still"
    assert (what in board, what in page, ">Biyo<" in board) == (is_told, is_told, is_told)
    assert done(run(29, not_reviewed=3), has_config=False, status=airflow.told["water"]) == (
        [("operator", what, Urgency.NOW)] if is_told else []
    )


def test_a_first_publication_waits_for_a_researcher() -> None:
    asking = DagStatus(KnownRun("x", "k", "running", awaits_approval=True), GOOD.last_good)
    what = "look at the report, and answer in Airflow whether it may be uploaded"
    assert done(run(29), status=asking) == [("researcher", what, Urgency.NOW)]


@pytest.mark.parametrize(
    ("last_good", "due_at", "is_told"),
    [
        (None, NOW - timedelta(hours=13), True),
        (NOW - timedelta(hours=37), NOW - timedelta(hours=13), True),
        (NOW - timedelta(hours=13), NOW - timedelta(hours=13), False),
        (NOW - timedelta(days=6), NOW - timedelta(days=6), False),  # once a week
        (None, None, False),  # none was due yet
    ],
)
def test_a_project_whose_newest_night_was_not_good_is_listed(
    last_good: datetime | None, due_at: datetime | None, is_told: bool
) -> None:
    told = done(run(27, tasks=("process",)), status=DagStatus(last_good=last_good), due_at=due_at)
    assert (told == [("operator", "find out why there was no good night", Urgency.NOW)]) == is_told


def test_a_paused_project_is_to_be_unpaused_and_missed_no_night() -> None:
    assert done(status=DagStatus(is_paused=True), due_at=NOW) == [
        ("operator", "unpause it in Airflow if it should run", Urgency.SOON)
    ]


def test_a_broken_config_is_for_its_author() -> None:
    problem = Problem("water/pipeline.json: Shedule", "is not known", 'did you mean "Schedule"?')
    (told,) = done(run(29), problems=(problem,), status=DagStatus())
    assert told[0] == "project author"
    assert 'did you mean "Schedule"?' in told[1]


AWAY = "ftp://nowhere/water"


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ((AWAY,), f'look at the data root: {AWAY}: there is no storage for "ftp" yet'),
        (("memory://here/water", AWAY), ""),
        (("memory://here/water",), ""),
    ],
)
def test_a_data_root_that_cannot_be_read_is_named_unless_it_is_an_earlier_one(
    places: tuple[str, ...], told: str, airflow: FakeAirflow
) -> None:
    airflow.known["water"] = KnownProject("water", "Biyo", places=places)
    (row,) = Board(airflow).read_rows(lambda dag_ids: dag_ids)
    assert [(each.who, each.urgency) for each in row.to_do] == ([("operator", Urgency.NOW)] if told else [])
    assert all(each.what.startswith(told) for each in row.to_do)


def test_where_airflow_has_good_nights_and_the_data_root_has_no_run_somebody_looks_for_the_disk() -> None:
    told = [("operator", "look whether its disk is there: Airflow has good nights, and /data/water has no run")]
    assert [each[:2] for each in done(places=("file:///data/water",))] == told
    assert done(run(29), places=("file:///data/water",)) == []
    assert done(places=("file:///data/water",), status=DagStatus()) == []


def test_those_that_need_somebody_stand_first() -> None:
    projects = [KnownProject(name, name) for name in ("a", "b", "c")]
    standings = [standing_of([run(29, **facts)]) for facts in ({}, {"unreviewed_stops": 1}, {"not_reviewed": 1})]
    rows = rows_of(projects, dict.fromkeys("abc", GOOD), standings)
    assert [row.project.dag_id for row in rows] == ["b", "c", "a"]


def test_a_backfill_of_the_past_is_not_what_the_board_shows() -> None:
    standing = standing_of([run(2, worked_on_at=NOW, message_count=3), run(29)])
    assert standing.newest is not None
    assert standing.newest.message_count == 129
    assert standing.trend == (3, 129)


def test_the_trend_has_one_point_for_each_as_of_time() -> None:
    again = run(28, key="by hand", message_count=200)
    runs = [run(27), run(28), again, run(29), run(30, message_count=None)]
    assert standing_of(runs).trend == (127, 200, 129)


def test_the_trend_is_of_the_last_fourteen_as_of_times_and_the_rest_of_whatever_run_knows_it() -> None:
    unfinished = [run(day, tasks=("fetch",), message_count=None) for day in range(21, 30)]
    standing = standing_of([run(1), *(run(day, tasks=("process",)) for day in range(2, 21)), *unfinished])
    assert standing.trend == tuple(range(107, 121))
    assert (standing.newest, standing.analysed_at) == (run(20, tasks=("process",)), run(1).worked_on_at)


def test_two_hundred_projects_are_read_once_a_minute(
    airflow: FakeAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        name = f"p{number:03}"
        airflow.known[name] = KnownProject(name, name, places=((tmp_path / name).as_uri(),))
    read: list[str] = []

    def read_history(storage: Storage) -> tuple[RunSummary, ...]:
        read.append(storage.uri)
        return ()

    monkeypatch.setattr("pipeline_lib.web.board.read_history", read_history)
    board = Board(airflow)
    for _ in range(3):
        assert len(board.read_rows(lambda dag_ids: dag_ids)) == 200
    assert len(read) == 200
    assert airflow.asked_for_projects == 1


def test_a_look_at_the_board_asks_for_projects_once_also_when_what_was_read_is_old(
    site: TestClient, airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_lib.web.board._FRESH_SECONDS", -1)
    site.get("/", headers=VIEWER)
    assert airflow.asked_for_projects == 1


def test_the_board_keeps_one_run_of_a_project_however_many_its_history_has(
    airflow: FakeAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow.known["water"] = KnownProject("water", "Biyo", places=(tmp_path.as_uri(),))
    history = [run(day, user="of this test") for day in range(1, 30)]
    monkeypatch.setattr("pipeline_lib.web.board.read_history", lambda _storage: tuple(history))
    board = Board(airflow)
    board.read_rows(lambda dag_ids: dag_ids)
    history.clear()
    kept = [each.key for each in gc.get_objects() if type(each) is RunSummary and each.user == "of this test"]
    assert kept == ["2026-11-29T210000Z"]


@pytest.mark.parametrize("path", ["/", "/water"])
@pytest.mark.usefixtures("water")
def test_whoever_looks_at_a_page_waits_for_seconds_for_a_storage(
    path: str, site: TestClient, airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def read_history(_storage: Storage) -> tuple[RunSummary, ...]:
        waits.append(seconds_left(120))
        return ()

    monkeypatch.setattr("pipeline_lib.web.board.read_history", read_history)
    assert site.get(path, headers=VIEWER).status_code == 200
    assert waits
    assert max(waits) <= 10


def test_the_board_without_projects_says_so(site: TestClient) -> None:
    assert "no project that you may see" in site.get("/", headers=VIEWER).text
