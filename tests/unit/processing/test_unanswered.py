from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import Coding, Dataset, DatasetKind
from pipeline_lib.processing.unanswered import codes_of_unanswered

OPERATORS = pl.Series(["25290", "25261", "25264", "25277", "25263", "25262", "25269", None])


def codes_of(dataset: Dataset, coding: Coding, operators: pl.Series, *, as_predecessor: bool) -> list[list[str]]:
    codes = codes_of_unanswered(dataset, coding, as_predecessor=as_predecessor)
    return operators.to_frame("operator").with_columns(codes=codes)["codes"].to_list()


@pytest.mark.parametrize(
    ("as_predecessor", "zones"),
    [(True, ["NC"] * 8), (False, ["nez", "scz", "scz", "scz", "nwz", "NA", "NA", "NA"])],
)
def test_the_zone_of_who_did_not_say_where_they_live_is_their_operators_or_not_available_as_all_else(
    scheme: Any,
    coding: Any,
    dataset: Any,
    as_predecessor: bool,
    zones: list[str],
) -> None:
    state, zone = coding(scheme("state", "puntland")), coding(scheme("zone", "nez", "scz", "nwz"))
    plan = dataset("location", state, zone, kind=DatasetKind.DEMOGRAPHIC, imputation="somalia_location")
    codes = codes_of(plan, zone, OPERATORS, as_predecessor=as_predecessor)
    assert codes == [[f"zone-{name}"] for name in zones]
    others = codes_of(plan, state, OPERATORS, as_predecessor=as_predecessor)
    assert others == [["state-NA"]] * 8


def test_any_other_question_that_was_not_answered_is_not_available(scheme: Any, coding: Any, dataset: Any) -> None:
    gender = coding(scheme("gender", "man"))
    plan = dataset("gender", gender, kind=DatasetKind.DEMOGRAPHIC)
    assert codes_of(plan, gender, OPERATORS, as_predecessor=False) == [["gender-NA"]] * 8


@pytest.mark.parametrize("as_predecessor", [True, False])
def test_a_network_tells_no_zone_where_the_plans_do_not_want_it(
    scheme: Any, coding: Any, dataset: Any, as_predecessor: bool
) -> None:
    zone = coding(scheme("zone", "nez", "scz", "nwz"))
    more = {"imputation": "somalia_location", "imputes_zone_from_operator": False}
    plan = dataset("location", zone, kind=DatasetKind.DEMOGRAPHIC, **more)
    codes = codes_of(plan, zone, OPERATORS, as_predecessor=as_predecessor)
    assert codes == [["zone-NA"]] * 8


def test_a_zone_that_the_scheme_lacks_is_not_available(scheme: Any, coding: Any, dataset: Any) -> None:
    zone = coding(scheme("zone", "scz"))
    plan = dataset("location", zone, kind=DatasetKind.DEMOGRAPHIC, imputation="somalia_location")
    codes = codes_of(plan, zone, pl.Series(["25290", "25261"]), as_predecessor=False)
    assert codes == [["zone-NA"], ["zone-scz"]]
