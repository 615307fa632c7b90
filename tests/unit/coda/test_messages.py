import json
import traceback
from typing import Any

import pytest

from pipeline_lib.coda.messages import parsed
from pipeline_lib.errors import DataError

INSTANT = "expected an ISO time with a zone, such as 2025-05-01T09:01:10Z"
PLACE = "file:///labels/demo.json"
HASH = "ab" * 32
LABEL = {"SchemeID": "Scheme-1", "CodeID": "code-1", "DateTimeUTC": "2021-11-02T10:00:00.123456Z"}
MESSAGE = {"MessageID": HASH, "Text": "secret words", "CreationDateTimeUTC": "2021-11-01T10:00:00+00:00", "Labels": []}


def problems(messages: Any) -> list[str]:
    """What is wrong with a file of these messages, a line each; checks that no line quotes the text."""
    content = messages if isinstance(messages, bytes) else json.dumps(messages).encode()
    with pytest.raises(DataError) as caught:
        parsed(content, PLACE)
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None  # a decoder's exception would hold the whole file
    return str(caught.value).splitlines()


def test_a_label_may_have_everything_that_coda_writes() -> None:
    origin = {"OriginID": "x", "Name": "n", "OriginType": "Automatic", "Metadata": {"k": "v"}}
    label = {**LABEL, "Checked": True, "Confidence": 1, "LabelSet": 0, "Origin": origin, "New": [None]}
    messages = [{**MESSAGE, "Labels": [label, LABEL], "SequenceNumber": None, "LastUpdated": None, "New": 1.5}]
    assert parsed(json.dumps(messages).encode(), PLACE) == messages
    assert parsed(b"\xef\xbb\xbf[]\r\n", PLACE) == []


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


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[\n  {"Text": "secret', f"{PLACE}, line 2, column 12: is not JSON: Unterminated string starting at"),
        (b'[{"Text": "secret"} {}]', f"{PLACE}, line 1, column 21: is not JSON: Expecting ',' delimiter"),
        (b"", f"{PLACE}, line 1, column 1: is not JSON: Expecting value"),
        (b"[]\nsecret", f"{PLACE}, line 2, column 1: is not JSON: Extra data"),
        (b'["secret \xff"]', f"{PLACE}: is not UTF-8 at byte 9; save it as UTF-8"),
        (b'[{"secret": NaN}]', f"{PLACE}: holds a number that JSON does not have"),
        (b"[" + b"1" * 10_000 + b"]", f"{PLACE}: holds a number that JSON does not have"),
        (b"[" * 100_000, f"{PLACE}: is nested too deeply"),
        (b'{"Text": "secret"}', f"{PLACE}: is not a list"),
    ],
)
def test_a_file_that_is_no_list_in_json_is_named_with_the_place(content: bytes, expected: str) -> None:
    whole = "; expected a list of Coda's messages, whole"
    assert problems(content) == [expected if "UTF-8" in expected else expected + whole]
