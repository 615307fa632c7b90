from datetime import date

import pytest

from sandbox.facebook.versions import serving_version


@pytest.mark.parametrize(
    ("asked", "today", "served"),
    [
        ("v26.0", date(2026, 11, 29), "v26.0"),
        ("v27.0", date(2026, 11, 3), "v21.0"),
        ("v27.0", date(2026, 11, 4), "v27.0"),
        ("v20.0", date(2026, 9, 23), "v20.0"),
        ("v20.0", date(2026, 9, 24), "v21.0"),
        ("v8.0", date(2026, 11, 29), "v21.0"),
        ("v99.0", date(2026, 11, 29), "v21.0"),
        (None, date(2026, 11, 29), "v21.0"),
        ("v21.0", date(2027, 1, 21), "v22.0"),
    ],
)
def test_a_version_that_is_not_there_is_served_by_the_oldest(asked: str | None, today: date, served: str) -> None:
    assert serving_version(asked, today) == served
