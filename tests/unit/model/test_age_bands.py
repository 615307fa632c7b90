import pytest

from pipeline_lib.model.age_bands import are_in_order, read_age_band
from tests.unit.analysis.conftest import code_scheme


@pytest.mark.parametrize(
    ("name", "band"),
    [
        ("15 to 17", "15 to 17"), ("15_to_18", "15 to 18"), ("18-35", "18 to 35"), ("18 \N{EN DASH} 35", "18 to 35"),
        ("36 to 54 years", "36 to 54"), (">=55", "55 and above"), ("55+", "55 and above"), ("> 55", "56 and above"),
        ("55 and above", "55 and above"), ("Over 55", "56 and above"), ("under 18", "0 to 17"), ("<18", "0 to 17"),
        ("<= 18", "0 to 18"), ("17 and under", "0 to 17"),
        ("youth", None), ("25", None), ("35 to 18", None), ("<0", None), ("", None), ("15 to 17 or 20", None),
    ],
)  # fmt: skip
def test_a_name_says_its_ages(name: str, band: str | None) -> None:
    found = read_age_band(name)
    assert (str(found) if found is not None else None) == band


def test_both_ends_belong_to_a_band() -> None:
    band, open_band = read_age_band("15 to 17"), read_age_band("55+")
    assert band is not None
    assert open_band is not None
    assert [years for years in range(100) if band.has(years)] == [15, 16, 17]
    assert [open_band.has(years) for years in (54, 55, 120)] == [False, True, True]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("10 to 14", "15-17", "over 55"), True),
        (("1 child", "2 children", "3 or more"), True),
        (("10 to 14", "unknown"), False),
        (("man", "woman"), False),
        ((), False),
    ],
)
def test_ages_and_numbers_are_in_an_order_that_everybody_sees(names: tuple[str, ...], expected: bool) -> None:
    assert are_in_order(code_scheme("s", *names)) is expected
