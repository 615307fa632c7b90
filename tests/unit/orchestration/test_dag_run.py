from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pipeline_lib.errors import ConfigError, listed
from pipeline_lib.orchestration.dag_run import (
    DagRun,
    accept_shrink_of,
    interval_end_of,
    mode_of,
    publishes_if_newest,
    reason_not_to_publish,
    refuse_wrong_parameters,
    sources_of,
    user_of,
)

SCHEDULED = DagRun(
    run_id="scheduled__2026-11-18T23:00:00+00:00",
    run_type="scheduled",
    run_after=datetime(2026, 11, 19, 23, tzinfo=UTC),
    logical_date=datetime(2026, 11, 18, 23, tzinfo=UTC),
    data_interval_end=datetime(2026, 11, 20, 2, tzinfo=timezone(timedelta(hours=3))),
)
MANUAL = DagRun(
    run_id="manual__2026-11-20T09:30:15.123456+00:00",
    run_type="manual",
    run_after=datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC),
)

_NAMES = ("accept_shrink", "as_of", "full_fetch", "mode", "profile_cpu", "profile_memory", "publish", "sources", "user")
KNOWN = f"known: {listed(_NAMES)}"


def test_a_run_of_an_interval_lies_in_a_folder_named_after_the_intervals_end() -> None:
    assert SCHEDULED.key == "2026-11-19T230000Z"


@pytest.mark.parametrize("run_id", ["manual__2026-11-20T09:30:15.123456+00:00", "demo", "../other"])
def test_from_its_folder_it_can_be_told_which_interval_a_run_stands_for(run_id: str) -> None:
    assert interval_end_of(SCHEDULED.key) == SCHEDULED.data_interval_end
    assert interval_end_of(replace(MANUAL, run_id=run_id).key) is None


def test_a_backfill_takes_the_folder_of_the_scheduled_run_of_its_interval() -> None:
    assert replace(SCHEDULED, run_type="backfill", run_id="backfill__x").key == SCHEDULED.key


@pytest.mark.parametrize(
    ("run_id", "key"),
    [
        ("manual__2026-11-20T09:30:15.123456+00:00", "manual__2026-11-20T093015.123456+0000"),
        ("manual__2026-11-20T09:30:15+00:00_a1B2c3", "manual__2026-11-20T093015+0000_a1B2c3"),
        ("demo", "demo"),
        ("../other", "other-3f1d50ca"),
        ("..", "-5ec1f7e7"),
    ],
)
def test_a_run_by_hand_lies_in_a_folder_named_after_its_id(run_id: str, key: str) -> None:
    assert replace(MANUAL, run_id=run_id).key == key


def test_ids_that_differ_in_what_a_folder_cannot_hold_have_different_folders() -> None:
    assert replace(MANUAL, run_id="a/b").key != replace(MANUAL, run_id="a:b").key


def test_a_run_by_hand_never_takes_the_folder_of_the_interval_that_airflow_infers_for_it() -> None:
    inferred = replace(MANUAL, logical_date=MANUAL.run_after, data_interval_end=SCHEDULED.data_interval_end)
    assert inferred.key == MANUAL.key


@pytest.mark.parametrize(
    ("run", "as_of"),
    [
        (SCHEDULED, datetime(2026, 11, 19, 23, tzinfo=UTC)),
        (replace(SCHEDULED, run_type="backfill"), datetime(2026, 11, 19, 23, tzinfo=UTC)),
        (MANUAL, datetime(2026, 11, 20, 9, 30, 15, 123456, tzinfo=UTC)),
        (replace(MANUAL, logical_date=datetime(2026, 11, 1, tzinfo=UTC)), datetime(2026, 11, 1, tzinfo=UTC)),
        (replace(MANUAL, params={"as_of": "2026-10-31T24:00+03:00"}), datetime(2026, 10, 31, 21, tzinfo=UTC)),
        (replace(SCHEDULED, params={"as_of": "2026-10-01T00:00Z"}), datetime(2026, 10, 1, tzinfo=UTC)),
        (replace(SCHEDULED, params={"as_of": None}), datetime(2026, 11, 19, 23, tzinfo=UTC)),
    ],
)
def test_the_as_of_time_is_the_parameter_else_the_intervals_end_else_when_the_run_was_requested(
    run: DagRun, as_of: datetime
) -> None:
    assert run.as_of == as_of
    assert run.as_of.tzinfo is UTC


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ConfigError, match="parameter as_of: has no offset from UTC"):
        _ = replace(MANUAL, params={"as_of": "2026-10-01T00:00"}).as_of


