import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.sources.base import UnusableError
from pipeline_lib.sources.rapid_pro.json_values import is_unicode, text_of, time_of, uuid_of

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(2000, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001 - in `timezones`


@pytest.mark.parametrize(
    ("given", "time"),
    [
        ("2025-05-01T09:01:10.100000Z", "2025-05-01T09:01:10.100000+00:00"),
        ("2025-05-01T09:01:10.000000Z", "2025-05-01T09:01:10+00:00"),
        ("2025-05-01T09:01:10Z", "2025-05-01T09:01:10+00:00"),
        ("2025-05-01T09:01:10.5Z", "2025-05-01T09:01:10.500000+00:00"),
        ("2017-08-12T13:07:24.049815+00:00", "2017-08-12T13:07:24.049815+00:00"),
        ("2017-08-12T13:07:24.04+00:00", "2017-08-12T13:07:24.040000+00:00"),
        ("2025-05-01T12:01:10.100000+03:00", "2025-05-01T09:01:10.100000+00:00"),
        ("2025-05-01T00:30:00+03:00", "2025-04-30T21:30:00+00:00"),
        ("2025-05-01T09:01:10.123456789Z", "2025-05-01T09:01:10.123456+00:00"),
        ("2024-02-29T24:00:00Z", "2024-03-01T00:00:00+00:00"),
    ],
)
def test_a_time_is_told_in_utc_whatever_its_form(given: str, time: str) -> None:
    assert time_of(given) == time


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        1746090070,
        {"time": "2025-05-01T09:01:10Z"},
        "2025-05-01T09:01:10",
        "2025-05-01T09:01:10.100000",
        "2025-05-01",
        "2025-02-30T09:01:10.100000Z",
        "2025-13-01T09:01:10.100000Z",
        "2025-05-01T25:01:10.100000Z",
        "2025-05-01T24:00:00.100000Z",
        "today",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00.000001Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٥-05-01T09:01:10.100000Z",
        "2025-05-01T09:01:10.100000Z\n",
        "\ud83d",
    ],
)
def test_what_is_no_time_with_an_offset_or_was_never_set_is_none(given: Any) -> None:
    assert time_of(given) is None


@given(INSTANTS, INSTANTS)
def test_times_sort_as_texts_as_they_do_in_time(one: datetime, other: datetime) -> None:
    first, second = time_of(one.isoformat()), time_of(other.isoformat())
    assert first is not None
    assert second is not None
    assert (first < second, first == second) == (one < other, one == other)


@given(instant=INSTANTS, timespec=st.sampled_from(["auto", "microseconds"]), zulu=st.booleans())
def test_an_instant_comes_through_whatever_its_form(instant: datetime, timespec: str, zulu: bool) -> None:
    written = (instant.astimezone(UTC) if zulu else instant).isoformat(timespec=timespec)
    assert time_of(written.replace("+00:00", "Z") if zulu else written) == instant.astimezone(UTC).isoformat()


@pytest.mark.parametrize(
    ("given", "uuid"),
    [
        ({"uuid": "d33e9ad5-0000-4000-8000-00000000000b"}, "d33e9ad5-0000-4000-8000-00000000000b"),
        ({"uuid": "D33E9AD5-0000-4000-8000-00000000000B"}, "D33E9AD5-0000-4000-8000-00000000000B"),
        ({"uuid": "+252610000001"}, ""),
        ({"uuid": "d33e9ad5-0000-4000-8000-00000000000b\n"}, ""),
        ({"uuid": None}, ""),
        ({"uuid": 12}, ""),
        ({}, ""),
        (None, ""),
        ("d33e9ad5-0000-4000-8000-00000000000b", ""),
    ],
)
def test_what_is_no_uuid_is_not_told(given: Any, uuid: str) -> None:
    assert uuid_of(given) == uuid


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, None),
        ("", ""),
        ("12", "12"),
        (12, "12"),
        (-3, "-3"),
        (12.5, "12.5"),
        (23.0, "23"),
        ("haa 🎉", "haa 🎉"),
    ],
)
def test_a_text_is_as_it_stands_and_a_number_is_a_text(given: Any, text: str | None) -> None:
    assert text_of(given) == text


@pytest.mark.parametrize("given", [True, ["haa"], {"text": "haa"}, "haa \ud83c", math.nan, math.inf])
def test_what_is_no_text_or_cannot_be_stored_is_refused_without_quoting_it(given: Any) -> None:
    with pytest.raises(UnusableError) as raised:
        text_of(given)
    assert "haa" not in str(raised.value)


@given(st.text(st.characters()))
def test_unicode_is_what_utf_8_can_hold(text: str) -> None:
    assert is_unicode(text) == (not any("\ud800" <= character <= "\udfff" for character in text))
