"""Configs of the family, as their authors wrote them: what `validate` says of each."""

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pipeline_lib.config import check
from pipeline_lib.config.check import Findings
from pipeline_lib.config.json_schema import code_scheme_schema, json_schema

ROOT = Path(os.environ.get("FAMILY_ROOT") or Path(__file__).parents[4] / "shared" / "family")
PROJECTS = sorted(path.parent.name for path in ROOT.glob("*/pipeline.json"))

pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(not PROJECTS, reason=f"no projects in {ROOT}; set FAMILY_ROOT"),
]

MISTAKES: Mapping[str, Sequence[str]] = {
    # A scheme that the plans name was never made, others have no CE; a script was told the table of participants.
    "capyei": [
        "coding_plans.json: Demographics[0].Codings[0].CodeScheme",
        "code_schemes/Valuable.json: Codes",
        "code_schemes/Change.json: Codes",
        "pipeline.json: UUIDTable",
    ],
    "icraf": ["code_schemes/livelihood.json: Codes[12].MatchValues[0]", "pipeline.json: UUIDTable"],
    # The schemes of places have no CE.
    "lq": ["code_schemes/constituency.json: Codes", "code_schemes/county.json: Codes"],
    # Its settings were constants in Python.
    "redss": ["pipeline.json: SourceKeyRemappings", "pipeline.json: CodingPlans", "pipeline.json: UUIDTable"],
    "ssf-elections": ["pipeline.json: AutomatedAnalysis.TrafficLabels[15].EndDate"],
}
"""The authors' mistakes, by the places that `validate` names; of a project that is not here there are none."""


@cache
def checked(project: str) -> Findings:
    return check(ROOT / project / "pipeline.json")


@cache
def validators() -> Mapping[str, Draft202012Validator]:
    """What editors check a project's files by."""
    config = json_schema()
    plans = {"$schema": config["$schema"], "$defs": config["$defs"], "$ref": "#/$defs/CodingPlansFile"}
    schemas = {"config": config, "plans": plans, "code scheme": code_scheme_schema()}
    return {file: Draft202012Validator(schema) for file, schema in schemas.items()}


@pytest.mark.slow
@pytest.mark.parametrize("project", PROJECTS)
def test_the_authors_mistakes_are_named_and_nothing_else(project: str) -> None:
    assert sorted(error.place for error in checked(project).errors) == sorted(MISTAKES.get(project, ()))


@pytest.mark.slow
@pytest.mark.parametrize("project", PROJECTS)
def test_editors_accept_what_can_be_read(project: str) -> None:
    reading = checked(project).reading
    written = json.loads((ROOT / project / "pipeline.json").read_text(encoding="utf-8"))
    assert validators()["config"].is_valid(written) is not bool(reading.config.problems)
    if reading.plans.file.content is not None:
        plans = (reading.plans.whole or reading.plans.file).content
        assert validators()["plans"].is_valid(plans) is not bool(reading.plans.problems)
    for read in reading.schemes.values():
        assert validators()["code scheme"].is_valid(read.file.content)