@pytest.mark.parametrize(
    ("params", "mode"),
    [(None, "all"), ({"mode": None}, "all"), ({"mode": "all"}, "all"), ({"mode": "auto-code-only"}, "auto-code-only")],
)
def test_a_run_makes_everything_unless_asked_for_automatic_codes_only(
    params: dict[str, str | None] | None, mode: str
) -> None:
    assert mode_of(replace(MANUAL, params=params)).value == mode


_BY_HAND = "a run started by hand publishes only if its parameter publish says yes"
_BACKFILL = "a backfill publishes only if its parameter publish says yes"
_NEWER = "the newer run 2026-11-20T230000Z has been processed, and publishes"


@pytest.mark.parametrize(
    ("run", "newer", "reason"),
    [
        (SCHEDULED, None, None),
        (SCHEDULED, "2026-11-20T230000Z", _NEWER),
        (replace(SCHEDULED, params={"publish": True}), "2026-11-20T230000Z", None),
        (replace(SCHEDULED, params={"publish": False}), None, "the run's parameter publish says no"),
        (replace(SCHEDULED, params={"publish": "no"}), None, "the run's parameter publish says no"),
        (replace(SCHEDULED, params={"publish": "automatic"}), "2026-11-20T230000Z", _NEWER),
        (replace(MANUAL, params={"publish": "automatic"}), None, _BY_HAND),
        (replace(MANUAL, params={"publish": "yes"}), None, None),
        (MANUAL, None, _BY_HAND),
        (replace(MANUAL, params={"publish": None}), None, _BY_HAND),
        (replace(MANUAL, params={"publish": True}), "2026-11-20T230000Z", None),
        (replace(SCHEDULED, run_type="backfill"), None, _BACKFILL),
        (replace(SCHEDULED, run_type="backfill", params={"publish": True}), "2026-11-20T230000Z", None),
    ],
)
def test_the_newest_run_that_has_been_processed_publishes_and_so_does_one_that_says_yes(
    run: DagRun, newer: str | None, reason: str | None
) -> None:
    assert reason_not_to_publish(run, lambda: newer) == reason


@pytest.mark.parametrize(
    ("run", "does"),
    [
        (SCHEDULED, True),
        (replace(SCHEDULED, params={"publish": False}), False),
        (replace(SCHEDULED, run_type="backfill"), False),
        (replace(SCHEDULED, run_type="backfill", params={"publish": True}), True),
        (replace(SCHEDULED, run_type="backfill", params={"publish": "yes"}), True),
        (replace(SCHEDULED, params={"publish": "automatic"}), True),
        (MANUAL, False),
        (replace(MANUAL, params={"publish": True}), False),
    ],
)
def test_only_runs_of_intervals_that_publish_hold_older_ones_back(run: DagRun, does: bool) -> None:
    assert publishes_if_newest(run) is does


