"""The address of a URN's owner, or of an account that a file or a form names, as uuid tables know people.

See sources.md A.7 and C.
"""

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from pipeline_lib.sources.base import UnusableError

_URN = re.compile(r"([a-z]+):([^?#]*)(?:[?#].*)?", re.DOTALL)
"""Its type, its path, and parts that can change for the same person: a query, a display name."""

NUMBERS = frozenset({"tel", "whatsapp"})
"""Types whose path is a phone number: the same number is the same person."""

_OTHERS = frozenset({
    "bsuid", "discord", "ext", "facebook", "fcm", "freshchat", "instagram", "jiochat", "line", "mailto", "rocketchat",
    "slack", "telegram", "twitter", "twitterid", "viber", "vk", "webchat", "wechat",
})  # fmt: skip
"""Types whose path is an account of their own."""

_NUMBER = re.compile(r"[0-9+(). -]{0,40}")
_SEPARATORS = str.maketrans("", "", "+(). -")
_MADE_BY_A_SPREADSHEET = re.compile(r"\+?[0-9]{7,}\.[0-9]{0,2}")
_ACCOUNT = re.compile("[0-9]{1,40}")
_MOST_SHORT_CODE_DIGITS = 6
_LEAST_INTERNATIONAL_DIGITS = 11
"""From this length on, RapidPro reads a number without a plus as an international one that lacks only the plus."""


class Address(NamedTuple):
    """The author's address: identifying, so its `repr` shows nothing."""

    urn_type: str
    """The URN's scheme: `tel`, `whatsapp`, `telegram`."""
    address: str
    """The person's address in the uuid table.

    A phone number's digits, country code first, for SMS and WhatsApp alike; for others the type and the account's
    digits, `telegram-3527065`, since the same digits mean somebody else on another network."""

    def __repr__(self) -> str:
        return "Address(…)"


def address_of(urn: Any, calling_code: str = "") -> Address:
    """The address that a URN stands for.

    A number has one address, whether it wrote by SMS or by WhatsApp, and however it is written. Only numbers have one:
    e-mail addresses and names can be written in too many ways.

    Args:
        urn: As the server gives it.
        calling_code: The code of the country whose local numbers people write; empty if the country is unknown.

    Raises:
        UnusableError: The URN identifies nobody.
    """
    if urn is None:
        raise UnusableError("contact has no URN")
    found = _URN.fullmatch(urn) if isinstance(urn, str) else None
    if found is None:
        raise UnusableError("URN is no text with a type and a path")
    urn_type, path = found.groups()
    if urn_type == "deleted":
        raise UnusableError("contact was deleted")
    if urn_type not in NUMBERS | _OTHERS:
        raise UnusableError("URN is of no known type")
    if "%" in path:
        path = unquote(path)
    if "*" in path:
        raise UnusableError("URN is masked: the workspace is anonymous")
    return account_address(urn_type, path, calling_code)


def account_address(urn_type: str, path: str, calling_code: str = "", *, subject: str = "URN") -> Address:
    """The address that an account of a network stands for; a number of both networks of numbers has the same.

    Args:
        urn_type: The network, one of those that URNs have: `tel`, `telegram`.
        path: The number or the account, however it is written.
        calling_code: As for `address_of`.
        subject: What the reason of an error calls it.

    Raises:
        UnusableError: It identifies nobody.
    """
    if urn_type in NUMBERS:
        return Address(urn_type, _international(path, calling_code, subject, is_complete=urn_type == "whatsapp"))
    if not _ACCOUNT.fullmatch(path):
        raise UnusableError(f"{subject} is no number" if path else f"{subject} has no digits")
    return Address(urn_type, f"{urn_type}-{path}")


def contact_address(urns: Any, calling_code: str = "") -> Address:
    """The address of a contact: its first phone number, or else its first account.

    A contact is one person on all networks. URNs that identify nobody are ignored if another one is usable: newer
    servers give a contact a `bsuid` or a WhatsApp id that is not a number, and put it before the number.

    Args:
        urns: As the server gives them, in their order.
        calling_code: As for `address_of`.

    Raises:
        UnusableError: It has no usable URN; the reason is that of the first one.
    """
    if not urns:
        raise UnusableError("contact has no URN")
    if not isinstance(urns, list):
        raise UnusableError("contact's URNs are no list")
    found = [_address_or_reason(urn, calling_code) for urn in urns]
    usable = [each for each in found if isinstance(each, Address)]
    if not usable:
        raise UnusableError(str(found[0]))
    return next((each for each in usable if each.urn_type in NUMBERS), usable[0])


NAMED_BY_OTHERS = frozenset({"URN is no number", "URN is of no known type"})
"""Reasons for which one URN of a contact may be unusable while another one is usable."""


def _address_or_reason(urn: Any, calling_code: str) -> Address | str:
    try:
        return address_of(urn, calling_code)
    except UnusableError as error:
        return error.reason


def _international(path: str, calling_code: str, subject: str, *, is_complete: bool) -> str:
    """A number's digits, country code first; the digits of a short code are returned unchanged.

    Args:
        path: The number as it is written.
        calling_code: The code of the country that a number without a country code belongs to.
        subject: What the reason of an error calls it.
        is_complete: Whether a number without a leading zero has its country code, as WhatsApp numbers have.
    """
    if not _NUMBER.fullmatch(path) or _MADE_BY_A_SPREADSHEET.fullmatch(path):
        raise UnusableError(f"{subject} is no number")
    digits, has_plus = path.translate(_SEPARATORS), path.lstrip(" (").startswith("+")
    if not digits.strip("0"):
        raise UnusableError(f"{subject} has no digits")
    if path.count("+") > has_plus:
        raise UnusableError(f"{subject} is no number")
    if has_plus or digits.startswith("00"):
        if (digits := digits if has_plus else digits[2:]).startswith("0"):
            raise UnusableError(f"{subject} is no number")
        return digits
    if not digits.startswith("0"):
        if is_complete or not _MOST_SHORT_CODE_DIGITS < len(digits) < _LEAST_INTERNATIONAL_DIGITS:
            return digits
    elif len(digits := digits[1:]) <= _MOST_SHORT_CODE_DIGITS:
        raise UnusableError(f"{subject} is no number")
    if not calling_code:
        raise UnusableError(f"{subject} is a local number, of a country that nothing tells")
    return digits if _has_code(digits, calling_code) else calling_code + digits


_LEAST_DIGITS_BEHIND_CODE = 8


def _has_code(digits: str, calling_code: str) -> bool:
    return digits.startswith(calling_code) and len(digits) >= len(calling_code) + _LEAST_DIGITS_BEHIND_CODE
