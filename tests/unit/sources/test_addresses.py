import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from pipeline_lib.sources.addresses import Address, address_of, contact_address
from pipeline_lib.sources.base import UnusableError

REASONS = {
    "contact has no URN",
    "contact was deleted",
    "URN is no text with a type and a path",
    "URN is masked: the workspace is anonymous",
    "URN is of no known type",
    "URN is no number",
    "URN has no digits",
    "URN is a local number, of a country that nothing tells",
}


def reason_of(urn: object) -> str:
    with pytest.raises(UnusableError) as raised:
        address_of(urn)
    assert str(raised.value) == raised.value.reason
    return raised.value.reason


@pytest.mark.parametrize(
    ("urn", "urn_type", "address"),
    [
        ("tel:+252610000001", "tel", "252610000001"),
        ("tel:252610000001", "tel", "252610000001"),
        ("tel:00252610000001", "tel", "252610000001"),
        ("tel:+252 (61) 000-00.01", "tel", "252610000001"),
        ("tel:%2B252610000001", "tel", "252610000001"),
        ("whatsapp:252610000001", "whatsapp", "252610000001"),
        ("telegram:3527065", "telegram", "telegram-3527065"),
        ("telegram:3527065#amina99", "telegram", "telegram-3527065"),
        ("telegram:3527065#a:b#c?d\ud83d", "telegram", "telegram-3527065"),
        ("tel:+252610000001?channel=4f2a7b9c&id=77#Amina 3", "tel", "252610000001"),
        ("facebook:5689214", "facebook", "facebook-5689214"),
        ("twitterid:10203#user_77", "twitterid", "twitterid-10203"),
        ("tel:192", "tel", "192"),
    ],
)
def test_a_person_is_known_by_a_numbers_digits_and_elsewhere_by_the_type_too(
    urn: str, urn_type: str, address: str
) -> None:
    assert address_of(urn) == (urn_type, address)


@pytest.mark.parametrize(
    ("urn", "reason"),
    [
        (None, "contact has no URN"),
        (252610000001, "URN is no text with a type and a path"),
        (["tel:+252610000001"], "URN is no text with a type and a path"),
        ({"scheme": "tel", "path": "+252610000001"}, "URN is no text with a type and a path"),
        ("", "URN is no text with a type and a path"),
        ("+252610000001", "URN is no text with a type and a path"),
        (":+252610000001", "URN is no text with a type and a path"),
        ("+25261:0000001", "URN is no text with a type and a path"),
        ("TEL:+252610000001", "URN is no text with a type and a path"),
        ("\ud83d:252610000001", "URN is no text with a type and a path"),
        ("amina:252610000001", "URN is of no known type"),
        ("tel:252610000001.0", "URN is no number"),
        ("tel:+252610000001.", "URN is no number"),
        ("tel:2.52612E+11", "URN is no number"),
        ("tel:tel:+252610000001", "URN is no number"),
        ("tel:+0610000001", "URN is no number"),
        ("tel:000610000001", "URN is no number"),
        ("tel:+252610000001+252610000002", "URN is no number"),
        ("tel:0192", "URN is no number"),
        ("tel:0610000001", "URN is a local number, of a country that nothing tells"),
        ("tel:(061) 000-0001", "URN is a local number, of a country that nothing tells"),
        ("tel:610000001", "URN is a local number, of a country that nothing tells"),
        ("whatsapp:0610000001", "URN is a local number, of a country that nothing tells"),
        ("telegram:", "URN has no digits"),
        ("telegram:352-7065", "URN is no number"),
        ("telegram:+3527065", "URN is no number"),
        ("tel:********", "URN is masked: the workspace is anonymous"),
        ("tel:+25261****", "URN is masked: the workspace is anonymous"),
        ("tel:", "URN has no digits"),
        ("tel:+", "URN has no digits"),
        ("tel:0000", "URN has no digits"),
        ("tel:#252610000001", "URN has no digits"),
        ("tel:Hormuud192", "URN is no number"),
        ("tel:+25261000000\ud83d", "URN is no number"),
        ("tel:٢٥٢٦١٠٠٠٠٠٠١", "URN is no number"),
        ("tel:%ff252610000001", "URN is no number"),
        ("tel:%25", "URN is no number"),
        ("tel:252610000001\n", "URN is no number"),
        ("tel:" + "1" * 41, "URN is no number"),
        ("mailto:amina1990@example.com", "URN is no number"),
        ("twitter:amina1990", "URN is no number"),
        ("viber:MTIzNDU2Nzg5MA==", "URN is no number"),
        ("whatsapp:SO.1349120865530274", "URN is no number"),
        ("facebook:ref:5689214", "URN is no number"),
        ("deleted:8a1f3c52-77b1-4f0e-9a51-0c9b1d2e3f40", "contact was deleted"),
    ],
)
def test_who_cannot_be_told_apart_has_no_address(urn: object, reason: str) -> None:
    assert reason_of(urn) == reason


@pytest.mark.slow
@given(
    number=st.from_regex(r"252[1-9][0-9]{7,11}", fullmatch=True),
    urn_type=st.sampled_from(["tel", "whatsapp"]),
    lead=st.sampled_from(["", "+", "00"]),
    separator=st.sampled_from(["", " ", "-", ".", ") "]),
    at=st.integers(1, 5),
    tail=st.sampled_from(["", "#Amina 77", "?id=12"]),
)
def test_a_number_has_one_address_however_it_is_written_and_whatever_it_wrote_by(
    number: str, urn_type: str, lead: str, separator: str, at: int, tail: str
) -> None:
    urn = f"{urn_type}:{lead}{number[:at]}{separator}{number[at:]}{tail}"
    assert address_of(urn) == address_of(urn, "252") == Address(urn_type, number)


