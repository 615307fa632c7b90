from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.cleaners import CLEANERS, clean, clean_all, places
from pipeline_lib.cleaners.gazetteer import Gazetteer
from pipeline_lib.errors import ConfigError

pytestmark = pytest.mark.slow


def test_the_names_are_those_that_coding_plans_may_give() -> None:
    assert sorted(CLEANERS) == [
        "english.age_10_to_99",
        "english.gender",
        "english.yes_no",
        "facebook.comment_reply_to",
        "facebook.post_type",
        "kenya.constituency",
        "kenya.county",
        "somali.age_10_to_99",
        "somali.district",
        "somali.district_unless_mogadishu_sub_district",
        "somali.gender",
        "somali.mogadishu_sub_district",
        "somali.yes_no",
        "swahili.age_10_to_99",
        "swahili.gender",
        "swahili.yes_no",
    ]


def test_an_unknown_cleaner_is_named_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError) as raised:
        clean("somali.gendre", pl.Series(["nin"]))
    assert str(raised.value) == 'Cleaner "somali.gendre": there is no such cleaner; did you mean "somali.gender"?'


def test_repeated_and_null_texts_keep_their_places() -> None:
    said = pl.Series("gender_raw", ["nin", None, "gabar", "nin", "", "qof", None])
    found = clean("somali.gender", said)
    assert found.to_list() == ["man", None, "woman", "man", None, None, None]
    assert found.name == "gender_raw"
    assert found.dtype == pl.String


@pytest.mark.parametrize("name", sorted(CLEANERS))
@pytest.mark.parametrize("said", [[], [None], [""]])
def test_nothing_said_is_nothing_found(name: str, said: list[str | None]) -> None:
    found = clean(name, pl.Series(said, dtype=pl.String))
    assert found.to_list() == [None] * len(said)
    assert found.dtype == pl.String


def test_of_several_cleaners_each_finds_what_it_finds_alone_and_places_are_looked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = []

    def homes(texts: pl.Series, names: Gazetteer) -> pl.DataFrame:
        looked.append(set(texts))
        return found_homes(texts, names)

    found_homes = places.homes
    said = pl.Series("location_raw", ["Hodan", "Kismaayo", None, "nin", "Hodan"])
    names = ["somali.district", "somali.mogadishu_sub_district", "somali.district_unless_mogadishu_sub_district"]
    monkeypatch.setattr(places, "homes", homes)
    found = clean_all([*names, "somali.gender"], said)
    assert looked == [{"Hodan", "Kismaayo", "nin"}]
    assert {name: values.to_list() for name, values in found.items()} == {
        "somali.district": ["mogadishu", "kismayo", None, None, "mogadishu"],
        "somali.mogadishu_sub_district": ["hodan", None, None, None, "hodan"],
        "somali.district_unless_mogadishu_sub_district": [None, "kismayo", None, None, None],
        "somali.gender": [None, None, None, "man", None],
    }
    assert {values.name for values in found.values()} == {"location_raw"}


STRANGE = st.text() | st.from_regex(r"[ 0-9oijlzt{}\[\]\"':,.iyonahaa-]{0,40}")


# Most of a cleaning costs the same for one text as for fifty: few examples of many texts try more than many of few.
@pytest.mark.parametrize("name", sorted(CLEANERS))
@settings(deadline=None, max_examples=15)
@given(said=st.lists(STRANGE, max_size=3) | st.lists(STRANGE, min_size=15, max_size=60))
def test_no_text_is_too_strange(name: str, said: list[str]) -> None:
    found = clean(name, pl.Series(said, dtype=pl.String))
    assert len(found) == len(said)
    assert found.dtype == pl.String


@pytest.mark.parametrize("name", sorted(CLEANERS))
@settings(deadline=None, max_examples=12)
@given(
    said=st.lists(
        st.sampled_from(
            [
                "nin",
                "haa",
                "Hodan",
                "Xamar",
                "25",
                "ishirini",
                "{}",
                "ma aha",
                "mke",
                "ndio",
                "embu",
                "Embakasi East",
                "",
            ]
        ),
        max_size=8,
    )
)
def test_a_text_has_the_same_value_whatever_stands_beside_it(name: str, said: list[str]) -> None:
    together = clean(name, pl.Series(said, dtype=pl.String)).to_list()
    assert together == [alone(name, text) for text in said]


@cache
def alone(name: str, text: str) -> str | None:
    """The value of a text beside which nothing stands."""
    value: str | None = clean(name, pl.Series([text])).item()
    return value
