"""What the values of keys may be: numbers, and names that the config knows without importing what they name."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from pipeline_lib.cleaners import CLEANERS
from pipeline_lib.config import check
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.model_introspection import models_below
from pipeline_lib.config.pipeline import PipelineConfig, SQLiteUuidTable
from pipeline_lib.config.sources import RapidProSource, RecoveryCSVSource
from pipeline_lib.model import kenya
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CleanerName, Imputation, place_table_of

Files = dict[str, Any]
Write = Callable[..., Path]


def test_every_cleaner_that_a_config_may_ask_for_is_there_and_the_reverse() -> None:
    assert {str(name) for name in CleanerName} == set(CLEANERS)


def test_every_imputation_of_places_goes_by_a_table() -> None:
    assert all((place_table_of(name, kenya.places()) is not None) is name.is_of_places for name in Imputation)


@pytest.mark.parametrize(
    ("country", "is_known"), [("SO", True), ("KE", True), ("so", False), ("Somalia", False), ("US", False)]
)
def test_a_country_is_one_whose_local_numbers_are_known(country: str, is_known: bool) -> None:
    assert is_valid(RapidProSource, SourceType="RapidPro", Domain="a.b", TokenFileURL="t", Country=country) == is_known


@pytest.mark.parametrize(
    ("prefix", "is_known"),
    [
        ("avf-phone-uuid-", True),
        ("demo_", True),
        ("", True),
        ("avf", False),
        ("252612345678-", False),
        ("tel:", False),
    ],
)
def test_a_prefix_of_uuids_is_of_letters(prefix: str, is_known: bool) -> None:
    assert is_valid(SQLiteUuidTable, SQLiteFile="a", TableName="t", UuidPrefix=prefix) == is_known
    assert is_valid(RecoveryCSVSource, SourceType="RecoveryCSV", SenderPrefix=prefix) == is_known


NUMBERS = ("DeadlineHours", "TaskTimeoutHours", "StaleAfterDays", "QuarantineShareLimit")
OF_SOURCES = ("RequestsPerHour", "RetentionDays")


@pytest.mark.parametrize("written", ["6", True])
def test_a_number_is_written_as_one(written: object, files: Files, write: Write) -> None:
    files["pipeline.json"] |= dict.fromkeys(NUMBERS, written)
    files["pipeline.json"]["RawDataSources"][0] |= dict.fromkeys(OF_SOURCES, written)
    said = [problem for problem in check(write(files)).errors if problem.place.endswith((*NUMBERS, *OF_SOURCES))]
    assert len(said) == 6
    assert all(
        re.fullmatch(r"must be a (whole )?number, not (a text|true or false)", problem.wrong) for problem in said
    )


def test_no_key_takes_a_text_for_a_number_or_a_number_for_a_yes() -> None:
    roots: tuple[type[BaseModel], ...] = (PipelineConfig, CodingPlansFile, CodeScheme)
    models = {*roots, *(model for root in roots for _, model in models_below(root))}
    lax = [
        f"{model.__name__}.{name}"
        for model in sorted(models, key=lambda model: model.__name__)
        if not model.model_config.get("strict")
        for name, field in model.model_fields.items()
        if {bool, float, int} & {field.annotation, *get_args(field.annotation)} and not has_strictness(field)
    ]
    assert lax == []


def has_strictness(field: FieldInfo) -> bool:
    return any(getattr(each, "strict", False) for each in field.metadata)


def is_valid(model: type[BaseModel], **written: object) -> bool:
    try:
        model.model_validate(written)
    except ValidationError:
        return False
    return True
