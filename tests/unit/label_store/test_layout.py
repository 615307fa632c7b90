import pytest

from pipeline_lib.label_store.layout import Segment, is_usable_id, segment_that_it_could_be


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("x_2", Segment("x", 2)),
        ("s01e01_water_10", Segment("s01e01_water", 10)),
        ("x_2_3", Segment("x_2", 3)),
        ("x_1", None),
        ("x_02", None),
        ("x_0", None),
        ("x2", None),
        ("_2", None),
        ("s01e01", None),
    ],
)
def test_a_name_that_ends_in_a_number_could_be_a_segments(dataset: str, expected: Segment | None) -> None:
    assert segment_that_it_could_be(dataset) == expected
    if expected is not None:
        assert expected.name == dataset


@pytest.mark.parametrize(
    ("document_id", "is_usable"),
    [("ab" * 32, True), ("a b.c", True), ("a" * 1500, True), ("a" * 1501, False), ("a/b", False), (".", False)],
)
def test_some_texts_are_no_ids(document_id: str, *, is_usable: bool) -> None:
    assert is_usable_id(document_id) is is_usable
