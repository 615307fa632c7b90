import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.processing.raw_data import read_activations, read_surveys
from pipeline_lib.processing.raw_lines import Checks
from pipeline_lib.trace.history import HIDDEN_VALUE


def update(data: dict[str, Any], nested: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"Data": data, "Metadata": {}, "NestedTracedData": nested or {}, "SHA": ""}


def test_a_traced_object_shows_its_newest_values(jsonl: Callable[..., Path]) -> None:
    path = jsonl([update({"text": "new", "more": 3}), update({"avf_phone_id": "p1", "text": "old"})])
    frame = read_activations(path, {"text", "more", "elsewhere"}, "avf_phone_id", None).frame
    assert frame.to_dicts() == [{"participant": "p1", "text": "new", "more": "3"}]


def test_within_an_update_plain_values_win_over_nested_ones_and_hidden_ones_are_gone(
    jsonl: Callable[..., Path],
) -> None:
    survey = [update({"gender": "wiil", "age": "20"})]
    path = jsonl(
        [
            update({"gender": HIDDEN_VALUE}),
            update({"age": "30"}, {"survey": survey}),
            update({"avf_phone_id": "p1"}),
        ]
    )
    frame = read_activations(path, {"gender", "age"}, "avf_phone_id", None).frame
    assert frame.to_dicts() == [{"participant": "p1", "age": "30"}]


def test_flat_objects_are_read_too_and_values_that_are_no_texts_become_json(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"avf_phone_id": "p1", "run": 700, "parent": {"b": 1, "a": {}}, "test_run": True, "gone": None})
    frame = read_activations(path, {"run", "parent", "test_run", "gone"}, "avf_phone_id", None).frame
    assert frame.to_dicts() == [
        {"participant": "p1", "run": "700", "parent": '{"a":{},"b":1}', "test_run": "true", "gone": None}
    ]


def test_numbers_too_long_for_a_machine_word_stay_as_they_are(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"avf_phone_id": "p1", "run": 10**30}, {"avf_phone_id": "p2", "run": {"id": 10**30}})
    frame = read_activations(path, {"run"}, "avf_phone_id", None).frame
    assert frame["run"].to_list() == ["1" + "0" * 30, '{"id":1' + "0" * 30 + "}"]


def test_survey_runs_of_an_identity_that_is_no_text_are_one_participants(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"avf_phone_id": ["p", 1], "age": "20"}, {"avf_phone_id": ["p", 1], "gender": "wiil"})
    frame = read_surveys(path, {"gender", "age"}, "avf_phone_id", None).frame
    assert frame.to_dicts() == [{"participant": '["p",1]', "age": "20", "gender": "wiil"}]


@pytest.mark.parametrize(("as_predecessor", "gender"), [(True, None), (False, "wiil")])
def test_later_survey_runs_replace_earlier_answers_but_not_by_absence_and_by_null_as_predecessors_did_alone(
    jsonl: Callable[..., Path], as_predecessor: bool, gender: str | None
) -> None:
    path = jsonl(
        {"avf_phone_id": "p1", "gender": "wiil", "age": "20"},
        {"avf_phone_id": "p2", "gender": "naag"},
        {"avf_phone_id": "p1", "gender": None, "age": "21"},
    )
    read = read_surveys(path, {"gender", "age"}, "avf_phone_id", None, Checks(as_predecessor=as_predecessor))
    assert read.frame.to_dicts() == [
        {"participant": "p1", "gender": gender, "age": "21"},
        {"participant": "p2", "gender": "naag", "age": None},
    ]
    assert dict(read.counts) == ({} if as_predecessor else {"null_answers": 1})


