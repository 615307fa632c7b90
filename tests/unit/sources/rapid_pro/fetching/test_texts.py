"""Every rung of the ladder, fetched from a server that gives no `input` (sources.md A.1)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from sandbox.rapid_pro.generations import NYARUKA, UNICEF, Generation
from sandbox.rapid_pro.model import Run, Value
from tests.step_counts import the_count
from tests.unit.sources.rapid_pro.fetching.workspace import START, Fetcher

SECONDS, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def generation(request: pytest.FixtureRequest) -> Generation:
    """The newer one, unless a test takes both."""
    made: Generation = getattr(request, "param", NYARUKA)
    return made


both_generations = pytest.mark.parametrize("generation", [UNICEF, NYARUKA], ids=["unicef", "nyaruka"], indirect=True)


def found(fetcher: Fetcher, flow: str = "demog") -> list[tuple[str | None, str]]:
    return [(result.text, result.text_source) for record in fetcher.records(flow) for result in record.values]


def test_an_open_questions_value_is_the_text(fetcher: Fetcher) -> None:
    fetcher.world.run(fetcher.world.contact(1), "biyo la'aan", at=START)
    fetcher.fetch()
    assert found(fetcher, "show") == [("biyo la'aan", "all responses")]
    assert fetcher.server.request_counts()["messages"] == 0


def test_a_rules_text_is_the_message_that_was_answered(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "waxaan ahay nin", value="nin", at=START, flow="demog")
    fetcher.world.message(contact, "waxaan ahay nin", at=START - 2 * SECONDS)
    fetcher.world.message(contact, "of another flow", at=START - SECONDS, flow="show")
    fetcher.world.message(fetcher.world.contact(2), "another person's", at=START - SECONDS)
    fetcher.fetch("demog")
    assert found(fetcher) == [("waxaan ahay nin", "message")]


@pytest.mark.parametrize("seconds_before", [[], [601]])
def test_without_a_message_the_value_is_kept_and_flagged(fetcher: Fetcher, seconds_before: list[int]) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "waxaan ahay nin", value="nin", at=START, flow="demog")
    for seconds in seconds_before:
        fetcher.world.message(contact, f"message {seconds}", at=START - seconds * SECONDS)
    result = fetcher.fetch("demog")
    assert found(fetcher) == [("nin", "value")]
    assert the_count(result.counts, "texts_from", kind="value", file="demog.jsonl") == 1


def test_a_text_that_was_guessed_is_corrected_when_its_day_is_archived(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "waxaan ahay nin", value="nin", at=START, flow="demog")
    fetcher.fetch("demog")
    assert fetcher.raw_data("demog")[0]["Gender (Text) - demog"] == "nin"
    fetcher.server.database.archive((START + DAY).date(), purge=False, whole_months=False)
    result = fetcher.fetch("demog")
    assert found(fetcher) == [("waxaan ahay nin", "archive")]
    assert the_count(result.counts, "texts_corrected_from_archives", file="demog.jsonl") == 1
    (history,) = fetcher.raw_data("demog")
    assert history[0]["Data"] == {
        "Gender (Text) - demog": "waxaan ahay nin",
        "Gender (Text Source) - demog": "archive",
    }
    assert history[0]["Metadata"]["Source"] == "archive 2025-09-01 (daily)"
    assert history[1]["Data"]["Gender (Text) - demog"] == "nin"
    assert history[1]["Data"]["Gender (Value) - demog"] == "nin"


def test_a_text_that_was_certain_is_not_looked_for_in_archives(fetcher: Fetcher) -> None:
    fetcher.world.run(fetcher.world.contact(1), "biyo la'aan", at=START)
    fetcher.fetch()
    fetcher.server.database.archive((START + DAY).date(), purge=False, whole_months=False)
    assert the_count(fetcher.fetch().counts, "archives_read") == 0


def test_messages_are_listed_for_the_time_of_the_answers_only(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    for day in (0, 1):
        fetcher.world.run(contact, "haa", value="haa", at=START + day * DAY, flow="demog")
    fetcher.fetch("demog")
    asked: list[Any] = [request.parameters for request in fetcher.server.requests if request.endpoint == "messages"]
    assert {(question["after"], question["before"]) for question in asked} == {
        ("2025-09-01T05:50:00.000000Z", "2025-09-01T06:00:00.000000Z"),
        ("2025-09-02T05:50:00.000000Z", "2025-09-02T06:00:00.000000Z"),
    }


def answered(fetcher: Fetcher, contact: str, **results: Value) -> None:
    """A run of the flow `demog` with these results."""
    fetcher.world.run(contact, at=START, flow="demog", values=results)


@both_generations
@pytest.mark.parametrize("is_archived", [False, True])
def test_an_empty_message_is_kept_whatever_server_and_archive_make_of_it(fetcher: Fetcher, is_archived: bool) -> None:
    contact = fetcher.world.contact(1)
    answered(fetcher, contact, gender=Value("Gender", "", "Other", "", START, ""))
    fetcher.world.message(contact, "", at=START - SECONDS)
    if is_archived:
        fetcher.server.database.archive((START + DAY).date(), purge=True, whole_months=False)
    fetcher.fetch("demog")
    assert [text for text, _ in found(fetcher)] == [""]


@both_generations
@pytest.mark.parametrize("is_archived", [False, True])
def test_what_nobody_wrote_is_no_text(fetcher: Fetcher, is_archived: bool) -> None:
    contact = fetcher.world.contact(1)
    answered(
        fetcher,
        contact,
        old_timeout=Value("Old timeout", "2025-09-01T05:59:00.123456Z", "No Response", "", START, None),
        timeout=Value("Timeout", "", "No Response", "", START + SECONDS, None),
        source=Value("Source", "radio", cast("Any", None), "", START + 2 * SECONDS, None),  # as set by flows
        call=Value("Call", "200", "Success", "", START + 3 * SECONDS, "GET https://media.invalid/?to=1"),
    )
    fetcher.world.message(contact, "biyo la'aan", at=START - SECONDS)
    if is_archived:
        fetcher.server.database.archive((START + DAY).date(), purge=True, whole_months=False)
    fetcher.fetch("demog")
    assert fetcher.texts("demog") == [None, None, None, None]


def test_a_long_answer_is_whole_where_its_message_is_and_else_once_it_is_archived(fetcher: Fetcher) -> None:
    with_message, without = fetcher.world.contact(1), fetcher.world.contact(2)
    whole = "biyo la'aan " * 60
    fetcher.world.run(with_message, whole, at=START)
    fetcher.world.message(with_message, whole, at=START - SECONDS, flow="show")
    fetcher.world.run(without, whole, at=START + MINUTE)
    fetcher.fetch()
    assert found(fetcher, "show") == [(whole, "message"), (whole[:640], "all responses")]
    fetcher.server.database.archive((START + DAY).date(), purge=False, whole_months=False)
    result = fetcher.fetch()
    assert found(fetcher, "show") == [(whole, "archive"), (whole, "archive")]
    assert the_count(result.counts, "texts_corrected_from_archives", file="show.jsonl") == 1


AGE = Value("Age", "30", "Has Number", "", START + MINUTE, "miaka 30")


def changed(fetcher: Fetcher, run: Run, *, at: datetime, **results: Value) -> None:
    """The run with other results beside those that it had."""
    fetcher.server.database.put_run(replace(run, modified_on=at, values={**run.values, **results}))


def test_a_text_that_was_found_stays_when_something_else_of_its_run_changes(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    run = fetcher.world.run(contact, "waxaan ahay nin", value="nin", at=START, flow="demog")
    fetcher.world.message(contact, "waxaan ahay nin", at=START - SECONDS)
    fetcher.fetch("demog", now=START + MINUTE)
    fetcher.world.message(contact, "nin baan ahay", at=START)  # shows up late, and fits as well
    changed(fetcher, run, at=START + DAY)
    before = fetcher.server.request_counts()["messages"]
    fetcher.fetch("demog")
    assert found(fetcher) == [("waxaan ahay nin", "message")]
    assert fetcher.server.request_counts()["messages"] == before
    fetcher.world.message(contact, "miaka 30", at=START + MINUTE - SECONDS)
    changed(fetcher, run, at=START + 2 * DAY, age=AGE)
    fetcher.fetch("demog")
    assert found(fetcher) == [("waxaan ahay nin", "message"), ("miaka 30", "message")]


def test_a_text_that_an_archive_told_stays_when_something_else_of_its_run_changes(fetcher: Fetcher) -> None:
    run = fetcher.world.run(fetcher.world.contact(1), "waxaan ahay nin", value="nin", at=START, flow="demog")
    fetcher.fetch("demog")
    fetcher.server.database.archive((START + DAY).date(), purge=False, whole_months=False)
    fetcher.fetch("demog")
    changed(fetcher, run, at=START + 2 * DAY, age=AGE)
    fetcher.fetch("demog")
    assert found(fetcher) == [("waxaan ahay nin", "archive"), ("30", "value")]


def test_a_question_that_was_answered_again_has_the_new_text(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    run = fetcher.world.run(contact, "waxaan ahay nin", value="nin", at=START, flow="demog")
    fetcher.world.message(contact, "waxaan ahay nin", at=START - SECONDS)
    fetcher.fetch("demog", now=START + MINUTE)
    fetcher.world.message(contact, "nin baan ahay", at=START + DAY - SECONDS)
    again = replace(run.values["gender"], time=START + DAY)
    changed(fetcher, run, at=START + DAY, gender=again)
    fetcher.fetch("demog")
    assert found(fetcher) == [("nin baan ahay", "message")]
