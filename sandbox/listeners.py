"""The people of the invented world: known by a participant uuid and by what they are, never by a number."""

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING
from uuid import UUID

from sandbox.code_choice import Choice
from sandbox.dice import weighted
from sandbox.word_lists import word_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_UUID_PREFIX = "avf-phone-uuid-"
_TEST_CONTACT_COUNT = 3

# The first digits of the numbers of mobile operators, as RapidPro's users know them (sources.md A.7), and their share.
_OPERATORS = {
    "25261": ("hormud", 45),
    "25277": ("hormud", 10),
    "25262": ("somtel", 12),
    "25265": ("somtel", 4),
    "25263": ("telesom", 11),
    "25290": ("golis", 11),
    "25269": ("nationlink", 3),
    "25268": ("somnet", 2),
    "25471": ("NC", 2),
}
_AGES = {(10, 14): 4, (15, 17): 10, (18, 35): 58, (36, 54): 22, (55, 84): 6}
_HOMES = {"mogadishu_sub_district": 38, "district": 52, "region": 5, "state": 5}


@dataclass(frozen=True)
class Listener:
    """One person. Values are spelled as the code schemes spell them."""

    participant_uuid: str
    is_test_contact: bool
    operator_digits: str
    operator: str
    gender: str
    age: int
    recently_displaced: str
    home: Choice


@dataclass(frozen=True)
class Audience:
    """All listeners, some of whom write far more often than others; the last few are the team's own phones."""

    listeners: "Sequence[Listener]"
    activity: "Sequence[int]"
    """Cumulated weights, as `Random.choices` takes them."""

    def writer(self, rng: "Random") -> Listener:
        """Who sends the next message."""
        (listener,) = rng.choices(self.listeners, cum_weights=self.activity)
        return listener


def audience(rng: "Random", count: int) -> Audience:
    """So many listeners, and the test contacts."""
    people = [_listener(rng, is_test_contact=False) for _ in range(count)]
    testers = [_listener(rng, is_test_contact=True) for _ in range(_TEST_CONTACT_COUNT)]
    weights = [rng.choice([3, 4, 5, 6, 8, 12, 40]) for _ in people] + [max(1, count // 25) for _ in testers]
    return Audience(people + testers, list(accumulate(weights)))


def _listener(rng: "Random", *, is_test_contact: bool) -> Listener:
    digits = weighted(rng, {digits: share for digits, (_, share) in _OPERATORS.items()})
    level = weighted(rng, _HOMES)
    return Listener(
        participant_uuid=f"{_UUID_PREFIX}{UUID(bytes=rng.randbytes(16), version=4)}",
        is_test_contact=is_test_contact,
        operator_digits=digits,
        operator=_OPERATORS[digits][0],
        gender=weighted(rng, {"man": 58, "woman": 42}),
        age=rng.randint(*weighted(rng, _AGES)),
        recently_displaced=weighted(rng, {"yes": 30, "no": 70}),
        home=Choice(level, rng.choice(list(word_list("places")[level]))),
    )
