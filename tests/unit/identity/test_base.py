import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.identity.base import distinct_addresses


def test_addresses_are_taken_once_in_order_of_first_appearance() -> None:
    assert distinct_addresses(["2", "1", "2"], "here") == ["2", "1"]


def test_unusable_addresses_are_counted_and_never_quoted() -> None:
    with pytest.raises(DataError) as caught:
        distinct_addresses(["", "secret \udc00", "252610000001"], 'uuid table "T"')
    assert str(caught.value) == (
        'uuid table "T": 2 of 3 addresses are unusable: empty, not valid Unicode, longer than 1,500 bytes, '
        'with a "/", or ".", ".." or "__…__"; '
        "leave out records without a usable address before they are de-identified"
    )
