from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline_lib.processing.times import instants


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-09-22T09:42:53+03:00", datetime(2021, 9, 22, 6, 42, 53, tzinfo=UTC)),
        ("2021-09-22T06:52:16.056352+00:00", datetime(2021, 9, 22, 6, 52, 16, 56352, tzinfo=UTC)),
        ("2021-09-22T06:52:16Z", datetime(2021, 9, 22, 6, 52, 16, tzinfo=UTC)),
        ("2021-09-22T06:52:16.5Z", datetime(2021, 9, 22, 6, 52, 16, 500000, tzinfo=UTC)),
        ("2021-09-22T09:52+03:00", datetime(2021, 9, 22, 6, 52, tzinfo=UTC)),
        ("2021-12-31T24:00+00:00", datetime(2022, 1, 1, tzinfo=UTC)),
        ("2021-09-22T06:52:16", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_an_iso_text_names_its_instant_and_any_other_text_none(text: str | None, instant: datetime | None) -> None:
    assert instants(pl.Series([text], dtype=pl.String)).to_list() == [instant]


def test_rare_forms_stay_in_their_rows() -> None:
    texts = pl.Series(["2021-09-22T09:52+03:00", "2021-09-22T06:52:16Z", None, "2021-09-22T09:52+03:00"])
    minutes = [None if i is None else (i.hour, i.minute, i.second) for i in instants(texts)]
    assert minutes == [(6, 52, 0), (6, 52, 16), None, (6, 52, 0)]
