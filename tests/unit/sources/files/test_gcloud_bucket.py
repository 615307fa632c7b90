import json
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.sources.base import BadLine, Converted, SourceFile
from pipeline_lib.sources.files.gcloud_bucket import BucketFileConverter
from pipeline_lib.sources.files.kept_fields import FieldKind
from pipeline_lib.trace.history import HIDDEN_VALUE
from pipeline_lib.trace.reader import verify

FILE = SourceFile("demog", "gs://bucket/demog.jsonl?key=secret", is_survey=True)
WHO = "avf-phone-uuid-00000000-0000-4000-8000-000000000001"
FLAT = f'{{"avf_phone_id": "{WHO}", "message": "tel: 0610000001"}}\n'.encode()
FIELDS = {
    "message": FieldKind.TEXT,
    "sent_on": FieldKind.TIME,
    "run_id": FieldKind.IDENTIFIER,
    "post": FieldKind.OBJECT,
    "urn_type": FieldKind.OTHER,
    "note": FieldKind.OTHER,
    "a": FieldKind.OTHER,
    "b": FieldKind.OTHER,
}
METADATA = {"Source": "rapid_pro_client.py:925:convert", "Timestamp": "2021-10-01T00:00:00.000000Z", "User": "u@x.org"}

SPELLINGS: dict[str, Any] = {
    "a number": 252612345678,
    "a float": 252612345678.0,
    "a text": "252612345678",
    "a text of a float": "252612345678.0",
    "a spreadsheet's": "2.52612E+11",
    "with separators": "(252) 61-2345678",
    "with a plus": "+252 61 234 5678",
    "in Arabic digits": "٢٥٢٦١٢٣٤٥٦٧٨",
    "a URN": "tel:+252612345678",
    "an account": "facebook:123",
    "behind the prefix": "avf-phone-uuid-252 61 234 5678",
    "a URN behind the prefix": "avf-phone-uuid-tel:+252612345678",
    "in a list": ["252612345678"],
    "in a list in pieces": ["252", "61", "234", "5678"],
    "in an object": {"urn": "tel:+252612345678"},
    "nested": {"contact": [{"urns": ["tel:+252612345678"]}]},
    "a key": {"252612345678": True},
    "a list with a uuid": [WHO],
}


def traced(data: dict[str, object], nested: dict[str, object] | None = None, **more: object) -> bytes:
    update = {"Data": data, "Metadata": METADATA, "NestedTracedData": nested or {}, "SHA": "0"} | more
    return json.dumps([update]).encode() + b"\n"


def convert(content: bytes) -> Converted:
    return BucketFileConverter(FIELDS).convert(content, FILE)


def fault(content: bytes) -> str:
    with pytest.raises(DataError) as raised:
        convert(content)
    return str(raised.value)


def set_aside(content: bytes) -> list[tuple[int, str]]:
    return [(bad.line, bad.reason) for bad in convert(content).quarantined]


def line_of(**fields: Any) -> bytes:
    return json.dumps({"avf_phone_id": WHO, **fields}).encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (FLAT, 1),
        (FLAT + FLAT.rstrip(b"\n"), 2),
        (FLAT.replace(b"\n", b"\r\n") * 2, 2),
        (traced({"avf_phone_id": WHO, "urn_type": "tel", "a": HIDDEN_VALUE}) * 3, 3),
        (traced({"a": 1}, {"survey_responses": json.loads(traced({"b": None}))}), 1),
    ],
)
def test_a_file_of_which_all_is_kept_is_passed_on_byte_for_byte(content: bytes, count: int) -> None:
    assert convert(content) == Converted(content, count, ())


def test_fields_that_nobody_reads_are_left_out_and_counted() -> None:
    flat = line_of(
        message="haa", Sender="252612345678", tel=252612345678, **{"contact.urn": "tel:1", "252612345678": 1}
    )
    converted = convert(flat + line_of(message="maya", Sender="0612345678"))
    assert [json.loads(line) for line in converted.content.splitlines()] == [
        {"avf_phone_id": WHO, "message": "haa"},
        {"avf_phone_id": WHO, "message": "maya"},
    ]
    assert (converted.record_count, converted.left_out_count) == (2, 4)


