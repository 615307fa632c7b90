"""Names that the config knows without importing what they name."""

import pytest
from pydantic import BaseModel, ValidationError

from pipeline_lib.cleaners import CLEANERS
from pipeline_lib.config.pipeline import SQLiteUuidTable
from pipeline_lib.config.sources import RapidProSource, RecoveryCSVSource
from pipeline_lib.model import kenya
from pipeline_lib.model.coding_plan import CleanerName, Imputation, place_table_of


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


def is_valid(model: type[BaseModel], **written: object) -> bool:
    try:
        model.model_validate(written)
    except ValidationError:
        return False
    return True
