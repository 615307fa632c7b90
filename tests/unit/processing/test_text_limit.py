import polars as pl
import pytest

from pipeline_lib.processing.message_ids import message_id_of
from pipeline_lib.processing.raw_data import RawFrames
from pipeline_lib.processing.text_limit import cut_off, with_texts_cut_off


@pytest.mark.parametrize(
    ("text", "limit_bytes", "left"),
    [
        ("biyo", 4, "biyo"),
        ("biyo", 3, "biy"),
        ("\u00e9\u00e9", 3, "\u00e9"),
        ("\U0001f6d1", 3, ""),
        ("a\U0001f6d1", 5, "a\U0001f6d1"),
    ],
)
def test_a_text_is_cut_between_characters(text: str, limit_bytes: int, left: str) -> None:
    assert cut_off(text, limit_bytes) == left


FRAME = pl.DataFrame(
    {
        "participant": ["p1", "p2", "p3"],
        "said": ["x" * 11, "x" * 10, None],
        "age": ["1", None, "y" * 99],
        "other": ["z" * 50] * 3,
    }
)


def test_texts_are_cut_and_told_and_other_fields_are_not() -> None:
    unseen = pl.DataFrame({"participant": ["p4", "p1"], "said": ["w" * 12, "x" * 11]})
    (cut,), cuts = with_texts_cut_off([RawFrames(FRAME, unseen)], {"said", "age", "elsewhere"}, 10)
    assert cut.frame["said"].to_list() == ["x" * 10, "x" * 10, None]
    assert cut.frame["age"].to_list() == ["1", None, "y" * 10]
    assert cut.frame["other"].to_list() == ["z" * 50] * 3
    assert cut.unseen["said"].to_list() == ["w" * 10, "x" * 10]
    assert cuts.rows() == [
        ("p3", "age", 99, message_id_of("y" * 99)),
        ("p1", "said", 11, message_id_of("x" * 11)),
        ("p4", "said", 12, message_id_of("w" * 12)),
    ]
    assert FRAME["said"].to_list() == ["x" * 11, "x" * 10, None]


@pytest.mark.parametrize("limit_bytes", [None, 11])
def test_without_a_limit_and_up_to_it_all_stays(limit_bytes: int | None) -> None:
    raw = RawFrames(FRAME, FRAME.clear())
    (same,), cuts = with_texts_cut_off([raw], {"said"}, limit_bytes)
    assert same.frame.equals(FRAME)
    assert cuts.is_empty()