def test_of_a_traced_object_the_history_of_what_is_kept_is_left_with_hashes_of_its_own(tmp_path: Path) -> None:
    nested = json.loads(traced({"b": "x", "tel": "252612345678"}))
    older = json.loads(traced({"avf_phone_id": WHO, "Sender": "252612345678", "message": "haa"}, {"answers": nested}))
    newer = json.loads(traced({"message": "maya", "contact": {"urn": "tel:1"}}))
    only_left_out = json.loads(traced({"tel": 252612345678}))
    content = json.dumps([*only_left_out, *newer, *older]).encode() + b"\n"
    (tmp_path / "kept.jsonl").write_bytes(convert(content).content)
    assert verify(tmp_path / "kept.jsonl") == 1
    (updates,) = map(json.loads, (tmp_path / "kept.jsonl").read_text().splitlines())
    assert [update["Data"] for update in updates] == [{}, {"message": "maya"}, {"avf_phone_id": WHO, "message": "haa"}]
    assert updates[2]["NestedTracedData"]["answers"][0]["Data"] == {"b": "x"}
    assert {update["Metadata"]["User"] for update in updates} == {"u@x.org"}


def test_of_a_traced_object_without_metadata_the_newest_values_are_left() -> None:
    updates = [{"Data": {"message": "maya", "b": HIDDEN_VALUE}}, {"Data": {"avf_phone_id": WHO, "b": "x", "tel": 1}}]
    assert json.loads(convert(json.dumps(updates).encode()).content) == {"avf_phone_id": WHO, "message": "maya"}


@pytest.mark.parametrize("more", [{"Sender": "252612345678"}, {"SHA": "252612345678"}])
def test_what_stands_beside_an_updates_data_is_left_out(more: dict[str, Any]) -> None:
    content = convert(traced({"avf_phone_id": WHO, "message": "haa"}, **more)).content
    assert b"252612345678" not in content
    assert json.loads(content)[0]["Data"] == {"avf_phone_id": WHO, "message": "haa"}


def test_metadata_are_names_and_times() -> None:
    content = convert(traced({"avf_phone_id": WHO}, Metadata=METADATA | {"Number": "252612345678"})).content
    assert json.loads(content)[0]["Metadata"] == METADATA
    for user in ("252612345678", 252612345678, {"tel": 1}):
        said = fault(traced({"avf_phone_id": WHO}, Metadata=METADATA | {"User": user}))
        assert said == "demog.jsonl: line 1: is not de-identified: its metadata hold an address"
    assert fault(traced({}, {"252612345678": json.loads(traced({}))})).endswith(
        "the name of a nested object holds an address"
    )


def test_a_line_that_was_cut_is_set_aside_and_the_others_are_as_if_alone() -> None:
    assert convert(FLAT + FLAT[:30] + b"\n" + FLAT) == Converted(FLAT * 2, 2, (BadLine(2, "is not complete JSON"),))


def test_a_file_that_ends_within_a_line_is_refused_without_its_text() -> None:
    said = "demog.jsonl: line 2: is not complete JSON, and the file ends there: copy all of it"
    assert fault(FLAT + FLAT[:30]) == said


def test_every_line_that_is_no_record_is_set_aside_by_its_line_and_reason() -> None:
    no_record = "is neither an object nor a traced object's list of updates"
    converted = convert(
        b'{"a": 1}\n\n"secret"\n[]\n[{"Dat": {}}]\n[{"Data": {}, "NestedTracedData": {"a": 1}}]\n{"\xff": 1}\n{"a": '
        + b"[" * 100_000
        + b"\n"
        + line_of(a=json.loads("[" * 101 + "]" * 101))
        + line_of(avf_phone_id=None)
        + line_of(avf_phone_id="")
    )
    assert converted.content == b'{"a": 1}\n'
    assert [tuple(bad) for bad in converted.quarantined] == [
        (3, no_record),
        (4, no_record),
        (5, no_record),
        (6, no_record),
        (7, "is not complete JSON"),
        (8, "is nested too deeply"),
        (9, '"a" is nested too deeply'),
        (10, 'has no "avf_phone_id"'),
        (11, 'has no "avf_phone_id"'),
    ]


