import math
from collections import Counter
from typing import Any

import pytest

from pipeline_lib.model.lenient_json import count_replacements, parse_leniently, repaired


def test_json_is_read_with_halves_of_characters_and_what_is_no_number() -> None:
    assert parse_leniently(b'{"a": 1}') == {"a": 1}
    assert parse_leniently(rb'{"a": "biyo \ud83d", "\ud83d": ["\ud83d\ude00"], "c": -Infinity}') == {
        "a": "biyo \ufffd",
        "\ufffd": ["\U0001f600"],
        "c": -math.inf,
    }
    assert math.isnan(parse_leniently(b"[NaN]")[0])


@pytest.mark.parametrize("body", [b"", b"haa", b'{"haa"', b'"haa \xff"', b"[" * 100_000, b'["\\ud83d"' * 900])
def test_what_is_no_json_is_refused_without_quoting_it(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^$") as raised:
        parse_leniently(body)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("value", "whole", "counts"),
    [
        ("biyo \ud83d", "biyo \ufffd", {"half_characters": 1}),
        ("\ude00 biyo", "\ufffd biyo", {"half_characters": 1}),
        ("\ufeff\ud83d\ude00", "\ufeff\U0001f600", {"half_characters": 1}),
        ("haa \U0001f600 \ufffd", "haa \U0001f600 \ufffd", {}),
        ({"a\ud83d": [math.nan, 1, None, "\ud83d"]}, {"a\ufffd": [None, 1, None, "\ufffd"]},
         {"half_characters": 2, "nan_values": 1}),
        (-math.inf, None, {"nan_values": 1}),
        (12.5, 12.5, {}),
        (True, True, {}),
    ],
)  # fmt: skip
def test_halves_and_numbers_that_are_none_are_replaced_and_counted(
    value: Any, whole: Any, counts: dict[str, int]
) -> None:
    found = Counter[str]()
    assert repaired(value, found) == whole
    assert {kind: count for kind, count in found.items() if count} == counts


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (b"", 0),
        ('{"a": "\ufffd\ufffd"}\n{"a": "haa"}\n{"a": "\ufffd"}'.encode(), 2),
        (rb'[{"Data": {"a": "\ufffd"}}]', 1),
        ('{"a": "\U0001f600"}\n'.encode(), 0),
    ],
)
def test_records_with_a_lost_character_are_counted_however_json_writes_it(lines: bytes, count: int) -> None:
    assert count_replacements(lines) == count
