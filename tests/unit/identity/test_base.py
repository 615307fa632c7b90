import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.identity.base import distinct_addresses, has_prefix


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("avf-phone-uuid-5c0a", True),
        ("avf-phone-uuid-", False),
        ("avf-facebook-uuid-5c0a", False),
        ("252610000001", False),
        (" avf-phone-uuid-5c0a", False),
        ("", False),
    ],
)
def test_a_de_identified_sender_has_the_prefix_and_something_after_it(value: str, expected: bool) -> None:
    assert has_prefix(value, "avf-phone-uuid-") is expected


def test_addresses_are_taken_once_in_order_of_first_appearance() -> None:
    assert distinct_addresses(["2", "1", "2"], "here") == ["2", "1"]


def test_unusable_addresses_are_counted_and_never_quoted() -> None:
    with pytest.raises(DataError) as caught:
        distinct_addresses(["", "secret \udc00", "252610000001"], 'uuid table "T"')
    assert str(caught.value) == (
        'uuid table "T": 2 of 3 addresses are empty or not valid Unicode; '
        "leave out records without a usable address before they are de-identified"
    )
