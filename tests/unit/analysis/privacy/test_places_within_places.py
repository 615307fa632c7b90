"""A place's small number cannot be worked out from the places within it, nor from those that it lies in."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline_lib.analysis.cells import Numbers, Shown
from pipeline_lib.analysis.published import Published, publish
from pipeline_lib.config.pipeline import AutomatedAnalysis
from pipeline_lib.model.coding_plan import CodingPlans, DatasetKind, PlacesOfMap
from tests.unit.analysis.privacy.world_attacker import (
    DISTRICTS_OF,
    STATE_OF,
    SUB_DISTRICTS,
    Attacker,
    Person,
    kinds_of_people,
    locations,
)

THRESHOLD = 5
ANSWERS = (["water"], ["health"], ["water", "health"], ["NC"])
CODES = ("water", "health", "NC", "NR", "gratitude")
GENDERS = ("man", "woman")
MOST_TARGETS = 12
"""How many small numbers of themes in places are gone for: each takes two integer programs."""

Make = Callable[..., Any]
Publish = Callable[..., Published]


def people_in_places(count: int, seed: int, fully: float) -> list[Person]:
    """So many people, most in few places; that share of them with a place on the last level."""
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    places = list(locations())
    chance.shuffle(places)
    weights = [1 / (1 + rank) ** 1.5 for rank in range(len(places))]
    last = [w if p["district"] != ["NC"] else w * (1 - fully) for w, p in zip(weights, places, strict=True)]
    return [
        {
            "e01": chance.choices(ANSWERS, (5, 3, 1, 1))[0],
            "gender": [chance.choice(GENDERS)],
            **chance.choices(places, last)[0],
        }
        for _ in range(count)
    ]


@pytest.fixture
def plans(make_plans: Make, make_survey: Make) -> CodingPlans:
    """One episode, and locations of which the small ones are on maps only, as in the first project."""
    plans: CodingPlans = make_plans(1, "water", "health")
    gender, _ = plans.demographics
    named = {
        "sub_district": SUB_DISTRICTS,
        "district": [district for districts in DISTRICTS_OF.values() for district in districts],
        "region": list(DISTRICTS_OF),
        "state": list(dict.fromkeys(STATE_OF.values())),
    }
    of_levels = {key: make_survey("location", DatasetKind.DEMOGRAPHIC, key, *places) for key, places in named.items()}
    codings = [
        replace(each.codings[0], include_in_theme_distribution=key in {"region", "state"})
        for key, each in of_levels.items()
    ]
    location = replace(of_levels["region"], codings=tuple(codings))
    maps = [PlacesOfMap(level, key) for level, key in (("regions", "region"), ("districts", "district"))]
    maps.append(PlacesOfMap("mogadishu", "sub_district"))
    return CodingPlans(research_questions=plans.research_questions, demographics=(gender, location), maps=tuple(maps))


@pytest.fixture
def published(plans: CodingPlans, make_frames: Make) -> Publish:
    def published(people: list[Person], **asked: Any) -> Published:
        settings = AutomatedAnalysis.model_validate({"SmallCellThreshold": THRESHOLD, **asked})
        return publish(make_frames(plans, people), plans, settings)

    return published


@pytest.mark.parametrize(
    ("count", "fully", "seed"),
    [(14, 0.0, 0), (30, 1.0, 26), (60, 0.0, 57), (60, 1.0, 2), (120, 0.5, 43), (300, 0.5, 4)],
)
@pytest.mark.parametrize("levels", [[], ["regions", "districts", "mogadishu"]], ids=["totals", "and themes"])
def test_no_small_number_of_a_place_follows_from_other_places(
    count: int, fully: float, seed: int, levels: list[str], published: Publish
) -> None:
    shown = published(people_in_places(count, seed, fully), ThemeDistributionMapLevels=levels)
    attacker = Attacker(shown, kinds_of_people(CODES, GENDERS), THRESHOLD)
    small = attacker.small_ones()
    assert len(small) > 8
    of_places = [number for number in small if len(number.name) == 2]
    others = [number for number in small if len(number.name) > 2]
    wanted = of_places + others[:: max(1, len(others) // MOST_TARGETS)]
    assert [number.name for number in attacker.worked_out(wanted)] == []


def test_a_region_of_one_district_is_hidden_with_it(published: Publish) -> None:
    # All of Banadir is Mogadishu, and of Awdal Borama: whoever is not in Borama could only be in Mogadishu.
    in_mogadishu = {"region": ["banadir"], "state": ["banadir state"], "district": ["mogadishu"]}
    in_borama = {"region": ["awdal"], "state": ["somaliland"], "district": ["borama"], "sub_district": ["NC"]}
    people = [{"e01": ["water"], "gender": ["man"], "sub_district": ["hodan"], **in_mogadishu}] * 9
    people += [{"e01": ["water"], "gender": ["man"], "sub_district": ["karaan"], **in_mogadishu}] * 20
    people += [{"e01": ["water"], "gender": ["man"], **in_borama}] * 2
    regions, districts, sub_districts = published(people).places
    assert {place: cell.text for place, cell in regions.overall.items() if cell.text != "0"} == {
        "banadir": "*",
        "awdal": "<5",
    }
    assert {place: cell.text for place, cell in districts.overall.items() if cell.text != "0"} == {
        "mogadishu": "*",
        "borama": "<5",
    }
    assert [sub_districts.overall[place].text for place in ("hodan", "wadajir", "karaan")] == ["*", "0", "20"]


def test_what_a_map_of_places_says_nothing_of_the_table_of_demographics_does_not_say(published: Publish) -> None:
    shown = published(people_in_places(12, 7, 0.5))
    (on_maps,) = (each for each in shown.places if each.coding.key == "region")
    (in_table,) = (each for each in shown.demographics if each.coding.key == "region")
    assert {cell.text for cell in on_maps.overall.values()} == {"*"}
    assert {cell.text for cell in in_table.overall.values()} == {"*"}


def test_each_level_alone_would_give_the_others_away(published: Publish) -> None:
    shown = published(people_in_places(30, 26, 1.0))
    alone = shown._replace(places=tuple(_hidden_alone(each) for each in shown.places))
    attacker = Attacker(alone, kinds_of_people(CODES, GENDERS), THRESHOLD)
    leaks = {leak.name: leak.people for leak in attacker.worked_out(attacker.small_ones())}
    assert leaks[("district", "borama")] == 1


def _hidden_alone(places: Any) -> Any:
    """The small numbers of a level hidden, with nothing else."""
    counts = places.numbers.counts
    modes = np.where((counts > 0) & (counts < THRESHOLD), Shown.SMALL, Shown.COUNT).astype(np.int8)
    return type(places)(places.coding, places.by, Numbers(counts, modes, THRESHOLD))
