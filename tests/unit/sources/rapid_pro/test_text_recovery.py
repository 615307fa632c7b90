from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.sources.rapid_pro.records import Record, Result
from pipeline_lib.sources.rapid_pro.text_recovery import (
    Unresolved,
    corrected,
    is_certain,
    resolved,
    text_and_source,
    text_counts,
    unresolved,
    windows,
)

AMINA, HODAN = "d33e9ad5-0000-4000-8000-00000000000a", "d33e9ad5-0000-4000-8000-00000000000b"
FLOW, OTHER_FLOW = "f5901b62-0000-4000-8000-00000000000a", "f5901b62-0000-4000-8000-00000000000b"
START = datetime(2025, 5, 1, 9, tzinfo=UTC)


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def result(key: str, seconds: float, source: Any = "unresolved", text: str | None = "blue") -> Result:
    return Result(
        key=key, name=key.title(), category="Blue", value="blue", text=text, text_source=source, time=at(seconds)
    )


def valued(key: str, seconds: float, value: str) -> Result:
    """One that a rule made of something else."""
    return Result(key, key.title(), "Category", value, value, "unresolved", at(seconds))


def record(*results: Result, contact: str = AMINA) -> Record:
    return Record(
        run="0199c5c0-0000-7000-8000-000000000001",
        id=1,
        contact=contact,
        participant="avf-phone-uuid-1",
        urn_type="tel",
        operator="25261",
        created_on=at(0),
        modified_on=at(900),
        exited_on=None,
        exit_type=None,
        values=list(results),
    )