def test_a_participant_is_where_the_first_of_several_survey_runs_is(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    runs = [{"avf_phone_id": uid, "age": "20"} for uid in ("p1", "p1", "p2")]
    path.write_text("\n".join(["", *map(json.dumps, runs), "no object", '{"avf_phone_id": "p3"}', ""]))
    read = read_surveys(path, {"age"}, "avf_phone_id", None, Checks(share_limit=0.5))
    assert list(zip(read.frame["participant"], read.rows, strict=True)) == [("p1", 0), ("p2", 2), ("p3", 4)]
    assert read.object_count == 5


AGE = {name: f"Age ({name}) - f" for name in ("Text", "Value", "Time", "Run ID")}


@pytest.mark.parametrize(
    ("newer", "shown"),
    [
        ({"Text": None, "Value": None}, ("twenty", "20", "2021-10-01T00:00:00Z", "1")),
        ({"Text": None, "Value": "21"}, ("twenty", "21", "2021-10-02T00:00:00Z", "2")),
        ({"Text": "", "Value": None}, ("", "20", "2021-10-02T00:00:00Z", "2")),
        ({"Text": "x", "Value": "y"}, ("x", "y", "2021-10-02T00:00:00Z", "2")),
    ],
)  # fmt: skip
def test_an_answer_that_stays_keeps_its_time_and_what_else_is_told_of_it(
    jsonl: Callable[..., Path], newer: dict[str, Any], shown: tuple[str, ...]
) -> None:
    def run(number: int, **fields: Any) -> dict[str, Any]:
        time = f"2021-10-0{number}T00:00:00Z"
        return {AGE[name]: value for name, value in ({"Time": time, "Run ID": number} | fields).items()}

    path = jsonl({"avf_phone_id": "p1", **run(1, Text="twenty", Value="20")}, {"avf_phone_id": "p1", **run(2, **newer)})
    frame = read_surveys(path, set(AGE.values()), "avf_phone_id", None).frame
    assert frame.select(AGE.values()).rows() == [shown]


def test_an_answer_that_nothing_came_after_is_told_as_it_was(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"avf_phone_id": "p1", "age": None, "gender": None}, {"avf_phone_id": "p1", "age": "20"})
    read = read_surveys(path, {"age", "gender"}, "avf_phone_id", None)
    assert read.frame.to_dicts() == [{"participant": "p1", "age": "20", "gender": None}]
    assert read.counts == ()


@pytest.mark.parametrize("read", [read_activations, read_surveys])
@pytest.mark.parametrize(("as_predecessor", "age"), [(False, "23"), (True, "23.0")])
def test_a_number_without_a_fraction_is_told_without_a_point(
    jsonl: Callable[..., Path], read: Callable[..., Any], as_predecessor: bool, age: str
) -> None:
    path = jsonl(*({"avf_phone_id": f"p{value}", "age": value} for value in (23.0, 23, 23.5, -0.0, 1e300)))
    frame = read(path, {"age"}, "avf_phone_id", None, Checks(as_predecessor=as_predecessor)).frame
    zero = "-0.0" if as_predecessor else "0"
    assert frame["age"].to_list() == [age, "23", "23.5", zero, "1e+300"]


