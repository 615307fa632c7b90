"""Which maps a project has, and what they count."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import geopandas as gpd
import pytest
import shapely

from pipeline_lib.analysis.charts.captions import About
from pipeline_lib.analysis.codings import all_codings
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.map_places import places_of
from pipeline_lib.analysis.maps.base import BaseMap, base_map
from pipeline_lib.analysis.maps.layer import Layer
from pipeline_lib.analysis.maps.maps import Map, maps_of
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.model.coding_plan import CodingPlans, Dataset, DatasetKind, PlacesOfMap

EAT = timezone(timedelta(hours=3))
ABOUT = About(
    "Geedka", datetime(2025, 9, 6, tzinfo=EAT), datetime(2025, 9, 14, tzinfo=EAT), datetime(2025, 9, 20, tzinfo=UTC)
)
SCHEMATIC = "Schematic boundaries: a cell is what lies nearest to a place's centre, and no official border."
SOURCE = "Geedka, 6 to 13 September 2025. Source: messages that the project had received by 20 September 2025."
PEOPLE: list[dict[str, Sequence[str]]] = [
    {"e01": ["water"], "region": ["bay"], "gender": ["man"]},
    {"e01": ["water", "health"], "region": ["bay"], "gender": ["woman"]},
    {"e01": ["health"], "e02": ["water"], "region": ["awdal"], "gender": ["woman"]},
    {"e01": ["NC"], "region": ["togdheer"], "gender": ["man"]},
    {"e02": ["health"], "region": ["NC"], "gender": ["man"]},
    {"gender": ["man"], "region": ["bay"]},  # in no episode
    {},  # withdrawn
]


def layer_of(*names: str, is_schematic: bool = True) -> Layer:
    boxes = [shapely.box(number, 0, number + 1, 1) for number in range(len(names))]
    return Layer(gpd.GeoDataFrame({"name": list(names)}, geometry=boxes), is_schematic)


def drawn(
    plans: CodingPlans, frames: Frames, layer: Layer, *, themes: bool = True, table: PerturbationTable | None = None
) -> list[Map]:
    plans = replace(plans, maps=(PlacesOfMap("regions", "region"),))
    settings = AutomatedAnalysis.model_validate({"GenerateRegionThemeDistributionMaps": themes})
    (region,) = (coding for coding in all_codings(plans) if coding.key == "region")
    bases: dict[str, BaseMap] = {"regions": base_map("regions", places_of(region.coding.code_scheme), layer)}
    published = release_numbers(frames, plans, settings, table=table)
    about = ABOUT._replace(threshold=published.threshold)
    return list(maps_of(published, plans, bases, settings.theme_map_levels, about))


def numbers(shown: Map) -> dict[str, str]:
    return {code: cell.text for code, cell in shown.counts.items() if cell.count != 0 and code not in {"NA", "NC"}}


@pytest.fixture
def maps(plans: CodingPlans, make_frames: Callable[..., Frames]) -> list[Map]:
    return drawn(plans, make_frames(plans, PEOPLE), layer_of("awdal", "togdheer", "bay", "bakool"))


def test_files_are_named_as_the_predecessors_were(maps: list[Map]) -> None:
    assert [each.filename for each in maps] == [
        "regions_total_participants.png",
        "regions_e01_1_total_relevant.png",
        "regions_e01_2_water.png",
        "regions_e01_3_health.png",
        "regions_e02_1_total_relevant.png",
        "regions_e02_2_water.png",
        "regions_e02_3_health.png",
    ]


def test_each_map_counts_its_own_people(maps: list[Map]) -> None:
    assert [numbers(each) for each in maps] == [
        {"bay": "2", "awdal": "1", "togdheer": "1"},
        {"bay": "2", "awdal": "1"},
        {"bay": "2"},
        {"bay": "1", "awdal": "1"},
        {"awdal": "1"},
        {"awdal": "1"},
        {},
    ]


def test_a_map_says_what_it_shows_of_whom(maps: list[Map]) -> None:
    total, relevant, water, *_ = (each.words for each in maps)
    assert total == (
        "Participants",
        "Participants who opted in to any episode, by region",
        ("n = 5 participants: 4 on the map, 1 whose region is not known.", SCHEMATIC, SOURCE),
    )
    assert relevant[:2] == (
        "Relevant participants: episode e01",
        "Participants who gave any theme, and of whom nothing waits for a coder, by region",
    )
    assert water[:2] == (
        "Water: episode e01",
        "Relevant participants who gave this theme, by region; in brackets, their share of the relevant ones there",
    )
    assert water.caption[1] == relevant.caption[1] == "A shade means the same on all maps of the episode."
    assert water.caption[0] == "n = 2 participants: 2 on the map, 0 whose region is not known."


def test_the_maps_of_an_episode_have_the_same_shades_and_those_of_themes_have_shares(
    plans: CodingPlans, make_frames: Callable[..., Frames]
) -> None:
    people = [{"e01": ["water"], "region": ["bay"]}] * 6 + [{"e01": ["health"], "region": ["bay"]}] * 2
    people += [{"e01": ["water"], "region": ["awdal"]}]
    layer = layer_of("awdal", "togdheer", "bay", "bakool")
    total, relevant, water, health, *_ = drawn(plans, make_frames(plans, people), layer)
    # 8 and 1 are relevant, 6 and 1 said water, 2 said health.
    assert list(map(str, relevant.shades)) == ["0", "1", "2", "6", "8"]
    assert water.shades == health.shades == relevant.shades
    assert (total.shades, relevant.shares) == ((), {})
    assert {code: share for code, share in water.shares.items() if share} == {"bay": "75%", "awdal": "100%"}
    assert {code: share for code, share in health.shares.items() if share} == {"bay": "25%", "awdal": "0%"}


def test_no_share_is_told_of_a_number_that_is_not(
    plans: CodingPlans, make_frames: Callable[..., Frames], fewer_than_five: PerturbationTable
) -> None:
    people = [{"e01": ["water"], "region": ["bay"]}] * 8 + [{"e01": ["health"], "region": ["bay"]}] * 2
    _, _, water, health, *_ = drawn(plans, make_frames(plans, people), layer_of("bay", "awdal"), table=fewer_than_five)
    assert {code: share for code, share in water.shares.items() if share} == {"bay": "80%"}
    assert [share for share in health.shares.values() if share] == []


def test_a_map_of_a_theme_shows_nobody_where_that_of_any_theme_shows_nobody(
    plans: CodingPlans, make_frames: Callable[..., Frames]
) -> None:
    people = [*PEOPLE, {"e01": ["water", "NR"], "region": ["bakool"]}]
    layer = layer_of("awdal", "togdheer", "bay", "bakool")
    total, relevant, water, *_ = drawn(plans, make_frames(plans, people), layer)
    assert [numbers(each).get("bakool") for each in (total, relevant, water)] == ["1", None, None]
    assert water.words.caption[0] == "n = 2 participants: 2 on the map, 0 whose region is not known."


CITY = {"part": ("hodan", "wadajir"), "district": ("mogadishu", "afgooye"), "zone": ("scz", "nez", "nwz")}
CONSTITUENCIES = {"part": ("westlands", "kibra"), "county": ("nairobi", "kisumu", "kiambu")}
LIVING = [
    {"part": ["hodan"], "district": ["mogadishu"], "zone": ["scz"]},
    {"part": ["NC"], "district": ["mogadishu"], "zone": ["scz"]},
    {"part": ["NC"], "district": ["afgooye"], "zone": ["scz"]},
    {"part": ["NC"], "district": ["NC"], "zone": ["nez"]},
    {"part": ["NC"], "district": ["NC"], "zone": ["scz"]},
    {"part": ["NR"], "district": ["NR"], "zone": ["NR"]},
    {"zone": ["nwz"]},  # did not answer: the zone is that of the mobile network
]
IN_KENYA = [
    {"part": ["kibra"], "county": ["nairobi"]},
    {"part": ["NC"], "county": ["nairobi"]},
    {"part": ["NC"], "county": ["kisumu"]},
    {"part": ["NR"], "county": ["kiambu"]},
    {"part": ["NC"], "county": ["NC"]},
]
OF_NO_KNOWN_PLACES = {"part": ("upper town", "lower town"), "district": ("mogadishu", "afgooye")}


@pytest.fixture
def captions(
    plans: CodingPlans, make_survey: Callable[..., Dataset], make_frames: Callable[..., Frames]
) -> Callable[..., list[str]]:
    """How many people the maps of a city's parts have on them, and where the others are."""

    def find(
        levels: dict[str, Sequence[str]], people: Sequence[dict[str, Sequence[str]]], **asked: object
    ) -> list[str]:
        surveys = [make_survey("location", DatasetKind.DEMOGRAPHIC, key, *codes) for key, codes in levels.items()]
        location = replace(surveys[0], codings=tuple(each.codings[0] for each in surveys))
        city = replace(plans, demographics=(location,), maps=(PlacesOfMap("parts", "part"),))
        settings = AutomatedAnalysis.model_validate({"ThemeDistributionMapLevels": ["parts"], **asked})
        base = base_map("parts", places_of(location.codings[0].code_scheme), layer_of(*levels["part"]))
        frames = make_frames(city, [{"e01": ["water"], **person} for person in people])
        published = release_numbers(frames, city, settings)
        maps = maps_of(published, city, {"parts": base}, settings.theme_map_levels, ABOUT)
        return [each.words.caption[0] for each in maps][:4]

    return find


