"""Names that the config knows without importing what they name."""

from pipeline_lib.cleaners import CLEANERS
from pipeline_lib.model.coding_plan import CleanerName, Imputation
from pipeline_lib.processing.impute import IMPUTATIONS


def test_every_cleaner_that_a_config_may_ask_for_is_there_and_the_reverse() -> None:
    assert {str(name) for name in CleanerName} == set(CLEANERS)


def test_every_imputation_that_a_config_may_ask_for_is_there_and_the_reverse() -> None:
    assert {str(name) for name in Imputation} == set(IMPUTATIONS)