def message(text: str | None, seconds: float, **changes: Any) -> dict[str, Any]:
    """As newer servers list it."""
    return {
        "uuid": f"0199c5c0-0000-7000-8000-{seconds * 1000:012.0f}",
        "contact": {"uuid": AMINA, "name": "Amina"},
        "urn": "tel:+252610000001",
        "direction": "in",
        "type": "text",
        "status": "handled",
        "visibility": "visible",
        "text": text,
        "flow": {"uuid": FLOW, "name": "demo"},
        "created_on": (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    } | changes


def old_message(text: str, seconds: float) -> dict[str, Any]:
    """As older servers list it."""
    old = message(text, seconds, id=int(seconds * 1000))
    del old["uuid"]
    return old


def texts(records: list[Record], messages: Iterable[dict[str, Any]]) -> list[tuple[str | None, str]]:
    found = resolved(records, unresolved(records), messages, FLOW)
    return [(each.text, each.text_source) for of in found for each in of.values]


@pytest.mark.parametrize(
    ("given", "value", "is_open", "is_archived", "expected"),
    [
        # the server gives what was written
        ({"input": "it is blue"}, "blue", False, False, ("it is blue", "input")),
        ({"input": "it is blue"}, "blue", True, False, ("it is blue", "input")),
        ({"input": ""}, "", False, False, ("", "input")),
        ({"input": None}, None, False, False, (None, "input")),
        ({"input": None}, "set by the flow", False, False, (None, "input")),
        # an archive does
        ({"input": "it is blue"}, "blue", False, True, ("it is blue", "archive")),
        ({"input": ""}, "", False, True, ("", "archive")),
        ({"input": None}, None, False, True, (None, "archive")),
        ({}, None, False, True, (None, "archive")),
        # an archive has lost it
        ({}, "blue", False, True, ("blue", "value")),
        ({"input": None, "category": "All Responses"}, "blue", True, True, ("blue", "all responses")),
        # the question takes any answer
        ({"category": "All Responses"}, "it is blue", True, False, ("it is blue", "all responses")),
        ({"category": None}, None, True, False, (None, "all responses")),
        # it did not when this was answered
        ({"category": "Blue"}, "blue", True, False, ("blue", "unresolved")),
        # it does not
        ({"category": "All Responses"}, "blue", False, False, ("blue", "unresolved")),
        ({"category": ["Blue"]}, "blue", False, False, ("blue", "unresolved")),
        ({}, None, False, False, (None, "unresolved")),
        # a picture or an empty SMS, whose empty input servers leave out
        ({"input": None, "category": "All Responses"}, "", True, False, ("", "input")),
        ({"input": None, "category": "Other"}, "", False, False, ("", "input")),
        ({"input": None, "category": "All Responses"}, "", True, True, ("", "archive")),
        ({"input": None, "category": "Other"}, "", False, True, ("", "archive")),
        ({"category": "All Responses"}, "", True, False, ("", "all responses")),
        # nobody wrote in time: older servers tell when it ran out, newer ones nothing
        ({"input": None, "category": "No Response"}, "2025-05-01T09:00:00.000001Z", False, True, (None, "archive")),
        ({"input": None, "category": "No Response"}, "2025-05-01T09:00:00.000001Z", True, False, (None, "input")),
        ({"input": None, "category": "No Response"}, "", True, False, (None, "input")),
        ({"input": None, "category": "No Response"}, "", False, True, (None, "archive")),
        ({"category": "No Response"}, "", False, False, (None, "no answer")),
        ({"category": "No Response"}, "", True, False, (None, "no answer")),
        ({"category": "No Response"}, "2025-05-01T09:00:00Z", False, False, (None, "no answer")),
        ({"category": "No Response"}, "2025-05-01T09:00:00Z", False, True, (None, "no answer")),
        # a rule's category may be called so
        ({"category": "No Response"}, "maya", False, False, ("maya", "unresolved")),
        ({"category": "No Response", "input": "maya maya"}, "maya", False, False, ("maya maya", "input")),
        # the flow set it, or called another server
        ({"input": None, "category": "Radio"}, "radio", False, True, (None, "archive")),
        ({"input": None, "category": None}, "radio", True, True, (None, "archive")),
        ({"category": None}, "radio", True, False, (None, "no answer")),
        ({"category": ""}, "radio", False, False, (None, "no answer")),
        ({"category": "Success"}, "200", False, False, (None, "no answer")),
        ({"category": "Success", "input": "GET https://a.invalid/?a=1"}, "200", False, False, (None, "input")),
        ({"category": "Failure", "input": "POST http://a.invalid/"}, "502", False, True, (None, "archive")),
        ({"category": "Success", "input": "GET it"}, "get", False, False, ("GET it", "input")),
    ],
)
def test_the_result_itself_gives_the_first_rungs(
    given: dict[str, Any], value: str | None, is_open: bool, is_archived: bool, expected: tuple[str | None, str]
) -> None:
    found = text_and_source(given, given.get("input"), value, is_open=is_open, is_archived=is_archived)
    assert found == expected


def test_the_message_before_the_result_is_the_text() -> None:
    assert texts([record(result("colour", 60))], [message("it is blue", 59)]) == [("it is blue", "message")]
    assert texts([record(result("colour", 60))], [old_message("it is blue", 59)]) == [("it is blue", "message")]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [message("it is blue", 59, contact={"uuid": HODAN, "name": "Hodan"})],
        [message("it is blue", 59, contact=None)],
        [message("what colour?", 59, direction="out")],
        [message("it is green", 59, flow={"uuid": OTHER_FLOW, "name": "other"})],
        [message("it is blue", 59, flow=None)],
        [message("", 59, flow={"uuid": OTHER_FLOW, "name": "other"})],
        [message("it is blue", 60.000001)],
        [message("it is blue", 60 - 600.000001)],
        [message("it is blue", 59, created_on=None)],
        [message("it is blue", 59, created_on="2025-05-01T09:00:59")],
        [message(None, 59)],
        [message(None, 59) | {"text": 12}],
        [message("it is \ud83d", 59)],
    ],
)
def test_else_the_value_stays_and_is_flagged(messages: list[dict[str, Any]]) -> None:
    assert texts([record(result("colour", 60))], messages) == [("blue", "value")]


@pytest.mark.parametrize("seconds", [60, 60 - 600])
def test_a_message_may_have_come_at_the_results_time_and_up_to_ten_minutes_before(seconds: float) -> None:
    assert texts([record(result("colour", 60))], [message("it is blue", seconds)]) == [("it is blue", "message")]


