"""What every table of participant uuids owes, wherever it is kept.

An address (a phone number's digits, a URN, a Facebook id) identifies a person. It goes in here and a participant uuid
comes out; no error, log line or `repr` of a table ever holds an address.
"""

import re
import uuid
from collections.abc import Collection
from typing import Protocol

from pipeline_lib.errors import DataError, Problem

_SURROGATE = re.compile("[\ud800-\udfff]")


class UuidTable(Protocol):
    """Addresses to participant uuids: one uuid per address for ever, under concurrent writers, retries and kills."""

    @property
    def table_name(self) -> str:
        """The name that the project's pipelines share the table by."""
        ...

    @property
    def prefix(self) -> str:
        """What each of the table's uuids begins with: `avf-phone-uuid-`."""
        ...

    def uuids(self, addresses: Collection[str]) -> dict[str, str]:
        """Each address's uuid, created where it is missing.

        What is returned is what is stored, durably: when two processes create the same person at once, both get the
        uuid that was stored first.

        Raises:
            DataError: An address is empty or is not valid Unicode; nothing is created then.
        """
        ...

    def known(self, addresses: Collection[str]) -> dict[str, str]:
        """The uuids of those addresses that have one; never creates any, so a dry run may ask."""
        ...


def new_uuid(prefix: str) -> str:
    """A fresh participant uuid; it says nothing about the address that it will stand for."""
    return f"{prefix}{uuid.uuid4()}"


def distinct_addresses(addresses: Collection[str], place: str) -> list[str]:
    """The addresses, each once, in order of first appearance.

    Raises:
        DataError: Some cannot be an address. They are counted, never quoted.
    """
    distinct = list(dict.fromkeys(addresses))
    unusable_count = sum(not _is_usable(address) for address in distinct)
    if unusable_count:
        raise DataError(
            Problem(
                place,
                f"{unusable_count} of {len(distinct)} addresses are empty or not valid Unicode",
                "leave out records without a usable address before they are de-identified",
            )
        )
    return distinct


def _is_usable(address: str) -> bool:
    # An unpaired surrogate cannot be stored as UTF-8, and the codec's own exception would carry the address.
    return address != "" and not _SURROGATE.search(address)
