"""What cleaners are said to give, held against what they give."""

import json
import tomllib
from typing import Any

import polars as pl
import pytest

from pipeline_lib.cleaners import CLEANERS, clean
from pipeline_lib.cleaners.data_files import DATA_FOLDER
from pipeline_lib.cleaners.match_values import codes_of_values, match_values
from pipeline_lib.model.code_scheme import CodeScheme


def phrases_in(written: Any) -> list[str]:
    """Every text in a data file, wherever it stands."""
    if isinstance(written, dict):
        return [phrase for part in written.values() for phrase in phrases_in(part)]
    if isinstance(written, list):
        return [phrase for part in written for phrase in phrases_in(part)]
    return [written] if isinstance(written, str) else []


@pytest.fixture(scope="module")
def answers() -> list[str]:
    """All that any cleaner knows, and more."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA_FOLDER.glob("*.toml"))]
    attachments = [[], ["photo"], ["video_inline"], ["photo", "share"]]
    posts = [json.dumps({"attachments": {"data": [{"type": kind} for kind in kinds]}}) for kinds in attachments]
    return [*phrases_in(files), *map(str, range(121)), "{}", '{"id": "1"}', *posts]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CLEANERS))
def test_a_cleaner_gives_the_values_that_it_is_said_to_give_and_no_other(name: str, answers: list[str]) -> None:
    assert set(clean(name, pl.Series(answers)).drop_nulls()) == set(match_values(name))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("somali.gender", ("man", "woman")),
        ("swahili.yes_no", ("yes", "no")),
        ("facebook.post_type", ("video", "photo")),
        ("somali.age_10_to_99", tuple(str(years) for years in range(10, 100))),
    ],
)
def test_each_value_is_named_once(name: str, values: tuple[str, ...]) -> None:
    assert match_values(name) == values


@pytest.mark.parametrize(
    ("name", "count"), [("kenya.county", 47), ("kenya.constituency", 290), ("somali.mogadishu_sub_district", 17)]
)
def test_places_are_all_there(name: str, count: int) -> None:
    assert len(match_values(name)) == count


def scheme(*match_values: str) -> CodeScheme:
    codes = [
        {
            "CodeID": f"code-{value}",
            "CodeType": "Normal",
            "StringValue": f"string {number}",
            "NumericValue": number,
            "MatchValues": [value],
        }
        for number, value in enumerate(match_values, start=1)
    ]
    return CodeScheme.model_validate({"SchemeID": "Scheme-1", "Name": "any", "Version": "1", "Codes": codes})


@pytest.mark.parametrize(
    ("cleaner", "names", "codes"),
    [
        ("somali.gender", ("man", "woman"), {"man": "man", "woman": "woman"}),
        ("swahili.gender", ("male", "female"), {"man": "male", "woman": "female"}),
        ("english.gender", ("F", "Man"), {"man": "Man", "woman": "F"}),
        # What is called as the cleaner calls it comes first, wherever it stands.
        ("english.gender", ("male", "man"), {"man": "man"}),
        ("somali.yes_no", ("Yes", "ambivalent"), {"yes": "Yes"}),
        ("somali.yes_no", ("haa", "maya"), {"yes": "haa", "no": "maya"}),
        ("kenya.county", ("homa_bay", "murang'a"), {"homa bay": "homa_bay", "muranga": "murang'a"}),
        ("kenya.constituency", ("suba south", "suba north"), {"suba": "suba south", "mbita": "suba north"}),
        ("somali.district", ("Bu_aale", "other"), {"bu'aale": "Bu_aale"}),
        ("facebook.post_type", ("photo",), {"photo": "photo"}),
        ("english.gender", ("other",), {}),
    ],
)
def test_a_scheme_may_call_a_cleaners_values_otherwise(
    cleaner: str, names: tuple[str, ...], codes: dict[str, str]
) -> None:
    given = codes_of_values(cleaner, scheme(*names))
    assert {value: code.match_values[0] for value, code in given.items()} == codes


def test_an_age_belongs_to_a_scheme_s_band_if_the_scheme_has_bands() -> None:
    given = codes_of_values("somali.age_10_to_99", scheme("10 to 17", "18+", "25"))
    assert [given[years].match_values[0] for years in ("10", "17", "18", "25", "99")] == [
        "10 to 17",
        "10 to 17",
        "18+",
        "25",
        "18+",
    ]
