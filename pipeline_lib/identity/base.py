"""The contract of every table of participant uuids, wherever it is kept.

An address (a phone number's digits, a URN, a Facebook id) identifies a person. It goes in here and a participant uuid
comes out; no error, log line or `repr` of a table ever holds an address. The way back is `re_identification` alone.
"""

import re
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.deidentified import is_participant

ItemT = TypeVar("ItemT")

_LONGEST_ADDRESS_BYTES = 1500
# An unpaired surrogate cannot be stored as UTF-8, and the codec's own exception would carry the address.
_UNUSABLE = re.compile("|[.]{1,2}|__.*__|.*[/\ud800-\udfff].*", re.DOTALL)


@dataclass
class Costs:
    """A table's requests to a billed service since it was opened; those of a file stay 0."""

    read_count: int = 0
    """Documents read; one that does not exist counts too, as Google bills it."""
    write_count: int = 0
    """Documents sent for creation, including those that another process had created meanwhile."""
    cached_count: int = 0
    """Addresses that the local cache knew."""
    broken_count: int = 0
    """People left out because their stored entry has no uuid."""


class Added(NamedTuple):
    """What became of the address and uuid pairs to add; the counts sum up to all pairs."""

    added_count: int
    known_count: int
    """Pairs that were stored already."""
    conflict_count: int
    """Left out: the address has another uuid or a broken one, or the uuid stands for another address."""


class UuidTable(Protocol):
    """Addresses to participant uuids: one uuid per address for ever, under concurrent writers, retries and kills.

    An address is 1 to 1,500 bytes of UTF-8 without "/", and not ".", ".." or "__…__". These are Firestore's rules for a
    document's id, so that every table can move there.
    """

    @property
    def table_name(self) -> str:
        """The name that the project's pipelines share the table by."""
        ...

    @property
    def prefix(self) -> str:
        """The first characters of each uuid that the table makes: `avf-phone-uuid-`."""
        ...

    @property
    def costs(self) -> Costs:
        """What the table has cost so far."""
        ...

    def uuids(self, addresses: Collection[str]) -> dict[str, str]:
        """Each address's uuid, created where it is missing.

        An address whose stored entry has no uuid is left out and counted; the entry is not overwritten, and the other
        addresses are still served. Every returned uuid is durably stored: when two processes create the same person at
        once, both get the uuid that was stored first.

        Raises:
            DataError: An address is unusable, or a stored uuid has changed since it was stored; nothing is created
                then.
            ConfigError: The table knows people by another form of address, or by uuids of another prefix.
            SourceError: The service that keeps the table is unavailable; some people may have been created.
        """
        ...

    def known(self, addresses: Collection[str]) -> dict[str, str]:
        """The uuids of those addresses that have one; never creates any, so a dry run may call it.

        Raises:
            PipelineError: As `uuids`.
        """
        ...

    def add_known(self, uuids: Mapping[str, str]) -> Added:
        """Adds addresses with the uuids that they have elsewhere; what is stored is never overwritten.

        Raises:
            DataError: An address or a uuid is unusable, or a uuid stands for two addresses; nothing is added then.
            SourceError: As `uuids`.
        """
        ...


def new_uuid(prefix: str) -> str:
    """A fresh participant uuid; it says nothing about the address that it will stand for."""
    return f"{prefix}{uuid.uuid4()}"


def would_add(table: UuidTable, uuids: Mapping[str, str]) -> Added:
    """What adding the pairs would do, judged by their addresses alone; changes nothing.

    Raises:
        PipelineError: As `add_known`.
    """
    check_pairs(uuids, place_of(table.table_name))
    before = table.known(uuids)
    return compared(uuids, before, {**uuids, **before})


def compared(uuids: Mapping[str, str], before: Mapping[str, str], after: Mapping[str, str]) -> Added:
    """What became of pairs, judged by the uuids that their addresses had before and after they were added."""
    known_count = sum(before.get(address) == uuid for address, uuid in uuids.items())
    stored_count = sum(after.get(address) == uuid for address, uuid in uuids.items())
    return Added(stored_count - known_count, known_count, len(uuids) - stored_count)


def in_chunks(items: Sequence[ItemT], size: int) -> Iterator[Sequence[ItemT]]:
    """The items in chunks of `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def place_of(table_name: str) -> str:
    """What errors call a table."""
    return f'uuid table "{table_name}"'


def distinct_addresses(addresses: Collection[str], place: str) -> list[str]:
    """The addresses, each once, in order of first appearance.

    Raises:
        DataError: Some addresses are unusable. They are counted, never quoted.
    """
    distinct = list(dict.fromkeys(addresses))
    unusable_count = sum(not is_usable(address) for address in distinct)
    if unusable_count:
        raise DataError(
            Problem(
                place,
                f"{unusable_count} of {len(distinct)} addresses are unusable: empty, not valid Unicode, "
                f'longer than {_LONGEST_ADDRESS_BYTES:,} bytes, with a "/", or ".", ".." or "__…__"',
                "leave out records without a usable address before they are de-identified",
            )
        )
    return distinct


def is_usable(address: str) -> bool:
    """Whether a table could keep the text as an address."""
    return not _UNUSABLE.fullmatch(address) and len(address.encode()) <= _LONGEST_ADDRESS_BYTES


def check_pairs(uuids: Mapping[str, str], place: str) -> None:
    """Check pairs that come from elsewhere.

    Raises:
        DataError: An address is unusable, a uuid is not a prefix and a uuid, or one uuid stands for two addresses.
    """
    distinct_addresses(uuids, place)
    wrong_count = sum(not is_participant(uuid) for uuid in uuids.values())
    if wrong_count:  # a swapped column would otherwise give phone numbers out as uuids
        wrong = f"{wrong_count} of {len(uuids)} uuids are not a prefix of letters and a uuid"
        raise DataError(Problem(place, wrong, "write them as avf-phone-uuid-00000000-0000-4000-8000-000000000000"))
    shared_count = len(uuids) - len(set(uuids.values()))
    if shared_count:
        wrong = f"{shared_count} of {len(uuids)} addresses have the same uuid as another address"
        raise DataError(Problem(place, wrong, "give each address a uuid of its own"))