@pytest.mark.parametrize("depth", [150, 400, 900])
def test_traced_objects_in_each_other_beyond_all_measure_are_set_aside_or_kept(depth: int) -> None:
    nested = b'[{"Data": {}, "NestedTracedData": {"n": ' * depth + b'[{"Data": {}}]' + b"}}]" * depth
    converted = convert(FLAT + nested)
    assert converted.content.startswith(FLAT)
    assert converted.record_count + len(converted.quarantined) == 2


def test_half_a_character_is_read_as_a_replacement_character_and_nan_as_null() -> None:
    content = rb"""{"avf_phone_id": "WHO", "message": "biyo \ud83d", "a": NaN, "b": ["\ud83d\ude00", -Infinity, 1e999]}
{"avf_phone_id": "WHO", "message": "haa", "unread": "\ud83d", "\ude00": Infinity}
[{"Data": {"avf_phone_id": "WHO", "message": "nabad \ude00"}}]
""".replace(b"WHO", WHO.encode())
    converted = convert(content + FLAT)
    assert [json.loads(line) for line in converted.content.splitlines()[:3]] == [
        {"avf_phone_id": WHO, "message": "biyo \ufffd", "a": None, "b": ["\U0001f600", None, None]},
        {"avf_phone_id": WHO, "message": "haa"},
        {"avf_phone_id": WHO, "message": "nabad \ufffd"},
    ]
    assert converted.content.endswith(b"\n" + FLAT)
    assert (converted.record_count, converted.nan_count, converted.quarantined) == (4, 3, ())


def test_a_traced_object_that_was_mended_has_hashes_of_its_own(tmp_path: Path) -> None:
    content = traced({"avf_phone_id": WHO, "message": "CUT"}).replace(b"CUT", rb"biyo \ud83d")
    (tmp_path / "kept.jsonl").write_bytes(convert(content).content)
    assert verify(tmp_path / "kept.jsonl") == 1
    (updates,) = map(json.loads, (tmp_path / "kept.jsonl").read_text().splitlines())
    assert updates[0]["Data"] == {"avf_phone_id": WHO, "message": "biyo \ufffd"}


def test_byte_order_marks_and_blank_lines_are_passed_over() -> None:
    mark = b"\xef\xbb\xbf"
    assert convert(mark + FLAT + b"\n \t\r\n" + mark + FLAT + mark) == Converted(FLAT * 2, 2)


@pytest.mark.parametrize("value", [["haa"], {"text": "haa"}, 12.5, True])
def test_what_is_no_text_passes_where_anything_may_stand(value: Any) -> None:
    assert json.loads(convert(line_of(note=value)).content)["note"] == value


def test_half_a_character_hides_no_address() -> None:
    number = line_of(note="CUT 0612345678").replace(b"CUT", rb"\ud83d")
    assert fault(b"no JSON\n" + number) == 'demog.jsonl: line 2: is not de-identified: "note" holds an address'


def test_a_key_that_stands_twice_is_set_aside_since_a_reader_sees_one_value_only() -> None:
    line = f'{{"avf_phone_id": "252612345678", "avf_phone_id": "{WHO}"}}\n'.encode()
    assert set_aside(FLAT + line) == [(2, "has a key twice in one object")]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("key", ["avf_phone_id", "avf_facebook_id", "uid"])
def test_an_address_in_the_place_of_a_uuid_is_named_by_its_line_and_key_only(key: str, spelling: str) -> None:
    address = SPELLINGS[spelling]
    nested = {"survey_responses": json.loads(traced({key: address}))}
    content = FLAT + traced({key: address}) + json.dumps({key: address}).encode() + b"\n" + traced({}, nested)
    assert fault(content).split("\n") == [
        f'demog.jsonl: line {line}: is not de-identified: "{key}" is no participant uuid' for line in (2, 3, 4)
    ]


@pytest.mark.parametrize("spelling", [name for name in SPELLINGS if name != "a list with a uuid"])
@pytest.mark.parametrize("key", ["sent_on", "run_id", "post", "urn_type", "note"])
def test_an_address_in_a_kept_field_is_refused_by_line_and_key(key: str, spelling: str) -> None:
    said = fault(FLAT + line_of(**{key: SPELLINGS[spelling]}))
    assert said.startswith("demog.jsonl: line 2: ")
    assert f'"{key}"' in said
    for hidden in ("5678", "252", "٢٥٢", "123", "tel"):
        assert hidden not in said


