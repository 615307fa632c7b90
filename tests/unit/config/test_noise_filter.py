"""A noise filter in the spellings of two predecessors, and what is wrong with one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.model.coding_plan import CleanerName
from pipeline_lib.model.noise_filter import NoiseFilter, NoiseWords

Files = dict[str, Any]
Write = Callable[..., Path]

RULES = NoiseFilter(min_length=10, words=(NoiseWords.SOMALI,), unless_recognised_by=("somali.age", "somali.gender"))


def test_it_stands_in_the_coding_plans(files: Files, write: Write) -> None:
    files["coding_plans.json"]["NoiseFilter"] = {
        "MinLength": 10,
        "Patterns": "somali.noise",
        "UnlessRecognisedBy": ["somali.age", "somali.gender"],
    }
    assert load_project(write(files)).plans.noise_filter == RULES


def test_or_in_the_config_as_an_older_project_spells_it(files: Files, write: Write) -> None:
    files["pipeline.json"]["NoiseFilter"] = {
        "MinimumLength": 10,
        "Cleaner": "somali.noise",
        "KeepIfRecognisedBy": ["somali.age", "somali.gender"],
    }
    assert load_project(write(files)).plans.noise_filter == RULES


def test_usually_any_cleaner_may_recognise_an_answer(files: Files, write: Write) -> None:
    files["pipeline.json"]["NoiseFilter"] = {"Patterns": ["somali.noise", "swahili.noise"]}
    rules = load_project(write(files)).plans.noise_filter
    assert rules is not None
    assert rules.words == (NoiseWords.SOMALI, NoiseWords.SWAHILI)
    assert set(rules.unless_recognised_by) == {
        *(name for name in CleanerName if not name.startswith("facebook.")),
        "somali.urban_rural",
    }


def test_without_one_nothing_is_noise(files: Files, write: Write) -> None:
    assert load_project(write(files)).plans.noise_filter is None


ERRORS = [
    ({}, "NoiseFilter: takes nothing for noise; add MinLength or Patterns, or leave it out"),
    ({"MinLength": -1}, "NoiseFilter.MinLength: must be at least 0"),
    ({"Patterns": "somali.nois"}, 'NoiseFilter.Patterns[0]: "somali.nois" is not known; did you mean "somali.noise"?'),
    ({"Cleaner": "somali.nois"}, 'NoiseFilter.Cleaner[0]: "somali.nois" is not known; did you mean "somali.noise"?'),
    (
        {"MinLength": 10, "UnlessRecognisedBy": ["somali.gander"]},
        'NoiseFilter.UnlessRecognisedBy[0]: "somali.gander" is not known; did you mean "somali.gender"?',
    ),
    (
        {"MinLength": 10, "MinimumLength": 10},
        "NoiseFilter.MinimumLength: is another spelling of MinLength, which is there too; keep one",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "problem"), ERRORS)
def test_what_is_wrong_is_said_where_it_stands(
    written: dict[str, Any], problem: str, files: Files, write: Write
) -> None:
    files["pipeline.json"]["NoiseFilter"] = written
    assert f"pipeline.json: {problem}" in map(str, check(write(files)).errors)


def test_one_in_both_files_is_one_too_many(files: Files, write: Write) -> None:
    files["pipeline.json"]["NoiseFilter"] = files["coding_plans.json"]["NoiseFilter"] = {"MinLength": 10}
    assert "pipeline.json: NoiseFilter: is in coding_plans.json: NoiseFilter too; keep one" in map(
        str, check(write(files)).errors
    )


def test_an_unknown_cleaner_of_a_coding_still_gets_its_hint(files: Files, write: Write) -> None:
    files["coding_plans.json"]["Demographics"][0]["Codings"][0]["Cleaner"] = "somali.gendr"
    errors = [str(error) for error in check(write(files)).errors]
    assert any(
        error.endswith('Cleaner: "somali.gendr" is not known; did you mean "somali.gender"?') for error in errors
    )