def test_who_lives_outside_a_city_is_told_apart_from_who_did_not_say_where(captions: Callable[..., list[str]]) -> None:
    told = "n = 7 participants: 1 on the map, 2 who live elsewhere, 4 whose parts is not known."
    nobody = "n = 0 participants: 0 on the map, 0 who live elsewhere, 0 whose parts is not known."
    assert captions(CITY, LIVING) == [told, told, told, nobody]


def test_who_lives_in_another_county_is_told_apart_from_who_did_not_say_where(
    captions: Callable[..., list[str]],
) -> None:
    told = "n = 5 participants: 1 on the map, 2 who live elsewhere, 2 whose parts is not known."
    assert captions(CONSTITUENCIES, IN_KENYA)[0] == told


def test_where_nothing_tells_who_lives_elsewhere_the_caption_says_so(captions: Callable[..., list[str]]) -> None:
    told = "n = 7 participants: 0 on the map, 7 whose parts is not known or who live elsewhere."
    people = [{**person, "part": ["NC"]} for person in LIVING]
    assert captions(OF_NO_KNOWN_PLACES, [{k: v for k, v in each.items() if k != "zone"} for each in people])[0] == told


def test_a_country_s_districts_leave_nobody_elsewhere(captions: Callable[..., list[str]]) -> None:
    told = "n = 2 participants: 1 on the map, 1 whose parts is not known."
    levels = {"part": ("mogadishu", "afgooye"), "region": ("banadir", "lower shabelle")}
    people = [{"part": ["afgooye"], "region": ["lower shabelle"]}, {"part": ["NC"], "region": ["banadir"]}]
    assert captions(levels, people)[0] == told