def test_a_message_that_is_listed_twice_is_one() -> None:
    twice = [message("it is blue", 59), message("it is blue", 59)]
    assert texts([record(result("colour", 60))], twice) == [("it is blue", "message")]
    twice = [old_message("it is blue", 59), old_message("it is blue", 59)]
    assert texts([record(result("colour", 60))], twice) == [("it is blue", "message")]


def test_an_empty_message_is_an_answer() -> None:
    assert texts([record(result("colour", 60))], [message("", 59)]) == [("", "message")]


def test_a_message_answers_the_question_that_was_asked_when_it_came() -> None:
    asked = record(result("colour", 60), result("age", 120), result("place", 120))
    messages = [message("it is blue", 60), message("I am 20", 60.000001), message("in Garowe", 130)]
    assert texts([asked], messages) == [("it is blue", "message"), ("I am 20", "message"), ("I am 20", "message")]


@pytest.mark.parametrize("made", [message, old_message])
def test_of_several_messages_the_newest_is_the_answer(made: Any) -> None:
    asked = record(valued("age", 60, "30"))
    assert texts([asked], [made("ma garanayo", 19), made("miaka 30", 59)]) == [("miaka 30", "message")]
    assert texts([asked], [made("soddon", 59), made("ma garanayo", 19)]) == [("soddon", "message")]


def test_a_message_that_came_while_the_answer_was_handled_is_not_taken_for_it() -> None:
    messages = [message("miaka 30", 58), message("mahadsanid", 59.5)]
    assert texts([record(valued("age", 60, "30"))], messages) == [("miaka 30", "message")]


def test_one_message_answers_all_results_whose_values_are_found_in_it() -> None:
    asked = record(
        valued("gender", 60, "nin"), valued("age", 60.000001, "30"), valued("place", 60.000002, "garoowe wayn")
    )
    whole = ("Nin 30 jir ah, Garoowe aad u wayn", "message")
    assert texts([asked], [message(whole[0], 59)]) == [whole, whole, whole]


@pytest.mark.parametrize(
    "before",
    [
        Result("call", "Call", "Success", "200", None, "no answer", at(59.5)),
        Result("call", "Call", "Radio", "radio", "radio", "unresolved", at(59.5)),
    ],
)
@pytest.mark.parametrize(("value", "text"), [("30", "miaka 30"), ("soddon", "soddon")])
def test_what_a_flow_did_before_it_looked_at_a_message_does_not_take_its_words(
    before: Result, value: str, text: str
) -> None:
    called, answered = texts([record(before, valued("age", 60, value))], [message(text, 59)])
    assert answered == (text, "message")
    assert called[0] == before.text


def test_a_call_does_not_hide_the_message_of_a_rule_that_rewrote_it() -> None:
    call = Result("call", "Call", "Success", "200", None, "no answer", at(59.5))
    asked = record(call, valued("born", 60, "1990-05-12T00:00:00.000000+03:00"))
    assert texts([asked], [message("12 bisha 5aad 1990", 59)])[1] == ("12 bisha 5aad 1990", "message")


def test_what_the_flow_set_does_not_take_an_open_questions_words() -> None:
    asked = record(valued("source", 59.5, "radio"), result("rqa", 60, "all responses", "biyo la'aan"))
    assert texts([asked], [message("biyo la'aan", 59)])[0] == ("radio", "value")


@pytest.mark.parametrize(("value", "text"), [("30", "miaka 30"), ("nin", "waxaan ahay Nin")])
def test_a_message_of_a_sub_flow_stands_under_the_flow_that_started_it(value: str, text: str) -> None:
    elsewhere = {"uuid": OTHER_FLOW, "name": "other"}
    asked = [record(valued("age", 60, value))]
    assert texts(asked, [message("haa", 10, flow=elsewhere), message(text, 59, flow=elsewhere)]) == [(text, "message")]
    assert texts(asked, [message(text, 58), message(f"{text} 2", 59, flow=elsewhere)]) == [(text, "message")]
    assert texts(asked, [message("haa", 10), message(text, 59, flow=elsewhere)]) == [(text, "message")]
    assert texts(asked, [message(text, 10, flow=elsewhere), message("soddon", 59)]) == [("soddon", "message")]


