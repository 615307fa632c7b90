"""What imputations give, and schemes that have no code for it: told before a run."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.config.checks import age_categories, match_values, places
from pipeline_lib.model.age_bands import codes_of_bands
from pipeline_lib.model.code_scheme import CodeScheme

Files = dict[str, Any]
Write = Callable[..., Path]

PLANS = "coding_plans.json"
DEMO_SCHEMES = Path(__file__).parents[3] / "configs" / "demo" / "code_schemes"
LEVELS = ("mogadishu_sub_district", "district", "region", "state", "zone")


def codes_of(files: Files, scheme: str) -> list[dict[str, Any]]:
    codes: list[dict[str, Any]] = files[f"code_schemes/{scheme}.json"]["Codes"]
    return codes


def of(files: Files, write: Write) -> list[str]:
    """What is said of code schemes and of bands: errors, then warnings."""
    found = check(write(files))
    said = [*map(str, found.errors), *(f"warning: {problem}" for problem in found.warnings)]
    return [each.replace("code_schemes/", "") for each in said if "code_schemes/" in each or "AgeBands" in each]


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


@pytest.mark.parametrize(
    ("plans", "checked"),
    [
        ("with_ages", age_categories.findings),
        ("with_places", places.findings),
        ("with_places", match_values.of_cleaner),
    ],
)
def test_schemes_that_several_projects_have_are_checked_once(
    plans: str, checked: Any, request: pytest.FixtureRequest, write: Write
) -> None:
    files = request.getfixturevalue(plans)
    checked.cache_clear()
    told = [check(write(files, project)).warnings for project in ("water", "health")]
    assert told[0] == told[1]
    assert checked.cache_info().misses == checked.cache_info().hits > 0


@pytest.mark.parametrize("plans", ["with_ages", "with_places"])
def test_the_schemes_that_they_start_from_lack_nothing(
    plans: str, request: pytest.FixtureRequest, write: Write
) -> None:
    assert of(request.getfixturevalue(plans), write) == []


def test_ages_without_a_band_are_named(with_ages: Files, write: Write) -> None:
    codes = codes_of(with_ages, "age_category")
    codes[:] = [code for code in codes if code["StringValue"] not in {"15_to_17", "55_to_99"}]
    assert of(with_ages, write) == [
        (
            "warning: age.json: Codes: the ages 15 to 17, 55 to 99 are in no band: their age category is NC; add a code "
            "for them to the age categories"
        )
    ]


def test_bands_are_what_the_codes_of_a_scheme_say(with_ages: Files, write: Write) -> None:
    names = ["under 15", "15-18", "19 and above"]
    with_bands(with_ages, *names)
    assert of(with_ages, write) == []
    assert [str(band) for band, _ in codes_of_bands(categories(with_ages, write), None)] == [
        "0 to 14",
        "15 to 18",
        "19 and above",
    ]


def test_bands_may_be_written_where_the_codes_do_not_say_them(with_ages: Files, write: Write) -> None:
    with_bands(with_ages, "child", "adult")
    assert of(with_ages, write) == [
        (
            "age_category.json: Codes: no code says which ages it stands for; begin its MatchValues with the ages, such "
            'as "15 to 17", or write AgeBands in the coding plans'
        )
    ]
    with_ages[PLANS]["Demographics"][1]["AgeBands"] = [[10, 17], [18, None]]
    assert of(with_ages, write) == []


def test_a_written_band_without_an_end_may_be_the_oldest_that_the_scheme_names(with_ages: Files, write: Write) -> None:
    with_bands(with_ages, "10 to 17", "18 to 99")
    with_ages[PLANS]["Demographics"][1]["AgeBands"] = [[10, 17], [18, None]]
    assert of(with_ages, write) == []


@pytest.mark.parametrize(
    ("names", "bands", "said"),
    [
        (
            ["10 to 17", "18 to 99"],
            [[10, 17]],
            (
                "coding_plans.json: Demographics[1].AgeBands: has 1 band for 2 normal codes of age_category.json; write one "
                "for each, in the order of the scheme"
            ),
        ),
        (
            ["10 to 17", "18 to 99"],
            [[18, 99], [10, 17]],
            (
                'coding_plans.json: Demographics[1].AgeBands[0]: is "18 to 99", and code 1 of age_category.json says '
                '"10 to 17"; write the bands in the order of the scheme, or leave AgeBands out'
            ),
        ),
        (
            ["child", "adult"],
            [[10, 17], [99, 18]],
            "coding_plans.json: Demographics[1].AgeBands[1]: ends before it begins; write the youngest age first",
        ),
        (
            ["child", "adult"],
            [[10, 18], [18, 99]],
            (
                'coding_plans.json: Demographics[1].AgeBands: the ages "10 to 18" and "18 to 99" overlap; let each age belong '
                "to one band"
            ),
        ),
        (
            ["10 to 20", "18+"],
            None,
            'age_category.json: Codes: the ages "10 to 20" and "18 and above" overlap; let each age belong to one band',
        ),
        (
            ["10 to 99", "other"],
            None,
            (
                "warning: age_category.json: Codes[1]: does not say which ages it stands for: nobody has it; begin its "
                'MatchValues with the ages, such as "15 to 17", or write AgeBands in the coding plans'
            ),
        ),
    ],
)
def test_bands_that_cannot_be_are_told(names: list[str], bands: Any, said: str, with_ages: Files, write: Write) -> None:
    with_bands(with_ages, *names)
    with_ages[PLANS]["Demographics"][1]["AgeBands"] = bands
    assert said in of(with_ages, write)


@pytest.mark.parametrize(
    ("band", "said"),
    [
        (["10", 14], "AgeBands[0][0]: must be a whole number, not a text"),
        ([10], "AgeBands[0][1]: is missing"),
        ([10, 14, 17], "AgeBands[0]: must have 2 entries"),
        ([-1, 14], "AgeBands[0][0]: must be at least 0"),
        (10, "AgeBands[0]: must be a list, not a number"),
    ],
)
def test_a_band_is_two_ages(band: Any, said: str, with_ages: Files, write: Write) -> None:
    with_ages[PLANS]["Demographics"][1]["AgeBands"] = [band]
    assert of(with_ages, write) == [f"coding_plans.json: Demographics[1].{said}"]


def test_bands_of_no_ages_are_told(with_ages: Files, write: Write) -> None:
    with_ages[PLANS]["Demographics"][0]["AgeBands"] = [[10, 99]]
    assert of(with_ages, write) == [
        "warning: coding_plans.json: Demographics[0].AgeBands: has no effect without the Imputation age_category"
    ]


def with_bands(files: Files, *names: str) -> None:
    """Age categories of these names."""
    codes = codes_of(files, "age_category")
    normal = [
        {"CodeID": f"code-{number}", "CodeType": "Normal", "NumericValue": number, "StringValue": name}
        for number, name in enumerate(names, start=1)
    ]
    codes[:] = [*normal, *(code for code in codes if code["CodeType"] != "Normal")]


def categories(files: Files, write: Write) -> CodeScheme:
    plans = load_project(write(files)).plans
    return plans.demographics[1].codings[1].code_scheme


def test_a_code_that_is_no_age_and_that_the_categories_lack_is_named(with_ages: Files, write: Write) -> None:
    more = {
        "CodeID": "code-PB-1",
        "CodeType": "Meta",
        "MetaCode": "unheard_of",
        "NumericValue": -5,
        "StringValue": "pb",
    }
    codes_of(with_ages, "age").append(more)
    codes_of(with_ages, "age_category")[:] = [
        code for code in codes_of(with_ages, "age_category") if code.get("ControlCode") not in {"NIC", "NR"}
    ]
    assert of(with_ages, write) == [
        'age_category.json: Codes: lacks the code "NR", which the imputation age_category gives; add what is missing in Coda and here',
        (
            'warning: age_category.json: Codes: lacks the codes "NIC", "unheard_of", which the imputation age_category '
            "gives: such texts get NC instead; add what is missing in Coda and here"
        ),
    ]


def test_an_age_scheme_has_ages(with_ages: Files, write: Write) -> None:
    del with_ages[PLANS]["Demographics"][1]["Codings"][0]["Cleaner"]
    codes_of(with_ages, "age")[:] = [code for code in codes_of(with_ages, "age") if code["CodeType"] != "Normal"]
    assert of(with_ages, write) == [
        (
            "age.json: Codes: has no code of an age in years in any band, by its NumericValue: every age category would "
            "be NC; add a code for each age, or leave the imputation age_category out"
        )
    ]


def test_the_number_of_an_age_is_its_years(with_ages: Files, write: Write) -> None:
    index = next(index for index, code in enumerate(codes_of(with_ages, "age")) if code.get("MatchValues") == ["25"])
    codes_of(with_ages, "age")[index]["NumericValue"] = 225
    assert of(with_ages, write)[0] == (
        f'age.json: Codes[{index}].NumericValue: is 225 for the age "25", and the imputation age_category '
        "goes by it; write the age in years"
    )


def test_places_that_a_level_lacks_are_named(with_places: Files, write: Write) -> None:
    for level in ("region", "state"):
        codes = codes_of(with_places, level)
        codes[:] = [code for code in codes if code["StringValue"] != "banadir"]
    assert of(with_places, write) == [
        (
            f'warning: {level}.json: Codes: no code has the match value "banadir", which the imputation somalia_location '
            "gives: such texts get NC instead; add what is missing in Coda and here"
        )
        for level in ("region", "state")
    ]


def test_a_place_that_nobody_knows_is_named(with_places: Files, write: Write) -> None:
    codes_of(with_places, "district")[0]["MatchValues"] = ["atlantis"]
    assert (
        'warning: district.json: Codes[0]: "atlantis" is no district that the imputation somalia_location knows: texts '
        "coded so get NC on every level; if it is a place, give it the usual name as a match value"
    ) in of(with_places, write)


def test_a_scheme_of_unknown_places_is_wrong(with_places: Files, write: Write) -> None:
    for number, code in enumerate(codes_of(with_places, "zone")):
        if code["CodeType"] == "Normal":
            code["MatchValues"] = [f"atlantis {number}"]
    assert of(with_places, write)[0] == (
        "zone.json: Codes: no code is a zone that the imputation somalia_location knows; take the coding out, or give "
        "its codes usual names as match values"
    )


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("CE", 'lacks the control code "CE"; add what is missing in Coda and here'),
        (
            "NR",
            'lacks the code "NR", which the imputation somalia_location gives; add what is missing in Coda and here',
        ),
    ],
)
def test_what_is_no_place_is_a_code_on_every_level(control: str, said: str, with_places: Files, write: Write) -> None:
    codes = codes_of(with_places, "zone")
    codes[:] = [code for code in codes if code.get("ControlCode") != control]
    assert of(with_places, write) == [f"zone.json: Codes: {said}"]


def test_an_imputation_takes_one_code_of_a_text(with_ages: Files, write: Write) -> None:
    with_ages[PLANS]["Demographics"][1]["Codings"][0]["CodingMode"] = "MULTIPLE"
    assert [str(problem) for problem in check(write(with_ages)).errors] == [
        (
            'coding_plans.json: Demographics[1].Codings[0].CodingMode: "MULTIPLE" has no place beside the imputation '
            '"age_category": it takes one code; write "SINGLE"'
        )
    ]


def test_levels_are_any_of_the_table_in_any_order(with_places: Files, write: Write) -> None:
    dataset = with_places[PLANS]["Demographics"][1]
    dataset["Codings"] = [dataset["Codings"][number] for number in (3, 1)]
    assert of(with_places, write) == []
    assert load_project(write(with_places)).plans.demographics[1].levels == ("state", "district")


@pytest.mark.parametrize(
    ("imputation", "said"),
    [
        (
            "kenya_location",
            "has a coding for each level at most, there are 5; the levels are: ward, constituency, county",
        ),
        ("age_category", "needs 2 codings, there are 5; in this order: age, age category"),
    ],
)
def test_an_imputation_has_the_codings_that_it_can_serve(
    imputation: str, said: str, with_places: Files, write: Write
) -> None:
    with_places[PLANS]["Demographics"][1]["Imputation"] = imputation
    errors = [str(problem) for problem in check(write(with_places)).errors]
    assert errors == [f'coding_plans.json: Demographics[1].Codings: the imputation "{imputation}" {said}']
