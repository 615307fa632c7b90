import json

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.sources.base import Converted, SourceFile
from pipeline_lib.sources.gcloud_bucket import BucketFileConverter

FILE = SourceFile("demog", "gs://bucket/demog.jsonl?key=secret", is_survey=True)
FLAT = b'{"avf_phone_id": "avf-phone-uuid-1", "message": "tel: 0610000001"}\n'


def traced(data: dict[str, object], nested: dict[str, object] | None = None) -> bytes:
    update = {"Data": data, "Metadata": {"User": "u"}, "NestedTracedData": nested or {}, "SHA": "0"}
    return json.dumps([update]).encode() + b"\n"


def fault(content: bytes) -> str:
    with pytest.raises(DataError) as raised:
        BucketFileConverter().convert(content, FILE)
    return str(raised.value)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (FLAT, 1),
        (FLAT + FLAT.rstrip(b"\n"), 2),
        (FLAT.replace(b"\n", b"\r\n") * 2, 2),
        (traced({"avf_phone_id": "avf-phone-uuid-1", "urn_type": "tel"}) * 3, 3),
        (traced({"a": 1}, {"survey_responses": json.loads(traced({"b": None}))}), 1),
    ],
)
def test_a_file_of_records_is_passed_on_byte_for_byte(content: bytes, count: int) -> None:
    assert BucketFileConverter().convert(content, FILE) == Converted(content, count, ())


def test_a_truncated_last_line_is_named_without_its_text() -> None:
    assert fault(FLAT + FLAT[:30]) == "demog.jsonl: line 2: is not complete JSON"


def test_every_line_that_is_no_record_is_named() -> None:
    assert fault(
        b'{}\n\n"secret"\n[]\n[{"Dat": {}}]\n[{"Data": {}, "NestedTracedData": {"a": 1}}]\n{"\xff": 1}\n'
    ).split("\n") == [
        "demog.jsonl: line 2: is not complete JSON",
        "demog.jsonl: line 3: is neither an object nor a traced object's list of updates",
        "demog.jsonl: line 4: is neither an object nor a traced object's list of updates",
        "demog.jsonl: line 5: is neither an object nor a traced object's list of updates",
        "demog.jsonl: line 6: is neither an object nor a traced object's list of updates",
        "demog.jsonl: line 7: is not complete JSON",
    ]


@pytest.mark.parametrize(
    "address", ["tel:+252610000001", "+252 61 0000001", "252610000001", "facebook:123", "WhatsApp:1"]
)
def test_an_address_in_the_place_of_a_uuid_is_named_by_its_line_only(address: str) -> None:
    nested = {"survey_responses": json.loads(traced({"avf_phone_id": address}))}
    content = (
        FLAT + traced({"avf_phone_id": address}) + json.dumps({"uid": address}).encode() + b"\n" + traced({}, nested)
    )
    assert fault(content).split("\n") == [
        'demog.jsonl: line 2: is not de-identified: "avf_phone_id" is an address',
        'demog.jsonl: line 3: is not de-identified: "uid" is an address',
        'demog.jsonl: line 4: is not de-identified: "avf_phone_id" is an address',
    ]


def test_a_key_that_holds_addresses_is_refused() -> None:
    assert fault(b'{"URN": "anything"}\n{"urns": []}\n{"phone": "1"}\n').split("\n") == [
        'demog.jsonl: line 1: is not de-identified: it has the key "URN"',
        'demog.jsonl: line 3: is not de-identified: it has the key "phone"',
    ]


def test_of_many_bad_lines_the_first_are_listed_and_the_others_counted() -> None:
    said = fault(b"{\n" * 30 + b"1\n" * 1200).split("\n")
    assert len(said) == 21
    assert said[19:] == [
        "demog.jsonl: line 20: is not complete JSON",
        (
            "demog.jsonl: 1,210 more bad lines: 1,200 x is neither an object nor a traced object's list of updates, "
            "10 x is not complete JSON"
        ),
    ]