def test_a_value_of_640_characters_is_the_beginning_of_the_message_that_begins_so() -> None:
    whole = "biyo la'aan " * 60
    assert len(whole) == 720
    cut = record(Result("rqa", "Rqa", "Blue", whole[:640], whole[:640], "all responses", at(60)))
    assert not is_certain(cut)
    assert texts([cut], [message(whole, 58), message("another", 59)]) == [(whole, "message")]
    assert texts([cut], [message("another", 59)]) == [(whole[:640], "all responses")]
    assert corrected(cut, record(result("rqa", 60, "archive", whole))) == [result("rqa", 60, "archive", whole)]


def test_a_value_of_639_characters_is_the_text() -> None:
    whole = record(result("rqa", 60, "all responses", "a" * 639))
    assert is_certain(whole)
    assert unresolved([whole]) == []


def test_an_answer_whose_text_is_known_bounds_the_next_and_stays() -> None:
    asked = record(result("colour", 60, "all responses", "it is blue"), result("age", 120))
    messages = [message("it is blue", 59), message("I am 20", 119)]
    assert texts([asked], messages) == [("it is blue", "all responses"), ("I am 20", "message")]


def test_records_that_need_nothing_stay_the_same_objects_and_none_is_changed() -> None:
    certain, asked = record(result("colour", 60, "input")), record(result("colour", 60))
    found = resolved([certain, asked], unresolved([certain, asked]), [message("it is blue", 59)], FLOW)
    assert found[0] is certain
    assert (asked.values[0].text, asked.values[0].text_source) == ("blue", "unresolved")
    assert (found[1].values[0].text, found[1].values[0].value) == ("it is blue", "blue")


def test_messages_are_read_one_by_one_and_once() -> None:
    asked = [record(result("colour", 60)), record(result("colour", 60), contact=HODAN)]

    def listing() -> Iterator[dict[str, Any]]:
        yield message("it is blue", 59)
        for _ in range(10_000):
            yield message("noise", 59, contact={"uuid": FLOW})
        yield message("it is green", 59, contact={"uuid": HODAN})

    assert texts(asked, listing()) == [("it is blue", "message"), ("it is green", "message")]


def test_windows_reach_from_the_first_moment_that_an_answer_can_have_come_to_its_result() -> None:
    asked = unresolved([record(result("colour", 60), result("age", 120), result("name", 180, "input"))])
    assert asked == [
        Unresolved(0, 0, AMINA, *(START + timedelta(seconds=each) for each in (-540, 60, -540))),
        Unresolved(0, 1, AMINA, *(START + timedelta(seconds=each) for each in (-480, 120, 60.000001))),
    ]
    assert windows(asked) == [(START - timedelta(seconds=540), START + timedelta(seconds=120))]


@pytest.mark.parametrize(("gap_seconds", "count"), [(3600, 1), (3600 + 599.999999, 1), (3600 + 600, 2)])
def test_windows_less_than_an_hour_apart_are_listed_at_once(gap_seconds: float, count: int) -> None:
    asked = unresolved([record(result("colour", 0)), record(result("colour", gap_seconds))])
    assert len(windows(asked)) == count


def test_nothing_is_listed_where_nothing_is_looked_for() -> None:
    assert unresolved([record(result("colour", 60, "input"), result("age", 90, "all responses")), record()]) == []
    assert windows([]) == []


SECONDS = st.integers(0, 100_000)