@pytest.mark.parametrize("read", [read_activations, read_surveys])
def test_half_a_character_and_nan_cost_themselves_only_and_are_counted_where_somebody_reads_them(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(
        rb"""{"avf_phone_id": "p1", "text": "biyo \ud83d", "age": NaN, "post": {"\ud83d": [Infinity]}}
{"avf_phone_id": "p2", "text": "\ud83d\ude00", "unread": "\ud83d", "\ude00": NaN, "age": 1e999}
[{"Data": {"text": "haa \udc00"}}, {"Data": {"avf_phone_id": "p3", "age": 23}}]
"""
        + b'\xef\xbb\xbf{"avf_phone_id": "p4", "text": "\xed\xa0\xbd", "age": %s}\n' % (b"9" * 5000)
    )
    found = read(path, {"text", "age", "post"}, "avf_phone_id", None)
    assert found.frame.select("participant", "text", "age", "post").rows() == [
        ("p1", "biyo \ufffd", None, '{"\ufffd":[null]}'),
        ("p2", "\U0001f600", None, None),
        ("p3", "haa \ufffd", "23", None),
        ("p4", "\ufffd", None, None),
    ]
    assert dict(found.counts) == {"half_characters": 4, "nan_values": 4}
    assert found.set_aside == ()


@pytest.mark.parametrize("read", [read_activations, read_surveys])
def test_few_lines_that_cannot_be_used_are_set_aside_and_the_others_are_as_if_alone(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    good = b'{"avf_phone_id": "p1", "text": "haa"}\n', b'{"avf_phone_id": "p2", "text": "maya"}\n'
    deep = b'{"avf_phone_id": "p2", "post": ' + b"[" * 101 + b"]" * 101 + b"}\n"
    odd = [b"half a line\n", b"[]\n", b'{"text": "x"}\n', b'{"avf_phone_id": "p1", "text": ["secret"]}\n', deep]
    path = tmp_path / "f.jsonl"
    path.write_bytes(odd[0] + b"\n" + good[0] + b"".join(odd[1:]) + good[1])
    checks = Checks(scalars=frozenset({"text"}), share_limit=0.8)
    found = read(path, {"text", "post"}, "avf_phone_id", None, checks)
    assert found.frame.select("participant", "text").rows() == [("p1", "haa"), ("p2", "maya")]
    assert [tuple(each) for each in found.set_aside] == [
        (1, 0, "is no complete JSON"),
        (4, 2, 'has no "avf_phone_id"'),
        (5, 3, 'has no "avf_phone_id"'),
        (6, 4, '"text" is a list or an object in the place of a text'),
        (7, 5, '"post" is nested too deeply'),
    ]
    assert found.rows.to_list() == [1, 6]


@pytest.mark.parametrize("read", [read_activations, read_surveys])
def test_what_can_be_read_of_an_object_that_is_set_aside_is_unseen_since_it_may_be_a_stop(
    jsonl: Callable[..., Path], read: Callable[..., Any]
) -> None:
    path = jsonl({"avf_phone_id": "p1", "age": ["secret"], "text": "stop"}, {"avf_phone_id": "p2", "text": "haa"})
    found = read(path, {"text", "age"}, "avf_phone_id", None, Checks(scalars=frozenset({"age"}), share_limit=0.5))
    assert found.frame.rows() == [("p2", "haa")]
    assert found.unseen.rows() == [("p1", "stop")]


def test_too_many_lines_that_cannot_be_used_are_an_error_that_says_how_many_may_be(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"avf_phone_id": "p1"}, {"text": "secret"}, {"avf_phone_id": None})
    with pytest.raises(DataError) as caught:
        read_activations(path, set(), "avf_phone_id", None, Checks(share_limit=0.5))
    assert str(caught.value).splitlines() == [
        f'{path}: line 2: has no "avf_phone_id"',
        f'{path}: line 3: has no "avf_phone_id"',
        (
            f"{path}: 2 of its 3 lines cannot be used; fetch the file again, or correct it; "
            "at most 50.0% may be set aside (QuarantineShareLimit)"
        ),
    ]


def test_neither_an_address_nor_a_file_that_ends_within_a_line_is_ever_set_aside(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"avf_phone_id": WHO}, {"avf_phone_id": "252612345678"})
    path.write_bytes(path.read_bytes() + b'{"avf_phone_id": "se')
    with pytest.raises(DataError) as caught:
        read_activations(path, set(), "avf_phone_id", None, Checks(participants=True, share_limit=1.0))
    assert str(caught.value).splitlines() == [
        f'{path}: line 2: is not de-identified: "avf_phone_id" is no participant uuid',
        f"{path}: line 3: is no complete JSON; the file ends there; fetch it again",
    ]


@pytest.mark.parametrize(
    ("early", "late"),
    [
        (
            {"Rqa (Text) - f": "a", "Rqa (Time) - f": "2021-10-01T00:00:00Z"},
            {"Rqa (Text) - f": "b", "Rqa (Time) - f": "2021-10-02T00:00:00Z"},
        ),
        (
            {"message": "a", "received_on": "2021-10-02T02:59:59+03:00"},
            {"message": "b", "received_on": "2021-10-02T03:00+03:00"},
        ),
        (
            {"message - csv": "a", "received_on - csv": "2021-10-01T00:00:00Z"},
            {"message - csv": "b", "received_on - csv": "2021-10-03T00:00:00Z"},
        ),
        (
            {"s01.message": "a", "s01.created_time": "2021-10-01T00:00:00+00:00"},
            {"s01.message": "b", "s01.created_time": "2021-10-02T00:00:00+00:00"},
        ),
    ],
)
def test_what_was_received_at_the_as_of_instant_or_later_is_not_there_yet(
    jsonl: Callable[..., Path], early: dict[str, str], late: dict[str, str]
) -> None:
    path = jsonl({"avf_phone_id": "p1", **early}, {"avf_phone_id": "p2", **late})
    frame = read_activations(path, set(early), "avf_phone_id", datetime(2021, 10, 2, tzinfo=UTC)).frame
    assert frame.to_dicts() == [
        {"participant": "p1", **early, "received later": None},
        {"participant": "p2", **dict.fromkeys(early), "received later": "true"},
    ]


