from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.config.sources import DATE_FORMATS
from pipeline_lib.errors import ConfigError
from pipeline_lib.sources.files.operator_times import check_formats, check_timezone, iso_local, local_times


def iso(
    texts: list[str], formats: tuple[str, ...] = DATE_FORMATS, timezone: str = "Africa/Mogadishu"
) -> list[str | None]:
    return iso_local(local_times(pl.Series(texts, dtype=pl.String), formats), timezone).to_list()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("22/09/2021 09:42", "2021-09-22T09:42:00+03:00"),
        ("22/09/2021 09:42:53", "2021-09-22T09:42:53+03:00"),
        ("2/9/2021 9:42", "2021-09-02T09:42:00+03:00"),
        ("05/04/2021 23:59", "2021-04-05T23:59:00+03:00"),
        ("2021/09/22 09:42:53", "2021-09-22T09:42:53+03:00"),
        ("2021/09/22 09:42:53.5", "2021-09-22T09:42:53.500000+03:00"),
        ("2021/09/22 09:42:53.000001", "2021-09-22T09:42:53.000001+03:00"),
        ("2021/09/22 09:42:53.000", "2021-09-22T09:42:53+03:00"),
        ("29/02/2020 00:00", "2020-02-29T00:00:00+03:00"),
        ("29/02/2021 00:00", None),
        ("09/22/2021 09:42", None),
        ("22/09/2021", None),
        ("22/09/2021 24:00", None),
        ("22/09/2021 09:42 PM", None),
        ("2021-09-22 09:42:53", None),
        ("22/09/0000 09:42", None),
        ("", None),
    ],
)
def test_operators_times_are_read_day_first_and_in_the_zone(text: str, read: str | None) -> None:
    assert iso([text]) == [read]


def test_times_keep_their_order_and_their_repetitions() -> None:
    assert iso(["22/09/2021 09:42", "x", "21/09/2021 09:42", "22/09/2021 09:42"]) == [
        "2021-09-22T09:42:00+03:00",
        None,
        "2021-09-21T09:42:00+03:00",
        "2021-09-22T09:42:00+03:00",
    ]


def test_no_times_are_no_times() -> None:
    assert iso([]) == []


def test_of_two_formats_that_fit_the_first_counts() -> None:
    assert iso(["03/04/2021 10:00"], ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")) == ["2021-04-03T10:00:00+03:00"]
    assert iso(["03/04/2021 10:00"], ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M")) == ["2021-03-04T10:00:00+03:00"]


def test_names_of_months_and_halves_of_days_can_be_read_too() -> None:
    formats = ("%d-%b-%y %I:%M %p", "%d/%m/%Y %H:%M")
    assert iso(["22-Sep-21 09:42 PM", "23/09/2021 10:00"], formats) == [
        "2021-09-22T21:42:00+03:00",
        "2021-09-23T10:00:00+03:00",
    ]


def test_an_hour_that_clocks_show_twice_is_the_first_and_one_that_they_skip_is_none() -> None:
    texts = ["31/10/2021 02:30", "28/03/2021 02:30", "28/03/2021 03:30", "01/12/2021 12:00"]
    assert iso(texts, timezone="Europe/Berlin") == [
        "2021-10-31T02:30:00+02:00",
        None,
        "2021-03-28T03:30:00+02:00",
        "2021-12-01T12:00:00+01:00",
    ]


_FORMATS = (*DATE_FORMATS, "%d.%m.%Y, %H.%M", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y  %H:%M", "[%Y] %d+%m|%H*%M")
_NUMBER = st.one_of(
    st.integers(0, 99).map(str), st.integers(0, 32).map("{:02}".format), st.integers(2019, 2022).map(str)
)
_TEXTS = st.one_of(
    st.lists(st.one_of(_NUMBER, st.sampled_from(["/", " ", ":", ".", "-"])), max_size=12).map("".join),
    st.tuples(*[_NUMBER] * 6).map(lambda n: f"{n[0]}/{n[1]}/{n[2]} {n[3]}:{n[4]}:{n[5]}"),
    st.builds(lambda t, f: t.strftime(f), st.datetimes(datetime(1000, 1, 1)), st.sampled_from(_FORMATS)),  # noqa: DTZ001
)


@pytest.mark.slow
@given(texts=st.lists(_TEXTS, min_size=1), date_format=st.sampled_from(_FORMATS))
def test_what_python_reads_is_read_and_what_it_refuses_is_not(texts: list[str], date_format: str) -> None:
    def by_python(text: str) -> datetime | None:
        try:
            return datetime.strptime(text, date_format)  # noqa: DTZ007
        except ValueError:
            return None

    assert local_times(pl.Series(texts), (date_format,)).to_list() == [by_python(text) for text in texts]


def test_every_format_that_cannot_be_used_is_named() -> None:
    with pytest.raises(ConfigError) as raised:
        check_formats(("%d/%m/%Y %H:%M", "%Q", "%H:%M", "%d/%m/%Y %H:%M %z", "%d/%d/%Y", "%d/%m/%Y 100%"))
    assert [(problem.place, problem.wrong) for problem in raised.value.problems] == [
        ('DateFormats: "%Q"', "is no format that Python's strptime knows"),
        ('DateFormats: "%H:%M"', "lacks a day, a month or a year"),
        ('DateFormats: "%d/%m/%Y %H:%M %z"', "holds an offset"),
        ('DateFormats: "%d/%d/%Y"', "is no format that Python's strptime knows"),
        ('DateFormats: "%d/%m/%Y 100%"', "is no format that Python's strptime knows"),
    ]


def test_there_must_be_a_format() -> None:
    with pytest.raises(ConfigError, match="DateFormats: is empty"):
        check_formats(())


def test_a_zone_that_does_not_exist_is_named() -> None:
    check_timezone("Africa/Nairobi")
    with pytest.raises(ConfigError, match='Timezone: there is no zone "Africa/Mogadisho"; write the name of a zone'):
        check_timezone("Africa/Mogadisho")
