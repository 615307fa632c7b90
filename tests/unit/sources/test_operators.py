import pytest

from pipeline_lib.sources.addresses import Address
from pipeline_lib.sources.operators import operator_digits


@pytest.mark.parametrize(
    ("urn_type", "address", "operator"),
    [
        ("tel", "252610000001", "25261"),
        ("tel", "252900000001", "25290"),
        ("tel", "254700000001", "25470"),
        ("tel", "447700900001", "44770"),
        ("tel", "610000001", "61000"),
        ("tel", "12345678", "12345"),
        ("telegram", "3527065", "telegram"),
        ("telegram", "252610000001", "telegram"),
        ("facebook", "5689214", "facebook"),
    ],
)
def test_an_operator_is_told_by_the_first_digits_of_a_number_else_by_the_type_of_the_urn(
    urn_type: str, address: str, operator: str
) -> None:
    assert operator_digits(Address(urn_type, address)) == operator


def test_a_whatsapp_message_came_over_no_network_that_its_number_names() -> None:
    assert operator_digits(Address("whatsapp", "252610000001")) == "whatsapp"


@pytest.mark.parametrize("short_code", ["1", "192", "25261", "2526100"])
def test_the_operator_of_a_short_code_does_not_give_it_away(short_code: str) -> None:
    assert operator_digits(Address("tel", short_code)) == "tel"
