import polars as pl
import pytest

from pipeline_lib.cleaners.gazetteer import build
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
    return homes(pl.Series(texts), build(towns(**changes), place="towns.toml"))["whole"].to_list()


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


def test_a_region_gives_way_to_a_place_and_another_country_does_not() -> None:
    assert homes_in("uplands", "alba uplands", "alba abroad", "born in alba, living in uplands") == [
        None,
        "alba",
        None,
        None,
    ]


def test_two_meanings_of_one_spelling_are_named_together() -> None:
    with pytest.raises(ConfigError) as raised:
        build(towns(words={"alba": ["alba", "..."], "borg": ["Alba"]}), place="towns.toml")
    assert [(problem.place, problem.wrong) for problem in raised.value.problems] == [
        ('towns.toml: "..."', "has no letter to look for"),
        ("towns.toml: alba, Alba", "one spelling, several meanings: alba, borg"),
    ]


def test_the_values_of_a_list_are_those_of_all_its_tables() -> None:
    assert {"kiambu", "kwanza", "bura"} <= match_values("kenya_constituency")
