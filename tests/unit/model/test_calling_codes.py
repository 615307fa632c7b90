import re

from pipeline_lib.model.calling_codes import CALLING_CODES


def test_countries_are_two_letters_and_codes_begin_no_other() -> None:
    assert all(re.fullmatch("[A-Z]{2}", country) for country in CALLING_CODES)
    codes = list(CALLING_CODES.values())
    assert all(re.fullmatch("[1-9][0-9]{0,2}", code) for code in codes)
    assert not [(one, other) for one in codes for other in codes if one != other and other.startswith(one)]


def test_the_countries_where_people_write_to_us_are_there() -> None:
    assert [CALLING_CODES[country] for country in ("SO", "KE", "ET", "UG", "TZ", "SS")] == [
        "252",
        "254",
        "251",
        "256",
        "255",
        "211",
    ]