@pytest.mark.slow
@given(st.lists(st.tuples(SECONDS, st.integers(0, 600)), max_size=20))
def test_windows_cover_every_answer_and_lie_an_hour_or_more_apart(spans: list[tuple[int, int]]) -> None:
    asked = [
        Unresolved(0, 0, AMINA, START + timedelta(seconds=end - length), START + timedelta(seconds=end), START)
        for end, length in spans
    ]
    merged = windows(asked)
    for each in asked:
        assert any(after <= each.after <= each.before <= before for after, before in merged)
    for (_, before), (after, _) in pairwise(merged):
        assert after - before >= timedelta(hours=1)
    assert sum(((before - after) for after, before in merged), timedelta()) <= timedelta(
        seconds=sum(length for _, length in spans) + 3600 * max(len(spans) - 1, 0)
    )


MESSAGES = st.lists(st.tuples(st.integers(-700, 700), st.sampled_from([AMINA, HODAN])), max_size=6, unique=True)


@pytest.mark.slow
@given(
    messages=MESSAGES,
    times=st.lists(st.integers(0, 700), min_size=1, max_size=4, unique=True),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_messages_does_not_matter_and_what_is_outside_the_windows_neither(
    messages: list[tuple[int, str]], times: list[int], order: Any
) -> None:
    records = [record(*(result(f"q{number}", time) for number, time in enumerate(times)))]
    listed = [message(f"{contact} {time}", time, contact={"uuid": contact}) for time, contact in messages]
    found = texts(records, listed)
    order.shuffle(listed)
    assert texts(records, listed) == found
    merged = windows(unresolved(records))
    inside = [m for m in listed if any(a <= datetime.fromisoformat(m["created_on"]) <= b for a, b in merged)]
    assert texts(records, inside) == found
    said = {text for text, source in found if source == "message"}
    assert len(said) == sum(source == "message" for _, source in found)


def test_texts_are_counted_by_their_rung() -> None:
    records = [record(result("a", 1, "input"), result("b", 2, "value")), record(result("c", 3, "value")), record()]
    assert text_counts(records) == {"input": 1, "value": 2}


@pytest.mark.parametrize(
    ("sources", "certain"),
    [
        ([], True),
        (["input", "archive", "all responses"], True),
        (["input", "message"], False),
        (["value", "input"], False),
        (["unresolved"], False),
    ],
)
def test_a_record_is_certain_where_an_archive_can_tell_nothing_new(sources: list[Any], certain: bool) -> None:
    of = record(*(result(f"q{number}", number, source) for number, source in enumerate(sources)))
    assert is_certain(of) is certain


def test_an_archive_corrects_what_was_guessed_otherwise() -> None:
    live = record(
        result("guessed", 60, "value", "blue"),
        result("found", 120, "message", "I am blue"),
        result("right", 180, "message", "it is blue"),
        result("known", 240, "input", "kept"),
        result("open", 300, "all responses", "kept"),
        result("gone", 360, "value", "blue"),
    )
    archived = record(
        result("known", 240, "archive", "other"),
        result("open", 300, "archive", "other"),
        result("right", 180, "archive", "it is blue"),
        result("found", 120, "archive", "it is blue"),
        result("guessed", 60, "archive", "so blue"),
    )
    assert corrected(live, archived) == [
        result("guessed", 60, "archive", "so blue"),
        result("found", 120, "archive", "it is blue"),
    ]


@pytest.mark.parametrize(
    "archived",
    [
        result("colour", 61, "archive", "it is green"),  # answered again since
        result("colour", 60.0011, "archive", "it is green"),
        result("colour", 60, "value", "green"),  # the archive does not know either
        result("colour", 60, "archive", None),
        result("age", 60, "archive", "it is green"),
    ],
)
def test_a_newer_answer_or_one_that_the_archive_does_not_know_is_no_correction(archived: Result) -> None:
    assert corrected(record(result("colour", 60, "value")), record(archived)) == []


@pytest.mark.parametrize("seconds", [59.999999, 60.000001, 60.001])
def test_the_listing_cuts_off_what_the_archive_rounds(seconds: float) -> None:
    whole = result("colour", seconds, "archive", "it is blue")
    assert corrected(record(result("colour", 60, "value")), record(whole)) == [whole]
