from typing import Any

import pytest

from pipeline_lib.sources.rapid_pro.known_words import FlowWords, with_known_words, words_of
from pipeline_lib.sources.rapid_pro.records import Record, Result, decode_records, encode_records

WORDS = FlowWords({"gender": frozenset({"Man", "Woman", "Other"})}, frozenset({"Gender"}))
TIME = "2025-05-01T09:01:10.100000+00:00"

SPELLINGS = [
    "252612345678",
    "+252 61 234 5678",
    "252612345678.0",
    "2.52612E+11",
    "(252) 61-2345678",
    "٢٥٢٦١٢٣٤٥٦٧٨",
    "tel:+252612345678",
    "avf-phone-uuid-252 61 234 5678",
    "amina@example.org",
]


def result(**changes: Any) -> Result:
    given = {"key": "gender", "name": "Gender", "category": "Man", "value": "nin", "text": "waa nin"}
    return Result(**(given | {"text_source": "input", "time": TIME} | changes))


def record(**changes: Any) -> Record:
    given: dict[str, Any] = {
        "run": "0199c5c0-0000-7000-8000-000000000001",
        "id": 981234,
        "contact": "d33e9ad5-0000-4000-8000-00000000000b",
        "participant": "avf-phone-uuid-00000000-0000-4000-8000-000000000001",
        "urn_type": "tel",
        "operator": "25261",
        "created_on": TIME,
        "modified_on": TIME,
        "exited_on": TIME,
        "exit_type": "completed",
        "values": [result()],
    }
    return Record(**(given | changes))


@pytest.mark.parametrize("exit_type", ["completed", "interrupted", "expired", "failed", None])
def test_a_record_of_known_words_is_kept_as_it_is(exit_type: str | None) -> None:
    known = record(exit_type=exit_type)
    assert with_known_words(known, WORDS) is known
    assert with_known_words(known, None) is known


@pytest.mark.parametrize("word", ["done", "Completed", "amina", *SPELLINGS])
def test_an_exit_type_that_no_server_has_is_taken_out_and_counted(word: str) -> None:
    checked = with_known_words(record(exit_type=word), WORDS)
    assert (checked.exit_type, checked.taken_out) == (None, ["exit types"])
    assert decode_records(encode_records([checked])) == [checked]
    assert with_known_words(checked, None) is checked


@pytest.mark.parametrize("number", [252612345678, 10**10, -1])
def test_an_id_that_may_be_a_phone_number_is_taken_out(number: int) -> None:
    checked = with_known_words(record(id=number), WORDS)
    assert (checked.id, checked.taken_out) == (None, ["ids"])


@pytest.mark.parametrize("category", ["Amina Xasan", *SPELLINGS])
def test_a_category_that_the_flow_does_not_have_is_taken_out(category: str) -> None:
    checked = with_known_words(record(values=[result(category=category)]), WORDS)
    assert (checked.values[0].category, checked.taken_out) == (None, ["categories"])


@pytest.mark.parametrize("category", ["All Responses", "Other", "No Response", "Woman", None])
def test_the_flows_categories_and_those_of_all_flows_stay(category: str | None) -> None:
    known = record(values=[result(category=category)])
    assert with_known_words(known, WORDS) is known


def test_a_name_is_its_keys_or_the_flows() -> None:
    for name in ("Gender", "gender", "GENDER ", None):
        assert with_known_words(record(values=[result(name=name)]), WORDS).taken_out == []
    for name in ("Amina", *SPELLINGS):
        checked = with_known_words(record(values=[result(name=name)]), WORDS)
        assert (checked.values[0].name, checked.taken_out) == (None, ["names"])


@pytest.mark.parametrize("key", ["252612345678", "rqa_2_5_2_6_1_2_3_4_5_6_7_8", "waa nin", "", "x" * 65])
def test_a_result_whose_key_is_none_goes_whole(key: str) -> None:
    checked = with_known_words(record(values=[result(key=key), result()]), WORDS)
    assert (checked.values, checked.taken_out) == ([result()], ["results"])


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("text", "source"), [(None, "input"), ("waa nin", "input"), ("waa nin", "message")])
def test_a_value_that_no_text_bears_out_is_taken_out(spelling: str, text: str | None, source: str) -> None:
    checked = with_known_words(record(values=[result(value=spelling, text=text, text_source=source)]), WORDS)
    assert (checked.values[0].value, checked.values[0].text, checked.taken_out) == (None, text, ["values"])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_of_a_result_without_its_message_value_and_text_go(spelling: str) -> None:
    checked = with_known_words(record(values=[result(value=spelling, text=spelling, text_source="value")]), WORDS)
    assert (checked.values[0].value, checked.values[0].text) == (None, None)
    assert sorted(checked.taken_out) == ["texts", "values"]


def test_a_urn_is_nobodys_text() -> None:
    checked = with_known_words(record(values=[result(value="tel:+252612345678", text="tel:+252612345678")]), WORDS)
    assert (checked.values[0].value, checked.values[0].text) == (None, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("waa 0612345678", "0612345678"),
        ("wac 061 234 5678!", "0612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "0612345678"),
        ("Amina@example.org waa aniga", "amina@example.org"),
    ],
)
def test_what_a_person_wrote_is_their_own(text: str, value: str) -> None:
    known = record(values=[result(text=text, value=value)])
    assert with_known_words(known, WORDS) is known


def test_of_what_was_stored_before_only_addresses_are_taken_out() -> None:
    old = record(values=[result(category="Renamed since"), result(category="+252 61 234 5678")], exit_type="gone")
    checked = with_known_words(old, None)
    assert [each.category for each in checked.values] == ["Renamed since", None]
    assert checked.taken_out == ["exit types", "categories"]


def test_a_flows_words_are_those_of_its_results() -> None:
    results: list[dict[str, Any]] = [
        {"key": "gender", "name": "Gender", "categories": ["Man", "Woman", 5, "252612345678"]},
        {"key": "age", "name": "+252612345678", "categories": None},
        {"name": "nobody"},
        {},
    ]
    assert words_of(results) == FlowWords({"gender": frozenset({"Man", "Woman"})}, frozenset({"Gender", "nobody"}))
