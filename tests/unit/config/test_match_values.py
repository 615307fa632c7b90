"""What cleaners find, and schemes that have no code for it: told before a run."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.errors import ConfigError

Files = dict[str, Any]
Write = Callable[..., Path]

PLANS, GENDER = "coding_plans.json", "code_schemes/gender.json"


def of(files: Files, write: Write) -> list[str]:
    return [str(problem) for problem in check(write(files)).errors]


def said_of_gender(files: Files, write: Write) -> list[str]:
    """Errors, then warnings."""
    found = check(write(files))
    return [str(problem) for problem in (*found.errors, *found.warnings) if problem.place.startswith(GENDER)]


def with_demographic(files: Files, dataset: dict[str, Any]) -> Files:
    files[PLANS]["Demographics"].append(dataset)
    stem = dataset["RawField"].removesuffix("_raw")
    files["pipeline.json"]["SourceKeyRemappings"] += [
        {"SourceKey": f"{stem} (Value) - water_demographics", "PipelineKey": f"{stem}_raw"},
        {"SourceKey": f"{stem} (Time) - water_demographics", "PipelineKey": f"{stem}_time"},
    ]
    return files


@pytest.mark.parametrize("names", [("male", "female"), ("Man", "WOMAN"), ("M", "F")])
def test_a_gender_may_be_called_otherwise(names: tuple[str, str], files: Files, write: Write) -> None:
    for code, name in zip(files[GENDER]["Codes"], names, strict=False):
        code["MatchValues"] = [name]
    assert said_of_gender(files, write) == []


def test_a_scheme_without_any_value_of_its_cleaner_is_wrong(files: Files, write: Write) -> None:
    for code in files[GENDER]["Codes"][:2]:
        code["MatchValues"] = []
    assert said_of_gender(files, write) == [
        (
            'code_schemes/gender.json: Codes: no code has a match value that the cleaner somali.gender gives: "man", '
            '"woman"; add each to the code that it stands for'
        )
    ]


def test_a_value_that_a_scheme_lacks_is_left_to_the_coders_and_named(files: Files, write: Write) -> None:
    files[GENDER]["Codes"][0]["MatchValues"] = []
    assert of(files, write) == []
    assert said_of_gender(files, write) == [
        (
            'code_schemes/gender.json: Codes: no code has the match value "man", which the cleaner somali.gender gives; '
            "add it to the code that it stands for, or coders decide"
        )
    ]


@pytest.mark.parametrize(
    ("cleaner", "count", "lacks"),
    [
        ("kenya.county", 44, '"baringo", "bomet"'),
        ("kenya.constituency", 289, '"changamwe", "jomvu"'),
        ("somali.age_10_to_99", 89, '"10", "11", "12"'),
        ("swahili.yes_no", 1, '"no"'),
        ("facebook.post_type", 1, '"photo"'),
        ("facebook.comment_reply_to", 1, '"comment"'),
    ],
)
def test_every_cleaners_values_are_asked_for(cleaner: str, count: int, lacks: str, files: Files, write: Write) -> None:
    codes = files[GENDER]["Codes"]
    codes[0]["MatchValues"] = ["mombasa", "kwale", "99", "mvita"]
    codes[1]["MatchValues"] = ["nairobi", "post", "yes", "video"]
    files[PLANS]["Demographics"][0]["Codings"][0]["Cleaner"] = cleaner
    (found,) = said_of_gender(files, write)
    said = re.search(r'match values? (".*")(?: and (\d+) more)?, which the cleaner', found)
    assert said is not None
    assert (len(said[1].split(", ")) + int(said[2] or 0), lacks in said[1]) == (count, True)


def test_a_scheme_of_two_datasets_is_told_of_once(files: Files, write: Write) -> None:
    dataset = copy.deepcopy(files[PLANS]["Demographics"][0]) | {"RawField": "sex_raw", "WSCodeMatchValue": None}
    dataset["Codings"][0]["AnalysisFileKey"] = "sex"
    with_demographic(files, dataset)
    files[GENDER]["Codes"][0]["MatchValues"] = []
    assert len(said_of_gender(files, write)) == 1


def test_a_project_whose_cleaner_finds_nothing_of_its_scheme_is_not_loaded(files: Files, write: Write) -> None:
    for code in files[GENDER]["Codes"][:2]:
        code["MatchValues"] = []
    with pytest.raises(ConfigError, match="no code has a match value that the cleaner"):
        load_project(write(files))
