from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.label_store.messages import broken_messages, first_of, lacking

INSTANT = "expected an ISO time with a zone, such as 2025-05-01T09:01:10Z"
PLACE = "file:///labels/demo.json"
HASH = "ab" * 32
LABEL = {"SchemeID": "Scheme-1", "CodeID": "code-1", "DateTimeUTC": "2021-11-02T10:00:00.123456Z"}
MESSAGE = {"MessageID": HASH, "Text": "secret words", "CreationDateTimeUTC": "2021-11-01T10:00:00+00:00", "Labels": []}


def problems(messages: list[Any]) -> list[str]:
    """What is wrong with messages, a line each; checks that no line quotes the text."""
    told = list(map(str, first_of(broken_messages(messages, PLACE), PLACE)))
    assert "secret" not in "".join(told)
    return told


def test_a_label_may_have_everything_that_coda_writes() -> None:
    origin = {"OriginID": "x", "Name": "n", "OriginType": "Automatic", "Metadata": {"k": "v"}}
    label = {**LABEL, "Checked": True, "Confidence": 1, "LabelSet": 0, "Origin": origin, "New": [None]}
    messages = [{**MESSAGE, "Labels": [label, LABEL], "SequenceNumber": None, "LastUpdated": None, "New": 1.5}]
    assert problems(messages) == []


@pytest.mark.parametrize(
    ("change", "where", "right"),
    [
        ({"MessageID": ""}, ".MessageID", "expected a non-empty string"),
        ({"MessageID": 5}, ".MessageID", "expected a non-empty string"),
        ({"Text": ""}, f".Text (MessageID {HASH})", "expected a non-empty string"),
        ({"Text": ["secret"]}, f".Text (MessageID {HASH})", "expected a non-empty string"),
        ({"Text": "secret half \ud83d"}, f".Text (MessageID {HASH})", "expected a non-empty string"),
        ({"Labels": {}}, f".Labels (MessageID {HASH})", "expected a list"),
        ({"SequenceNumber": True}, f".SequenceNumber (MessageID {HASH})", "expected a whole number"),
        ({"SequenceNumber": 2**63}, f".SequenceNumber (MessageID {HASH})", "expected a whole number"),
        ({"SequenceNumber": 1.0}, f".SequenceNumber (MessageID {HASH})", "expected a whole number"),
    ],
)
def test_a_broken_rule_of_a_message_names_its_place(change: dict[str, Any], where: str, right: str) -> None:
    assert problems([{**MESSAGE, **change}]) == [f"{PLACE}: [0]{where}: is not valid; {right}"]


@pytest.mark.parametrize("time", ["2021-11-01T10:00:00", "2021-11-01", "yesterday, secret", "2021-13-01T10:00:00Z", 5])
@pytest.mark.parametrize("key", ["CreationDateTimeUTC", "LastUpdated"])
def test_a_time_needs_a_zone(key: str, time: object) -> None:
    assert problems([{**MESSAGE, key: time}]) == [f"{PLACE}: [0].{key} (MessageID {HASH}): is not valid; {INSTANT}"]


@pytest.mark.parametrize(
    ("change", "where", "right"),
    [
        ({"SchemeID": 1}, ".SchemeID", "expected a non-empty string"),
        ({"CodeID": ""}, ".CodeID", "expected a non-empty string"),
        ({"DateTimeUTC": "2021-11-01"}, ".DateTimeUTC", INSTANT),
        ({"Checked": "true"}, ".Checked", "expected true or false"),
        ({"Confidence": 1.01}, ".Confidence", "expected a number from 0 to 1"),
        ({"Confidence": True}, ".Confidence", "expected a number from 0 to 1"),
        ({"LabelSet": "0"}, ".LabelSet", "expected a whole number"),
        ({"Origin": "secret"}, ".Origin", "expected an object"),
        (
            {"Origin": {"OriginID": "x", "Name": "n", "OriginType": "Manual", "Metadata": {"k": 1}}},
            ".Origin.Metadata",
            "expected an object of strings",
        ),
        (
            {"Origin": {"OriginID": "x", "Name": 5, "OriginType": "Manual"}},
            ".Origin.Name",
            "expected a non-empty string",
        ),
    ],
)
def test_a_broken_rule_of_a_label_names_its_place(change: dict[str, Any], where: str, right: str) -> None:
    messages = [{**MESSAGE, "Labels": [LABEL, {**LABEL, **change}]}]
    assert problems(messages) == [f"{PLACE}: [0].Labels[1]{where} (MessageID {HASH}): is not valid; {right}"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert problems([MESSAGE, {"MessageID": "secret", "Labels": [{}, 5]}, 7, {**MESSAGE, "Text": None}]) == [
        f"{PLACE}: [1].Text: is missing; expected a non-empty string",
        f"{PLACE}: [1].CreationDateTimeUTC: is missing; {INSTANT}",
        f"{PLACE}: [1].Labels[0].SchemeID: is missing; expected a non-empty string",
        f"{PLACE}: [1].Labels[0].CodeID: is missing; expected a non-empty string",
        f"{PLACE}: [1].Labels[0].DateTimeUTC: is missing; {INSTANT}",
        f"{PLACE}: [1].Labels[1]: is not an object; expected one",
        f"{PLACE}: [2]: is not an object; expected one",
        f"{PLACE}: [3].Text (MessageID {HASH}): is missing; expected a non-empty string",
        f"{PLACE}: [3].MessageID (MessageID {HASH}): is also that of [0]; expected each message once",
    ]


def test_very_many_problems_are_counted_after_the_first() -> None:
    told = problems([{}] * 20)
    assert len(told) == 51
    assert told[-1] == f"{PLACE}: 30 more problems like these"


def test_what_is_no_message_is_refused_among_those_to_add_with_all_the_others() -> None:
    with pytest.raises(DataError) as caught:
        lacking([MESSAGE, None, ["secret"], {"MessageID": ["secret"]}], set(), "demo")
    assert [problem.place.removeprefix('messages to add to dataset "demo": ') for problem in caught.value.problems] == [
        "[1]",
        "[2]",
        "[3].MessageID",
        "[3].Text",
        "[3].CreationDateTimeUTC",
        "[3].Labels",
    ]