@pytest.mark.parametrize(
    ("conf", "params", "problems"),
    [
        (None, {"mode": "all", "publish": None, "as_of": None}, []),
        ({}, None, []),
        ({"as_of": "2026-11-01T00:00Z"}, {"as_of": "2026-11-01T00:00Z"}, []),
        ({"airflow/task_span_detail_level": 2}, {"airflow/task_span_detail_level": 2}, []),
        (
            {"as-of": "2026-11-01T00:00Z"},
            {"as-of": "2026-11-01T00:00Z", "as_of": None},
            ['parameter as-of: is not known; did you mean "as_of"?'],
        ),
        (None, {"Publish": True}, ['parameter Publish: is not known; did you mean "publish"?']),
        (
            {"until": 1},
            {},
            [f"parameter until: is not known; {KNOWN}"],
        ),
        (
            {"x\ny": 1, "mode": "al", "publish": "yess", "as_of": "2026-13-01T00:00Z"},
            {"x\ny": 1, "mode": "al", "publish": "yess", "as_of": "2026-13-01T00:00Z"},
            [
                f"parameter with an odd name: is not known; {KNOWN}",
                'parameter mode: is not known; did you mean "all"?',
                'parameter publish: must be automatic, yes or no; did you mean "yes"?',
                "parameter as_of: is not an ISO 8601 date and time such as 2021-09-30T24:00+03:00",
            ],
        ),
        (
            None,
            {"as_of": "2027-01-01T00:00Z"},
            [
                (
                    "parameter as_of: is later than the run's own start; nobody knows yet what will come in until "
                    "then; leave as_of out to see all that is there now"
                )
            ],
        ),
        (None, {"as_of": 20261101}, ["parameter as_of: is not a text such as 2021-09-30T24:00+03:00"]),
        *((None, {"accept_shrink": value}, []) for value in (None, "", "demog", [], ["demog", "show"])),
        *(
            (None, {"accept_shrink": value}, ["parameter accept_shrink: must be a list of names, a name, or null"])
            for value in (1, True, ["demog", 1], {"demog": True})
        ),
        *((None, {"publish": value}, []) for value in (None, True, False, "automatic", "yes", "no")),
        (None, {"publish": 1.5}, ["parameter publish: must be automatic, yes or no"]),
        (None, {"user": "Asli", "sources": ["1 RecoveryCSV: a"], "full_fetch": True}, []),
        (
            None,
            {"user": "a\nb", "sources": "1 RecoveryCSV: a", "full_fetch": "yes"},
            [
                "parameter user: must be a name of up to 100 characters, on one line, or null",
                "parameter sources: must be a list of names, or null",
                "parameter full_fetch: must be true or false",
            ],
        ),
        (None, {"mode": ["all"]}, ['parameter mode: is not known; did you mean "all"?']),
        *(
            (
                {name: 1},
                {},
                [f"parameter with an odd name: is not known; {KNOWN}"],
            )
            for name in ("", "as of when", "+252612345678", "252612345678", 5)
        ),
        *(
            (conf, {}, ['the run\'s conf: is not an object; write one such as {"as_of": "2026-11-20T00:00+03:00"}'])
            for conf in (list[Any](), "", 0, False)
        ),
        ([1], {}, ['the run\'s conf: is not an object; write one such as {"as_of": "2026-11-20T00:00+03:00"}']),
        (
            {"as_of": "2026-11-01T00:00Z"},
            {"as_of": None},
            [
                (
                    "parameter as_of: was given in the run's conf, and Airflow ignores it; "
                    "turn Airflow's setting core.dag_run_conf_overrides_params on again"
                )
            ],
        ),
    ],
)
def test_parameters_that_cannot_be_followed_are_refused_all_at_once(
    conf: Any, params: dict[str, Any] | None, problems: list[str]
) -> None:
    run = replace(MANUAL, conf=conf, params=params)
    if not problems:
        refuse_wrong_parameters(run)
        return
    with pytest.raises(ConfigError) as refused:
        refuse_wrong_parameters(run)
    assert str(refused.value).splitlines() == problems


@pytest.mark.parametrize(
    ("asked", "names"),
    [(None, set()), ("", set()), ([], set()), ("demog", {"demog"}), (["demog", "show"], {"demog", "show"})],
)
def test_what_may_shrink_is_a_name_or_a_list_of_names(asked: Any, names: set[str]) -> None:
    assert accept_shrink_of(replace(MANUAL, params={"accept_shrink": asked})) == names


@pytest.mark.parametrize(
    ("params", "user"),
    [(None, "airflow"), ({"user": None}, "airflow"), ({"user": "Asli"}, "Asli"), ({"user": ""}, "airflow")],
)
def test_the_user_is_whoever_is_named_else_whoever_started_the_run(params: Any, user: str) -> None:
    assert user_of(replace(MANUAL, params=params)) == user
    assert user_of(replace(MANUAL, params=params, triggered_by="warsame")) == (user if user == "Asli" else "warsame")


SOURCES = ("1 RapidPro: demog", "2 RecoveryCSV: show")


@pytest.mark.parametrize(
    ("asked", "fetched"), [(None, SOURCES), ([], SOURCES), (["2 RecoveryCSV: show"], ("2 RecoveryCSV: show",))]
)
def test_every_source_is_fetched_unless_some_are_named(asked: Any, fetched: tuple[str, ...]) -> None:
    assert sources_of(replace(MANUAL, params={"sources": asked}), SOURCES) == set(fetched)


def test_a_source_that_the_project_does_not_have_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as refused:
        sources_of(replace(MANUAL, params={"sources": ["2 RecoveryCSV: shw"]}), SOURCES)
    right = 'did you mean "2 RecoveryCSV: show"?'
    assert str(refused.value) == f"parameter sources: names no source of the project; {right}"
