"""What a URN says of who wrote, in the form in which uuid tables know people (sources.md A.7 and C)."""

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from pipeline_lib.sources.rapid_pro.json_values import UnusableError

_URN = re.compile(r"([a-z]+):([^?#]*)(?:[?#].*)?", re.DOTALL)
"""Its type, its path, and what can change while the person stays the same: a query, a display name."""

_NUMBER = re.compile(r"[0-9+(). -]{0,40}")
_SEPARATORS = str.maketrans("", "", "+(). -")


class Address(NamedTuple):
    """Who wrote: identifying, so its `repr` tells nothing."""

    urn_type: str
    """What the URN begins with: `tel`, `whatsapp`, `telegram`."""
    address: str
    """What the uuid table knows the person by: the path's digits, without leading zeros."""

    def __repr__(self) -> str:
        return "Address(…)"


def address_of(urn: Any) -> Address:
    """The address that a URN stands for.

    A number has one address, whether it wrote by SMS or by WhatsApp, and however it is written. Only numbers have one:
    of an e-mail address or a name the digits would be somebody else's too.

    Raises:
        UnusableError: Nobody could say who it is.
    """
    if urn is None:
        raise UnusableError("contact has no URN")
    found = _URN.fullmatch(urn) if isinstance(urn, str) else None
    if found is None:
        raise UnusableError("URN is no text with a type and a path")
    urn_type, path = found.groups()
    if urn_type == "deleted":
        raise UnusableError("contact was deleted")
    if "%" in path:
        path = unquote(path)
    if "*" in path:
        raise UnusableError("URN is masked: the workspace is anonymous")
    if not _NUMBER.fullmatch(path):
        raise UnusableError("URN is no number")
    digits = path.translate(_SEPARATORS).lstrip("0")
    if not digits:
        raise UnusableError("URN has no digits")
    return Address(urn_type, digits)


def only_address_of(urns: Any) -> Address:
    """The address of a contact, where all its URNs stand for the same; `urn_type` is that of the first.

    Raises:
        UnusableError: It has none, one that cannot be used, or several: nothing tells which of them wrote.
    """
    if not urns:
        raise UnusableError("contact has no URN")
    if not isinstance(urns, list):
        raise UnusableError("contact's URNs are no list")
    found = [_address_or_reason(urn) for urn in urns]
    if len({each if isinstance(each, str) else each.address for each in found}) > 1:
        raise UnusableError("contact has several addresses")
    if isinstance(found[0], str):
        raise UnusableError(found[0])
    return found[0]


def _address_or_reason(urn: Any) -> Address | str:
    try:
        return address_of(urn)
    except UnusableError as error:
        return error.reason
