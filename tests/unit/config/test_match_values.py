"""What cleaners and imputations give, and schemes that lack it: each is told before a run fails of it."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.errors import ConfigError

Files = dict[str, Any]
Write = Callable[..., Path]

PLANS, GENDER = "coding_plans.json", "code_schemes/gender.json"
DEMO_SCHEMES = Path(__file__).parents[3] / "configs" / "demo" / "code_schemes"
LEVELS = ("mogadishu_sub_district", "district", "region", "state", "zone")


def codes_of(files: Files, scheme: str) -> list[dict[str, Any]]:
    codes: list[dict[str, Any]] = files[f"code_schemes/{scheme}.json"]["Codes"]
    return codes


def of(files: Files, write: Write) -> list[str]:
    return [str(problem) for problem in check(write(files)).errors]


@pytest.fixture
def with_ages(files: Files) -> Files:
    """Ages and their categories, as the demo has them."""
    for name in ("age", "age_category"):
        files[f"code_schemes/{name}.json"] = json.loads((DEMO_SCHEMES / f"{name}.json").read_text(encoding="utf-8"))
    codings = [
        {"CodeScheme": "age", "AnalysisFileKey": "age", "Cleaner": "somali.age_10_to_99"},
        {"CodeScheme": "age_category", "AnalysisFileKey": "band", "RequiresManualVerification": False},
    ]
    return with_demographic(files, {"RawField": "age_raw", "Imputation": "age_category", "Codings": codings})


@pytest.fixture
def with_places(files: Files) -> Files:
    """Places in Somalia, as the demo has them."""
    cleaners = ("somali.mogadishu_sub_district", "somali.district_unless_mogadishu_sub_district")
    codings: list[dict[str, Any]] = []
    for level in LEVELS:
        files[f"code_schemes/{level}.json"] = json.loads((DEMO_SCHEMES / f"{level}.json").read_text(encoding="utf-8"))
        codings.append({"CodeScheme": level, "AnalysisFileKey": level, "RequiresManualVerification": len(codings) < 2})
    for coding, cleaner in zip(codings, cleaners, strict=False):
        coding["Cleaner"] = cleaner
    return with_demographic(files, {"RawField": "location_raw", "Imputation": "somalia_location", "Codings": codings})


def with_demographic(files: Files, dataset: dict[str, Any]) -> Files:
    files[PLANS]["Demographics"].append(dataset)
    stem = dataset["RawField"].removesuffix("_raw")
    files["pipeline.json"]["SourceKeyRemappings"] += [
        {"SourceKey": f"{stem} (Value) - water_demographics", "PipelineKey": f"{stem}_raw"},
        {"SourceKey": f"{stem} (Time) - water_demographics", "PipelineKey": f"{stem}_time"},
    ]
    return files


@pytest.mark.parametrize("plans", ["with_ages", "with_places"])
def test_the_schemes_that_they_start_from_lack_nothing(
    plans: str, request: pytest.FixtureRequest, write: Write
) -> None:
    assert of(request.getfixturevalue(plans), write) == []


def test_all_values_that_a_scheme_lacks_are_told_at_once(files: Files, write: Write) -> None:
    files[GENDER]["Codes"][0]["MatchValues"] = ["male"]
    files[GENDER]["Codes"][1]["MatchValues"] = ["female"]
    assert of(files, write) == [
        (
            'code_schemes/gender.json: Codes: no code has the match values "man", "woman", which the cleaner somali.gender '
            "gives; add each to the code that it stands for"
        )
    ]


@pytest.mark.parametrize(
    ("cleaner", "count", "lacks"),
    [
        ("kenya.county", 44, '"kilifi"'),
        ("kenya.constituency", 290, '"changamwe", "jomvu"'),
        ("somali.age_10_to_99", 90, '"10", "11", "12"'),
        ("swahili.yes_no", 2, '"yes", "no"'),
        ("facebook.post_type", 2, '"video", "photo"'),
        ("facebook.comment_reply_to", 2, '"post", "comment"'),
    ],
)
def test_every_cleaners_values_are_asked_for(cleaner: str, count: int, lacks: str, files: Files, write: Write) -> None:
    codes = files[GENDER]["Codes"]
    codes[0]["MatchValues"], codes[1]["MatchValues"] = ["mombasa", "kwale"], ["nairobi"]
    files[PLANS]["Demographics"][0]["Codings"][0]["Cleaner"] = cleaner
    (found,) = of(files, write)
    said = found.split("match values ", 1)[1].split(", which the cleaner", 1)[0]
    assert (len(said.split(", ")), lacks in said) == (count, True)


def test_a_scheme_of_two_datasets_is_told_of_once(files: Files, write: Write) -> None:
    dataset = copy.deepcopy(files[PLANS]["Demographics"][0]) | {"RawField": "sex_raw", "WSCodeMatchValue": None}
    dataset["Codings"][0]["AnalysisFileKey"] = "sex"
    with_demographic(files, dataset)
    files[GENDER]["Codes"][0]["MatchValues"] = []
    assert of(files, write) == [
        (
            'code_schemes/gender.json: Codes: no code has the match value "man", which the cleaner somali.gender gives; '
            "add it to the code that it stands for"
        )
    ]


def test_a_project_whose_scheme_lacks_values_is_not_loaded(files: Files, write: Write) -> None:
    files[GENDER]["Codes"][0]["MatchValues"] = []
    with pytest.raises(ConfigError, match='no code has the match value "man"'):
        load_project(write(files))


def test_age_categories_have_a_code_for_every_band_of_the_ages(with_ages: Files, write: Write) -> None:
    for code in codes_of(with_ages, "age_category"):
        code["MatchValues"] = [value for value in code.get("MatchValues", []) if value not in {"10 to 14", "55 to 99"}]
    assert of(with_ages, write) == [
        (
            'code_schemes/age_category.json: Codes: no code has the match values "10 to 14", "55 to 99", which the '
            "imputation age_category gives; add each to the code that it stands for"
        )
    ]


def test_age_categories_have_every_code_that_is_no_age(with_ages: Files, write: Write) -> None:
    more = {
        "CodeID": "code-PB-1",
        "CodeType": "Meta",
        "MetaCode": "unheard_of",
        "NumericValue": -5,
        "StringValue": "pb",
    }
    codes_of(with_ages, "age").append(more)
    codes_of(with_ages, "age_category")[:] = [
        code for code in codes_of(with_ages, "age_category") if code.get("ControlCode") != "NIC"
    ]
    assert of(with_ages, write) == [
        (
            'code_schemes/age_category.json: Codes: lacks the codes "NIC", "unheard_of", which the imputation age_category '
            "gives; add what is missing in Coda and here"
        )
    ]


def test_an_age_scheme_has_ages(with_ages: Files, write: Write) -> None:
    del with_ages[PLANS]["Demographics"][1]["Codings"][0]["Cleaner"]
    codes_of(with_ages, "age")[:] = [code for code in codes_of(with_ages, "age") if code["CodeType"] != "Normal"]
    assert of(with_ages, write) == [
        (
            "code_schemes/age.json: Codes: has no code of an age in years, 10 to 99, by its NumericValue: every age "
            "category would be NC; add a code for each age, or leave the imputation age_category out"
        )
    ]


def test_the_number_of_an_age_is_its_years(with_ages: Files, write: Write) -> None:
    index = next(index for index, code in enumerate(codes_of(with_ages, "age")) if code.get("MatchValues") == ["25"])
    codes_of(with_ages, "age")[index]["NumericValue"] = 225
    assert of(with_ages, write) == [
        (
            f'code_schemes/age.json: Codes[{index}].NumericValue: is 225 for the age "25", and the imputation age_category '
            "goes by it; write the age in years"
        )
    ]


def test_places_have_all_places_that_they_lie_in(with_places: Files, write: Write) -> None:
    for level, value in (("district", "mogadishu"), ("region", "banadir"), ("state", "banadir")):
        for code in codes_of(with_places, level):
            code["MatchValues"] = [name for name in code.get("MatchValues", []) if name != value]
            code["StringValue"] = code["StringValue"].replace(value, "hiraan")
    found = [problem for problem in of(with_places, write) if "gives" in problem]
    assert [problem.split(": ", 1)[0].removeprefix("code_schemes/") for problem in found] == [
        "district.json",
        "district.json",
        "region.json",
        "state.json",
    ]
    assert found[0].startswith(
        'code_schemes/district.json: Codes: no code has the match value "mogadishu", which the cl'
    )
    assert found[-1] == (
        'code_schemes/state.json: Codes: no code has the match value "banadir", which the imputation somalia_location '
        "gives; add it to the code that it stands for"
    )


def test_a_place_that_nobody_knows_is_named(with_places: Files, write: Write) -> None:
    codes_of(with_places, "zone")[0]["MatchValues"] = ["atlantis"]
    found = of(with_places, write)
    assert found[0] == (
        'code_schemes/zone.json: Codes[0]: "atlantis" is no zone that the imputation somalia_location knows; take the '
        "code out, or begin its MatchValues with the usual name"
    )


@pytest.mark.parametrize("control", ["NIC", "CE", "NR"])
def test_what_is_no_place_is_a_code_on_every_level(control: str, with_places: Files, write: Write) -> None:
    codes_of(with_places, "zone")[:] = [
        code for code in codes_of(with_places, "zone") if code.get("ControlCode") != control
    ]
    assert of(with_places, write) == [
        (
            f'code_schemes/zone.json: Codes: lacks the code "{control}", which the imputation somalia_location gives; add '
            "what is missing in Coda and here"
        )
    ]
