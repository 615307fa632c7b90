from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipeline_lib.model.times import Instant, iso_utc, iso_utc_microseconds, parse_instant

INSTANTS = [
    ("2021-09-28T08:00+03:00", "2021-09-28T08:00:00+03:00"),
    ("2021-09-28T08:00:05+03:00", "2021-09-28T08:00:05+03:00"),
    ("2021-09-28T08:00:05.25+03:00", "2021-09-28T08:00:05.250000+03:00"),
    ("2021-09-28T08:00:05.123456Z", "2021-09-28T08:00:05.123456+00:00"),
    ("2021-09-28 08:00-05:30", "2021-09-28T08:00:00-05:30"),
    ("2021-09-30T24:00+03:00", "2021-10-01T00:00:00+03:00"),
    ("2021-09-29T24:00:00+03:00", "2021-09-30T00:00:00+03:00"),
    ("2021-12-31T24:00:00.000Z", "2022-01-01T00:00:00+00:00"),
    ("2024-02-28T24:00-02:00", "2024-02-29T00:00:00-02:00"),
    ("2023-02-28T24:00Z", "2023-03-01T00:00:00+00:00"),
]


@pytest.mark.parametrize(("text", "expected"), INSTANTS)
def test_an_instant_keeps_its_own_offset_and_twenty_four_o_clock_is_the_next_midnight(text: str, expected: str) -> None:
    assert parse_instant(text).isoformat() == expected


NO_INSTANTS = [
    ("2021-09-28T08:00", "has no offset from UTC; write one, such as +03:00 or Z"),
    ("2021-09-28", "has no offset from UTC; write one, such as +03:00 or Z"),
    ("2021-09-30T24:00", "has no offset from UTC; write one, such as +03:00 or Z"),
    ("2021-09-30T24:30+03:00", "is not an ISO 8601 date and time such as 2021-09-30T24:00+03:00"),
    ("2021-09-31T08:00Z", "is not an ISO 8601 date and time such as 2021-09-30T24:00+03:00"),
    ("28/09/2021 08:00", "is not an ISO 8601 date and time such as 2021-09-30T24:00+03:00"),
    ("", "is not an ISO 8601 date and time such as 2021-09-30T24:00+03:00"),
    ("9999-12-31T24:00Z", "is outside the years 1 to 9999 in UTC"),
    ("0001-01-01T00:00+14:00", "is outside the years 1 to 9999 in UTC"),
]


@pytest.mark.parametrize(("text", "wrong"), NO_INSTANTS)
def test_what_names_no_instant_says_why(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=f"^{wrong.replace('+', '[+]')}$"):
        parse_instant(text)


@given(st.text())
def test_any_text_is_an_aware_instant_or_a_value_error(text: str) -> None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return
    assert instant.tzinfo is not None


def test_instants_are_written_in_utc() -> None:
    instant = parse_instant("2021-09-28T08:00+03:00")
    assert iso_utc(instant) == "2021-09-28T05:00:00+00:00"
    assert iso_utc_microseconds(instant) == "2021-09-28T05:00:00.000000+00:00"


def test_a_model_reads_an_instant_from_text_only() -> None:
    adapter = TypeAdapter(Instant)
    assert adapter.validate_python(datetime(2021, 1, 1, tzinfo=UTC)) == datetime(2021, 1, 1, tzinfo=UTC)
    with pytest.raises(ValidationError, match="is not a text such as 2021-09-30T24:00"):
        adapter.validate_python(1_632_805_200)
