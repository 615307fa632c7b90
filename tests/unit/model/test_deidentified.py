from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.model.deidentified import holds_address, is_participant

UUID = "2f861e88-5c6f-450f-a019-d1f052364a8c"


@pytest.mark.parametrize("prefix", ["avf-phone-uuid-", "avf-facebook-uuid-", "avf-participant-uuid-", "a_b_", ""])
def test_a_prefix_and_a_uuid_are_a_participant(prefix: str) -> None:
    assert is_participant(prefix + UUID)
    assert is_participant(prefix + UUID, prefix)


def test_of_a_known_prefix_nothing_else_is() -> None:
    assert is_participant(f"ssf2020-{UUID}", "ssf2020-")
    assert not is_participant(f"avf-facebook-uuid-{UUID}", "avf-phone-uuid-")
    assert not is_participant(f"avf-phone-uuid-252610000001-{UUID}", "avf-phone-uuid-")


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        252612345678,
        252612345678.0,
        ["avf-phone-uuid-" + UUID],
        {"uuid": "avf-phone-uuid-" + UUID},
        "",
        "avf-phone-uuid-",
        "252612345678",
        "252612345678.0",
        "2.52612E+11",
        "(252) 61-2345678",
        "٢٥٢٦١٢٣٤٥٦٧٨",
        "avf-phone-uuid-252612345678",
        "avf-phone-uuid-252 61 234 5678",
        "avf-phone-uuid-tel:+252612345678",
        f"avf-phone-uuid-{UUID}\n",
        f" avf-phone-uuid-{UUID}",
        f"avf-phone-uuid-{UUID} 252612345678",
        f"tel:252612345678-{UUID}",
        f"avf-252612345678-{UUID}",
        f"٢٥٢٦١٢٣٤٥٦٧٨-{UUID}",
        f"avf-phone-uuid-{UUID.upper()}",
        f"avf-phone-uuid-{UUID.replace('8', '٨')}",
    ],
)
def test_nothing_else_is_a_participant(written: Any) -> None:
    assert not is_participant(written)
    assert not is_participant(written, "avf-phone-uuid-")


@pytest.mark.parametrize(
    "value",
    [
        252612345678,
        -612345678,
        252612345678.0,
        2.52612e11,
        "252612345678",
        "252612345678.0",
        "2.52612E+11",
        "2,52612e+11",
        "2.5e11",
        "252612E6",
        "(252) 61-2345678",
        "+252 61 234 5678",
        "252.61.234.5678",
        "252_61_2345678",
        "252,612,345,678",
        "2 5 2 6 1 2 3 4 5 6 7 8",
        "061/2345678",
        "٢٥٢٦١٢٣٤٥٦٧٨",
        "\uff12\uff15\uff12\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "+252\u00a061\u2009234\u20115678",
        "25\u200b26\u200b12\u200b34\u200b56\u200b78",
        "call 0612345678 now",
        "tel:252612345678",
        "TEL : 1",
        "telegram:712#amina",
        "amina@example.org",
        ["252612345678"],
        ["252", "61", "234", "5678"],
        [252, 61, 2345678],
        {"a": {"b": ["tel:061"]}},
        {"252612345678": True},
        '["252", "61", "234", "5678"]',
        ' {"a": ["252", "61", "234", "5678"]}',
    ],
)
def test_an_address_is_seen_however_it_is_written(value: Any) -> None:
    assert holds_address(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        12.5,
        99_999,
        "",
        "Gender",
        "biyo la'aan",
        "01e07",
        "rqa_s01e07",
        "2021-09-22",
        "2021-09-22 09:42:53",
        "2021-09-22T09:42:53.123456+03:00",
        "09:42:53",
        f"avf-phone-uuid-{UUID}",
        "0" * 64,
        "9b" * 20,
        "[1, 2, 3]",
        '{"a": 1',
        "[" * 100_000,
        [],
        {"id": 5, "words": ["a", "b"]},
    ],
)
def test_what_is_none_is_not_taken_for_one(value: Any) -> None:
    assert not holds_address(value)


SEPARATORS = st.sampled_from(["", " ", "-", ".", " - ", ") ", "/", "\u00a0", "\u2011", "\u200b"])
SCRIPTS = ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "".join(map(chr, range(0xFF10, 0xFF1A))), "०१२३४५६७८९"]


@pytest.mark.slow
@given(
    number=st.from_regex("[1-9][0-9]{6,14}", fullmatch=True),
    digits=st.sampled_from(SCRIPTS),
    separators=st.lists(SEPARATORS, min_size=15, max_size=15),
    around=st.sampled_from(["{}", "+{}", "wac {} !", "x{}y", "{}.0"]),
)
def test_a_number_is_seen_in_any_script_and_with_any_separators(
    number: str, digits: str, separators: list[str], around: str
) -> None:
    written = "".join(digits[int(digit)] + between for digit, between in zip(number, separators, strict=False))
    assert holds_address(around.format(written))


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    assert holds_address(text) in {True, False}
