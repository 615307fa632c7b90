import polars as pl
import pytest

from pipeline_lib.cleaners.gazetteer import build, names_of
from pipeline_lib.cleaners.place_list import PlaceList, match_values
from pipeline_lib.cleaners.places import homes
from pipeline_lib.errors import ConfigError


def towns(**changes: object) -> PlaceList:
    file = {
        "spelling": "exact",
        "words": {"alba": ["alba", "old alba"], "west borg": ["west borg"]},
        "words_with_cue": {"corn": ["corn"]},
        "words_of_endings": {"when": ["when"]},
        "regions": ["uplands"],
        "elsewhere": ["abroad"],
        "same_word": [["west", "magharibi"]],
    }
    return PlaceList.model_validate(file | changes)


def homes_in(*texts: str, **changes: object) -> list[str | None]:
    return homes(pl.Series(texts), build(names_of(towns(**changes), place="towns.toml")))["whole"].to_list()


def test_a_word_of_a_name_stands_at_either_end_and_in_another_language() -> None:
    assert homes_in("borg west", "borg magharibi", "magharibi borg", "borg") == ["west borg"] * 3 + [None]


def test_a_name_with_another_meaning_counts_beside_a_cue_or_alone() -> None:
    assert homes_in("corn", "I live in corn", "corn and alba", "corn is dear") == ["corn", "corn", None, None]


def test_a_name_of_endings_counts_where_a_clause_ends() -> None:
    assert homes_in("we are from when, thanks", "when we came") == ["when", None]


def test_a_name_with_another_meaning_counts_beside_and_and_a_sure_one() -> None:
    assert homes_in("either alba or corn", "corn and alba", "corn or bread, alba") == [None, None, "alba"]


def test_names_in_haste_are_found_unless_they_are_other_names() -> None:
    words = {"bumula": ["bumula"], "butula": ["butula"], "butla": ["butla"], "homa bay town": ["homa bay town"]}
    said = ("bumla", "butla", "homabay town", "homa baytown")
    assert homes_in(*said, words=words) == ["bumula", "butla", "homa bay town", "homa bay town"]


def test_a_name_of_a_person_is_no_place_where_a_person_is_meant() -> None:
    called = {"also_persons": ["alba"], "persons": ["smith"], "spoken_to": ["hello"]}
    said = ("alba smith", "smith iyo alba", "hello alba", "alba", "hello, alba")
    assert homes_in(*said, **called) == [None, None, None, "alba", "alba"]


def test_a_person_may_say_that_a_name_is_theirs() -> None:
    called = {"also_persons": ["alba"], "said_of_persons": ["is my name"]}
    assert homes_in("alba is my name", "alba is my home", **called) == [None, "alba"]


def test_a_word_may_be_an_initial_or_its_consonants_unless_other_names_are_so_too() -> None:
    words = {"tharaka": ["tharaka nithi"], "kuria": ["kuria hills"], "kitui": ["kitui hills"], "ahero": ["athi river"]}
    said = ("t nithi", "T/Nithi", "thrk nithi", "thrk nth", "k hills", "a river", "w borg", "west b")
    assert homes_in(*said, words=words | {"west borg": ["west borg"]}) == ["tharaka"] * 4 + [
        None,
        None,
        "west borg",
        None,
    ]


def test_a_letter_for_a_point_of_the_compass_ends_a_clause_where_it_stands_behind() -> None:
    said = ("borg n", "n borg", "borg n alba", "we live in borg n, alba")
    words = {"alba": ["alba"], "north borg": ["north borg"], "borg": ["borg"]}
    found = homes_in(*said, words=words, same_word=[["north", "n"]])
    assert found == ["north borg", "north borg", None, "north borg"]


def test_names_of_the_parts_are_as_well_known_as_those_of_the_whole() -> None:
    words = {"nakuru": ["nakuru", "naivasha", "elburgon"]}
    assert homes_in("naivasa", "elborgon", words=words) == [None, None]
    assert homes_in("naivasa", "elborgon", words=words, parts_list="kenya_constituency") == ["nakuru", None]


def test_a_neighbourhood_of_many_towns_is_in_the_one_that_is_named_beside_it() -> None:
    parts = PlaceList.model_validate(
        {"spelling": "exact", "words": {"hodan": ["hodan"], "karan": ["karan"]}, "also_neighbourhoods": ["hodan"]}
    )
    names = build(names_of(towns(), place="towns.toml"), names_of(parts, place="parts.toml"), parts_in="corn")
    said = ["hodan alba", "xaafada hodan ee alba", "alba, hodan", "hodan", "karan alba"]
    assert homes(pl.Series(said), names)["whole"].to_list() == ["alba", "alba", "alba", "corn", None]


def test_a_region_gives_way_to_a_place_and_another_country_does_not() -> None:
    assert homes_in("uplands", "alba uplands", "alba abroad", "born in alba, living in uplands") == [
        None,
        "alba",
        None,
        None,
    ]


def test_two_meanings_of_one_spelling_are_named_together() -> None:
    with pytest.raises(ConfigError) as raised:
        names_of(towns(words={"alba": ["alba", "..."], "borg": ["Alba"]}), place="towns.toml")
    assert [(problem.place, problem.wrong) for problem in raised.value.problems] == [
        ('towns.toml: "..."', "has no letter to look for"),
        ("towns.toml: alba, Alba", "one spelling, several meanings: alba, borg"),
    ]


def test_the_values_of_a_list_are_those_of_all_its_tables() -> None:
    assert {"kiambu", "kwanza", "bura"} <= match_values("kenya_constituency")