@pytest.mark.parametrize("key", ["message", "sent_on", "run_id"])
@pytest.mark.parametrize("value", [["haa"], {"text": "haa"}])
def test_a_list_or_an_object_in_the_place_of_a_text_is_set_aside(key: str, value: Any) -> None:
    wrong = f'"{key}" is a list or an object in the place of a {FIELDS[key]}'
    assert convert(FLAT + line_of(**{key: value})) == Converted(FLAT, 1, (BadLine(2, wrong),))


def test_a_list_of_addresses_in_the_place_of_a_text_stops_the_file() -> None:
    wrong = 'demog.jsonl: line 1: is not de-identified: "message" is no text and holds an address'
    assert fault(line_of(message=["252612345678"])) == wrong


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "0612345678"},
        {"message": 612345678},
        {"message": None},
        {"sent_on": "2021-09-22T09:42:53.123456+03:00"},
        {"sent_on": "2021-09-30T24:00+03:00"},
        {"sent_on": None},
        {"run_id": 1981234567},
        {"run_id": "0199c5c0-0000-7000-8000-000000000001"},
        {"run_id": "0" * 64},
        {"run_id": "5926367568205202_2437930719214201"},
        {
            "post": {
                "id": "371314232378501_5926367568205202",
                "url": "https://fb.com/A/371314232378501_5926367568205202",
            }
        },
        {"post": {}},
        {"note": 12.5},
    ],
)
def test_what_belongs_into_a_field_passes(fields: dict[str, Any]) -> None:
    assert convert(line_of(**fields)).content == line_of(**fields)


def test_a_key_that_holds_addresses_is_refused() -> None:
    assert fault(b'{"URN": "anything"}\n{"urns": []}\n{"phone": "1"}\n').split("\n") == [
        'demog.jsonl: line 1: is not de-identified: it has the key "URN"',
        'demog.jsonl: line 3: is not de-identified: it has the key "phone"',
    ]


def test_of_many_bad_lines_the_first_are_listed_and_the_others_counted() -> None:
    said = fault(b'{"urn": "tel:1"}\n' * 30 + b'{"phone": "1"}\n' * 1200).split("\n")
    assert len(said) == 21
    assert said[19:] == [
        'demog.jsonl: line 20: is not de-identified: it has the key "urn"',
        (
            'demog.jsonl: 1,210 more bad lines: 1,200 x is not de-identified: it has the key "phone", '
            '10 x is not de-identified: it has the key "urn"'
        ),
    ]


def test_settings_say_which_fields_are_kept() -> None:
    assert BucketFileConverter(FIELDS).settings(FILE) != BucketFileConverter({}).settings(FILE)
    assert BucketFileConverter(FIELDS).settings(FILE) == BucketFileConverter(dict(reversed(FIELDS.items()))).settings(
        FILE
    )


def array_of(*objects: dict[str, Any]) -> bytes:
    return json.dumps([{"_prev": None, "_sha": "0", "_metadata": OLD_METADATA, **each} for each in objects]).encode()


OLD_METADATA = {"source": "fetch_runs.py", "timestamp": 1548057600.0, "user": "u@x.org", "py/object": "Metadata"}


def test_each_object_of_an_old_array_is_checked_as_a_line_is() -> None:
    good, bad = {"avf_phone_id": WHO, "message": "haa", "py/object": "T"}, {"avf_phone_id": WHO, "message": {}}
    converted = convert(array_of({"_data": good}, {"_data": bad}))
    assert [json.loads(line)[0]["Data"] for line in converted.content.splitlines()] == [
        {"avf_phone_id": WHO, "message": "haa"}
    ]
    assert [each.line for each in converted.quarantined] == [2]


def test_an_address_in_an_old_array_refuses_the_file() -> None:
    assert "is not de-identified" in fault(array_of({"_data": {"avf_phone_id": WHO, "urn": "tel:+252612345678"}}))


@pytest.mark.parametrize("timestamp", [252612345678.0, 2526110000.0, 1548057600, {"tel": 1}])
def test_a_time_in_metadata_that_may_be_a_number_of_somebody_refuses_the_file(timestamp: object) -> None:
    line = traced({"avf_phone_id": WHO}, Metadata=METADATA | {"Timestamp": timestamp})
    assert "its metadata hold an address" in fault(line)