def test_only_the_levels_that_are_asked_for_have_maps_of_themes(
    plans: CodingPlans, make_frames: Callable[..., Frames]
) -> None:
    maps = drawn(plans, make_frames(plans, PEOPLE), layer_of("bay"), themes=False)
    assert [each.filename for each in maps] == ["regions_total_participants.png"]


def test_people_whom_the_areas_leave_out_are_counted_in_the_caption(
    plans: CodingPlans, make_frames: Callable[..., Frames]
) -> None:
    total, *_ = drawn(plans, make_frames(plans, PEOPLE), layer_of("bay", "sool", "gedo", is_schematic=False))
    assert total.words.caption == (
        "n = 5 participants: 2 on the map, 1 whose region is not known, 2 where the map has no area.",
        "3 codes have no area; 2 areas have no code.",
        SOURCE,
    )


def test_one_area_without_a_code_is_one_area(plans: CodingPlans, make_frames: Callable[..., Frames]) -> None:
    layer = layer_of("bay", "awdal", "togdheer", "gedo", is_schematic=False)
    total, *_ = drawn(plans, make_frames(plans, PEOPLE), layer)
    assert total.words.caption[1] == "1 code has no area; 1 area has no code."


def test_what_is_not_released_does_not_follow_from_the_caption(
    plans: CodingPlans, make_frames: Callable[..., Frames], fewer_than_five: PerturbationTable
) -> None:
    people = [{"e01": ["water"], "region": ["bay"], "gender": ["man"]}] * 8
    people += [{"e01": ["water"], "region": ["awdal"], "gender": ["man"]}] * 2
    layer = layer_of("awdal", "togdheer", "bay", "bakool")
    total, *_ = drawn(plans, make_frames(plans, people), layer, table=fewer_than_five)
    assert total.counts["awdal"].text == "<5"
    assert total.words.caption[0] == "n = 10 participants."
    assert "To protect people, numbers are perturbed and need not add up; <5 stands for fewer than 5." in (
        total.words.caption
    )


@pytest.mark.parametrize("people", [[], [{}, {}], [{"gender": ["man"]}]])
def test_nobody_gives_maps_of_nobody(
    people: list[dict[str, Sequence[str]]], plans: CodingPlans, make_frames: Callable[..., Frames]
) -> None:
    maps = drawn(plans, make_frames(plans, people), layer_of("awdal", "bay"))
    assert len(maps) == 7
    assert all(numbers(each) == {} for each in maps)
    assert maps[0].words.caption[0].startswith("n = 0 participants: 0 on the map")
