"""The invented listeners as RapidPro's contacts: by number and name, and by a uuid of RapidPro's own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from sandbox.dice import happens
from sandbox.word_lists import word_list

if TYPE_CHECKING:
    from sandbox.listeners import Listener

TEST_CONTACT_UUIDS = tuple(f"7e577e57-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
"""The team's own phones, the same in every world: what a config lists as TestContactUUIDs."""

_UNASSIGNED = 1_000_000
"""How many numbers of an operator begin, after its own digits, with a 0: none that anybody has does."""


@dataclass(frozen=True)
class Person:
    """Who a contact is."""

    participant_uuid: str
    contact_uuid: str
    number: str = field(repr=False)
    """Digits only, country code first."""
    name: str | None = field(repr=False)


def people_of(rng: Random, listeners: Sequence["Listener"]) -> dict[str, Person]:
    """Everybody by participant uuid; nobody has another's number."""
    numbers = _numbers(rng, listeners)
    testers = iter(TEST_CONTACT_UUIDS)
    return {
        listener.participant_uuid: Person(
            participant_uuid=listener.participant_uuid,
            contact_uuid=next(testers) if listener.is_test_contact else new_uuid(rng),
            number=numbers[listener.participant_uuid],
            name=new_name(rng) if happens(rng, 0.6) else None,
        )
        for listener in listeners
    }


def new_uuid(rng: Random) -> str:
    """A random uuid that the dice decide."""
    return str(UUID(bytes=rng.randbytes(16), version=4))


def new_name(rng: Random) -> str:
    """A given name, and a tree."""
    names = word_list("rapid_pro")["names"]
    return f"{rng.choice(names['given'])} {rng.choice(names['family'])}"


def _numbers(rng: Random, listeners: Sequence["Listener"]) -> dict[str, str]:
    by_operator: dict[str, list[str]] = defaultdict(list)
    for listener in listeners:
        by_operator[listener.operator_digits].append(listener.participant_uuid)
    return {
        uuid: f"{digits}{drawn:07}"
        for digits, uuids in by_operator.items()
        for uuid, drawn in zip(uuids, rng.sample(range(_UNASSIGNED), len(uuids)), strict=True)
    }