def test_a_late_message_takes_its_other_fields_along_but_not_those_of_another_result(
    jsonl: Callable[..., Path],
) -> None:
    late = {"Rqa (Text) - f": "b", "Rqa (Text Source) - f": "input", "Rqa (Run ID) - f": 7}
    late |= {"Rqa (Time) - f": "2021-10-02T00:00:00Z"}
    path = jsonl({"avf_phone_id": "p1", "Other (Text) - f": "c", "Other (Time) - f": "no time", **late})
    keys = {"Rqa (Text) - f", "Rqa (Text Source) - f", "Rqa (Run ID) - f", "Other (Text) - f"}
    frame = read_activations(path, keys, "avf_phone_id", datetime(2021, 10, 2, tzinfo=UTC)).frame
    assert frame.to_dicts() == [{"participant": "p1", "Other (Text) - f": "c", "received later": "true"}]


def test_a_late_survey_answer_does_not_replace_an_early_one(jsonl: Callable[..., Path]) -> None:
    def run(value: str, time: str) -> dict[str, str]:
        return {"avf_phone_id": "p1", "Age (Value) - f": value, "Age (Time) - f": time}

    path = jsonl(run("20", "2021-10-01T00:00:00Z"), run("21", "2021-10-05T00:00:00Z"))
    frame = read_surveys(path, {"Age (Value) - f"}, "avf_phone_id", datetime(2021, 10, 2, tzinfo=UTC)).frame
    assert frame.to_dicts() == [{"participant": "p1", "Age (Value) - f": "20"}]


@pytest.mark.parametrize(
    ("last_line", "wrong"),
    [
        (b'[{"Data": {"avf_phone_id": "p2", "text": "half', "line 2: is no complete JSON"),
        (b'"a text"\n', "line 2: is neither a traced object nor a JSON object"),
        (b'[{"Metadata": {}}]\n', "line 2: is neither a traced object nor a JSON object"),
        (b'{"avf_phone_id": "p2", "text": ' + b"[" * 100_000 + b"\n", "line 2: is neither a traced object nor"),
        (b'{"avf_phone_id": "p2", "text": "\xff half"}\n', "line 2: is no complete JSON"),
        (b'{"text": "from nobody"}\n', 'line 2: has no "avf_phone_id"'),
        (b'{"avf_phone_id": "", "text": "from nobody"}\n', 'line 2: has no "avf_phone_id"'),
    ],
)
def test_a_broken_line_is_named_without_its_text(jsonl: Callable[..., Path], last_line: bytes, wrong: str) -> None:
    path = jsonl({"avf_phone_id": "p1", "text": "whole"})
    path.write_bytes(path.read_bytes() + last_line)
    with pytest.raises(DataError) as caught:
        read_activations(path, {"text"}, "avf_phone_id", None)
    assert wrong in str(caught.value)
    assert not {"half", "nobody", "a text"} & {
        word for word in ("half", "nobody", "a text") if word in str(caught.value)
    }


def test_an_empty_file_is_nobody(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"\n")
    assert read_activations(path, {"text"}, "avf_phone_id", None).frame.shape == (0, 1)


def test_every_line_that_is_from_nobody_is_named(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"text": "a"}, {"avf_phone_id": "p1"}, {"avf_phone_id": None}, name="survey.jsonl")
    with pytest.raises(DataError) as caught:
        read_surveys(path, {"text"}, "avf_phone_id", None)
    assert str(caught.value).splitlines() == [f'{path}: line {line}: has no "avf_phone_id"' for line in (1, 3)]


def test_a_byte_order_mark_and_other_line_ends_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"avf_phone_id": "p1"}\r\n\r\n{"avf_phone_id": "p2"}\r\n')
    assert read_activations(path, set(), "avf_phone_id", None).frame["participant"].to_list() == ["p1", "p2"]


def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "flow.jsonl")
    with pytest.raises(DataError, match=r"/flow\.jsonl: is a named pipe, not a file"):
        read_activations(tmp_path / "flow.jsonl", [], "uid", None)


