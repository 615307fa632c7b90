"""Invented projects that attackers go for: people, what they said and when, and who comes, changes and withdraws."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pipeline_lib.analysis.frames import Frames
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.model.coding_plan import CodingPlans, DatasetKind, MapLevel, PlacesOfMap
from tests.unit.analysis.conftest import REGIONS, code_scheme, dataset, frames_of, plans_of

FIRST_NIGHT = datetime(2025, 9, 6, 18, tzinfo=UTC)
"""When the first episode is on air, a Saturday; the others follow a week apart."""

ASKED = AutomatedAnalysis.model_validate(
    {
        "GenerateRegionThemeDistributionMaps": True,
        "CrossTabs": [{"Rows": "gender", "Columns": "region"}, {"Rows": "gender", "Columns": "e01"}],
        "TrafficLabels": [
            {"StartDate": "2025-09-06T00:00Z", "EndDate": "2025-09-07T00:00Z", "Label": "on the day"},
            {"StartDate": "2025-09-07T00:00Z", "EndDate": "2025-09-08T00:00Z", "Label": "the day after"},
            {"StartDate": "2025-09-06T00:00Z", "EndDate": "2025-09-08T00:00Z", "Label": "on both days"},
        ],
    }
)
_MOST_HOURS = 60
"""How long after its episode a message comes at most."""


class Person(NamedTuple):
    """Somebody who sent messages."""

    codes: Mapping[str, Sequence[str]]
    """By AnalysisFileKey; nothing at all of somebody who withdrew."""
    messages: Sequence[tuple[str, str, Sequence[str]]]
    """The episode, the time and the codes of each."""


def invented_plans(episode_count: int) -> CodingPlans:
    """Some episodes of three themes, with gender, region and state, how people take part, and a map of the regions."""
    plans = plans_of(episode_count, "water", "health", "roads")
    types = dataset("types", DatasetKind.ENGAGEMENT, code_scheme("types", "alone", "in a group"))
    return replace(plans, maps=(PlacesOfMap(MapLevel.REGIONS, "region"),), engagement=(types,))


def invented_frames(plans: CodingPlans, people: Sequence[Person]) -> Frames:
    """The frames of some people; their place among them is who they are, and so has their record key."""
    messages = [(number, *sent, "text") for number, person in enumerate(people) for sent in person.messages]
    return frames_of(plans, [person.codes for person in people], messages)


def invented_people(count: int, episode_count: int, chance: random.Random) -> list[Person]:
    """So many people's answers to so many episodes."""
    return [_invented_person(episode_count, chance) for _ in range(count)]


def season(people: Sequence[Person], episode_count: int, nights: int, chance: random.Random) -> Iterator[list[Person]]:
    """The people of some nights, in which some come, some say something else, and a few withdraw."""
    now = list(people)
    for _ in range(nights):
        yield list(now)
        for number, person in enumerate(now):
            change = chance.random()
            if change < 0.01:
                now[number] = Person({}, person.messages)
            elif change < 0.06 and person.codes:
                now[number] = _invented_person(episode_count, chance)
        now += invented_people(chance.randrange(1, 2 + len(people) // 10), episode_count, chance)


def _invented_person(episode_count: int, chance: random.Random) -> Person:
    codes: dict[str, Sequence[str]] = {}
    messages = []
    for number in range(1, episode_count + 1):
        if chance.random() < 0.6:
            key, code_count = f"e{number:02}", 1 + (chance.random() < 0.2)
            own = chance.sample(["water", "health", "roads", "NC", "NR"], code_count)
            codes[key] = own
            on_air = FIRST_NIGHT + timedelta(weeks=number - 1)
            messages += [(key, _time(on_air, chance), said) for said in _messages_of(own, chance)]
    codes["gender"] = chance.choices([["man"], ["woman"], ["NA"], ["NC"], ["NR"]], (10, 8, 3, 1, 1))[0]
    region = chance.choices([*REGIONS, "NA", "NC", "NR"], (8, 3, 2, 1, 4, 2, 1))[0]
    codes["region"] = [region]
    codes["state"] = [REGIONS.get(region, region)]
    codes["types"] = chance.choices([["alone"], ["in a group"], ["NA"]], (3, 2, 5))[0]
    return Person(codes, messages)


def _messages_of(codes: Sequence[str], chance: random.Random) -> Sequence[Sequence[str]]:
    """The codes of each message of somebody: most send one, some a few, one in fifty many."""
    further = chance.choices((0, 1, 2, 3, 12), (70, 17, 8, 3, 2))[0]
    if not further:
        return [codes]
    return [[code] for code in codes] + [[chance.choice(codes)] for _ in range(further + 1 - len(codes))]


def _time(on_air: datetime, chance: random.Random) -> str:
    hours = min(_MOST_HOURS, chance.expovariate(1 / 8))
    return (on_air + timedelta(hours=hours)).isoformat()
