import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.sources.rapid_pro.records import Record, Result, decode_record, decode_records, encode_records

RECORD = Record(
    run="0199c5c0-0000-7000-8000-000000000001",
    id=981234,
    contact="d33e9ad5-0000-4000-8000-00000000000b",
    participant="avf-phone-uuid-amina",
    urn_type="tel",
    operator="25261",
    created_on="2025-05-01T09:00:01+00:00",
    modified_on="2025-05-01T09:01:10.100000+00:00",
    exited_on=None,
    exit_type=None,
    values=[Result("q", "Q", "Water", "biyo", "biyo la'aan", "input", "2025-05-01T09:01:10+00:00")],
)
LINE = (
    b'{"run":"0199c5c0-0000-7000-8000-000000000001","id":981234,"contact":"d33e9ad5-0000-4000-8000-00000000000b",'
    b'"participant":"avf-phone-uuid-amina","urn_type":"tel","operator":"25261",'
    b'"created_on":"2025-05-01T09:00:01+00:00","modified_on":"2025-05-01T09:01:10.100000+00:00",'
    b'"exited_on":null,"exit_type":null,"values":[{"key":"q","name":"Q","category":"Water","value":"biyo",'
    b'"text":"biyo la\'aan","text_source":"input","time":"2025-05-01T09:01:10+00:00"}]}\n'
)


def test_records_are_lines_of_json_and_come_back_from_them() -> None:
    assert encode_records([RECORD, RECORD]) == LINE + LINE
    assert decode_records(LINE + LINE) == [RECORD, RECORD]
    assert decode_record(LINE) == RECORD
    assert encode_records([]) == b""
    assert decode_records(b"") == []


@pytest.mark.parametrize(
    "line",
    [b'{"run":"geedka qarsoon', b'{"run":"geedka qarsoon"}', b'["geedka qarsoon"]', b"\xff", b'{"text":"\xff"}'],
)
def test_a_line_that_is_no_record_is_refused_without_quoting_it(line: bytes) -> None:
    for decode in (decode_record, decode_records):
        with pytest.raises(DataError, match="raw store: a line is not a record of a run") as raised:
            decode(line)
        assert "qarsoon" not in f"{raised.value!r} {raised.value} {raised.value.__context__ or raised.value.__cause__}"


def test_a_record_does_not_change() -> None:
    with pytest.raises(AttributeError):
        RECORD.participant = ""  # type: ignore[misc]
    with pytest.raises(AttributeError):
        RECORD.values[0].text = ""  # type: ignore[misc]