WHO = "avf-phone-uuid-00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("read", [read_activations, read_surveys])
@pytest.mark.parametrize(
    "who",
    [
        252612345678,
        252612345678.0,
        "252612345678.0",
        "2.52612E+11",
        "(252) 61-2345678",
        "٢٥٢٦١٢٣٤٥٦٧٨",
        "avf-phone-uuid-tel:252612345678",
        "avf-phone-uuid-252612345678",
        [WHO],
        {"uuid": WHO},
        True,
    ],
)
def test_where_participants_are_checked_only_a_prefix_and_a_uuid_pass(
    jsonl: Callable[..., Path], read: Callable[..., Any], who: Any
) -> None:
    good, bad = {"avf_phone_id": WHO, "text": "a"}, {"avf_phone_id": who, "text": "b"}
    path = jsonl(good, bad, [update(bad)])
    with pytest.raises(DataError) as caught:
        read(path, {"text"}, "avf_phone_id", None, Checks(participants=True))
    assert str(caught.value).splitlines() == [
        f'{path}: line {line}: is not de-identified: "avf_phone_id" is no participant uuid' for line in (2, 3)
    ]
    checked = read(jsonl(good), {"text"}, "avf_phone_id", None, Checks(participants=True)).frame
    assert checked["participant"].to_list() == [WHO]


@pytest.mark.parametrize("read", [read_activations, read_surveys])
def test_a_list_or_an_object_in_the_place_of_a_text_is_refused_by_line_and_key(
    jsonl: Callable[..., Path], read: Callable[..., pl.DataFrame]
) -> None:
    path = jsonl(
        {"avf_phone_id": WHO, "text": ["secret"], "parent": {"id": "1"}},
        {"avf_phone_id": WHO, "text": "a", "time": {"secret": 1}},
        {"avf_phone_id": WHO, "text": 5, "time": None},
    )
    keys, checks = {"text", "time", "parent"}, Checks(scalars=frozenset({"text", "time"}))
    with pytest.raises(DataError) as caught:
        read(path, keys, "avf_phone_id", None, checks)
    assert str(caught.value).splitlines() == [
        f'{path}: line 1: "text" is a list or an object in the place of a text',
        f'{path}: line 2: "time" is a list or an object in the place of a text',
    ]


@pytest.mark.parametrize("flow", ["f", 'what "is" it', "back\\slash", "line\nbreak", "null\0", "a - b", "\u2028"])
def test_what_came_too_late_is_left_out_whatever_the_name_of_its_flow(flow: str, jsonl: Callable[..., Path]) -> None:
    value, time = f"Age (Value) - {flow}", f"Age (Time) - {flow}"
    path = jsonl(
        {"avf_phone_id": "p1", value: "20", time: "2021-10-01T00:00:00Z", "other": 1},
        [{"Data": {"avf_phone_id": "p2", value: "21", time: "2021-10-03T00:00:00Z", "other": 1}}],
    )
    read = read_activations(path, {value, time}, "avf_phone_id", datetime(2021, 10, 2, tzinfo=UTC))
    assert read.frame.select("participant", value).rows() == [("p1", "20"), ("p2", None)]
    assert read.unseen.select("participant", value).rows() == [("p2", "21")]
    assert set(read.frame.columns) == {"participant", value, time, "received later"}


def test_what_a_run_does_not_see_is_kept_apart_with_who_said_it(jsonl: Callable[..., Path]) -> None:
    as_of, key = datetime(2021, 10, 2, tzinfo=UTC), "Age ({}) - f"
    said = [
        ("p1", "20", "2021-10-01"),
        ("p1", "stop", "2021-10-01"),
        ("p1", "21", "2021-10-03"),
        ("p2", "x", "2021-10-01"),
    ]
    path = jsonl(
        *(
            {"avf_phone_id": who, key.format("Value"): age, key.format("Time"): f"{day}T00:00:00Z"}
            for who, age, day in said
        )
    )
    keys = {key.format("Value"), key.format("Time")}
    answers = read_surveys(path, keys, "avf_phone_id", as_of)
    assert answers.frame[key.format("Value")].to_list() == ["stop", "x"]
    assert sorted(answers.unseen.select("participant", key.format("Value")).drop_nulls().rows()) == [
        ("p1", "20"),
        ("p1", "21"),
        ("p1", "stop"),
    ]
    messages = read_activations(path, keys, "avf_phone_id", as_of)
    assert messages.frame[key.format("Value")].to_list() == ["20", "stop", None, "x"]
    assert messages.unseen.select("participant", key.format("Value"), "received later").rows() == [("p1", "21", "true")]
    assert read_activations(path, keys, "avf_phone_id", None).unseen.is_empty()