@pytest.mark.parametrize(
    ("urn", "calling_code", "address"),
    [
        ("tel:0612345678", "252", "252612345678"),
        ("tel:(061) 234-5678", "252", "252612345678"),
        ("tel:612345678", "252", "252612345678"),
        ("tel:252612345678", "252", "252612345678"),
        ("tel:0252612345678", "252", "252612345678"),
        ("tel:00252612345678", "254", "252612345678"),
        ("tel:+252612345678", "254", "252612345678"),
        ("whatsapp:0612345678", "252", "252612345678"),
        ("whatsapp:612345678", "252", "612345678"),
        ("tel:0712345678", "254", "254712345678"),
        ("tel:+61234567", "252", "61234567"),
        ("tel:192", "252", "192"),
        ("tel:+192", "252", "192"),
    ],
)
def test_a_local_number_is_one_of_the_country(urn: str, calling_code: str, address: str) -> None:
    assert address_of(urn, calling_code).address == address


ACCOUNTS = ["telegram", "ext", "facebook", "discord", "viber", "twitterid", "instagram", "webchat"]


@pytest.mark.parametrize("urn_type", ACCOUNTS)
@pytest.mark.parametrize("path", ["712345678", "254712345678", "0712345678"])
def test_an_account_is_never_a_number_nor_another_networks_account(urn_type: str, path: str) -> None:
    others = [f"{other}:{path}" for other in ["tel", "whatsapp", *ACCOUNTS] if other != urn_type]
    mine = address_of(f"{urn_type}:{path}#amina", "254").address
    assert mine not in {address_of(other, "254").address for other in others}
    assert mine not in {path, path.lstrip("0")}


def test_accounts_that_differ_in_leading_zeros_are_two() -> None:
    assert address_of("ext:0712") != address_of("ext:712")


def test_the_urns_of_a_contact_are_one_number_in_its_country() -> None:
    urns = ["tel:0612345678", "tel:+252612345678", "whatsapp:252612345678"]
    assert contact_address(urns, "252") == Address("tel", "252612345678")


@given(
    st.text(st.characters())
    | st.builds("tel:{}".format, st.text(st.characters()))
    | st.builds("tel:{}".format, st.text("+0123456789*#?%-() .a"))
    | st.binary()
    | st.floats()
)
def test_any_urn_has_an_address_of_digits_or_a_fixed_reason(urn: object) -> None:
    found: Address | UnusableError
    try:
        found = address_of(urn, "252")
    except UnusableError as error:
        found = error
    if isinstance(found, UnusableError):
        assert found.reason in REASONS
        assert (found.__cause__, found.__context__) == (None, None)
    else:
        assert re.fullmatch("[1-9][0-9]*", found.address)
        assert re.fullmatch("[a-z]+", found.urn_type)


def test_an_address_is_in_no_repr() -> None:
    address = address_of("tel:+252610000001")
    shown = f"{address} {address!r} {[address]} {pretty_repr({'address': address})}"
    assert "2526" not in shown
    assert "tel" not in shown


@pytest.mark.parametrize(
    ("urns", "address"),
    [
        (["tel:+252610000001"], Address("tel", "252610000001")),
        (["tel:+252610000001", "whatsapp:252610000001"], Address("tel", "252610000001")),
        (["whatsapp:252610000001", "tel:+252610000001"], Address("whatsapp", "252610000001")),
        (["telegram:3527065#amina", "telegram:3527065"], Address("telegram", "telegram-3527065")),
        # of several the first number
        (["tel:+252610000001", "tel:+252610000002"], Address("tel", "252610000001")),
        (["tel:+252610000002", "tel:+252610000001", "tel:+252610000003"], Address("tel", "252610000002")),
        (["telegram:3527065", "tel:+252610000001"], Address("tel", "252610000001")),
        (["facebook:5689214", "telegram:3527065"], Address("facebook", "facebook-5689214")),
        # beside what names nobody
        (["bsuid:SO.1349120865530274", "tel:+252610000001"], Address("tel", "252610000001")),
        (["whatsapp:SO.1349120865530274", "tel:+252610000001"], Address("tel", "252610000001")),
        (["tel:+252610000001", "bsuid:SO.13", "whatsapp:SO.13"], Address("tel", "252610000001")),
        (["bsuid:SO.13", "whatsapp:252610000001"], Address("whatsapp", "252610000001")),
        (["mailto:amina@example.com", "tel:+252610000001"], Address("tel", "252610000001")),
        (["later:252", None, "tel:+252610000001"], Address("tel", "252610000001")),
    ],
)
def test_a_contact_is_named_by_its_first_number_or_else_by_an_account(urns: list[str], address: Address) -> None:
    assert contact_address(urns) == address


@pytest.mark.parametrize(
    ("urns", "reason"),
    [
        ([], "contact has no URN"),
        (None, "contact has no URN"),
        ([None], "contact has no URN"),
        ("tel:+252610000001", "contact's URNs are no list"),
        (["tel:********"], "URN is masked: the workspace is anonymous"),
        (["tel:********", "whatsapp:********"], "URN is masked: the workspace is anonymous"),
        (["bsuid:SO.13", "whatsapp:SO.13"], "URN is no number"),
        (["mailto:amina@example.com", "tel:********"], "URN is no number"),
    ],
)
def test_a_contact_of_whom_every_urn_is_unusable_has_no_address(urns: object, reason: str) -> None:
    with pytest.raises(UnusableError) as raised:
        contact_address(urns)
    assert raised.value.reason == reason
