import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.model.coding_plan import Coding, CodingMode, CodingPlans, ColumnLayout, DerivedFrom
from pipeline_lib.processing.processed import Processed
from tests.unit.exports.conftest import code_scheme

MESSAGES = [("p1", "e01", "biyo", "2021-10-02T00:00:00Z"), ("p2", "e02", "caano", "2021-10-03T00:00:00Z")]
SURVEYS = {"p1": {"gender": "nin", "county": "kisumu"}}
OPINIONS = {
    "e01": {"biyo": ("e01-water", "yes_no-yes")},
    "gender": {"nin": "gender-man"},
    "county": {"kisumu": "county-kisumu"},
}


def single(name: str, *values: str) -> Coding:
    return Coding(
        code_scheme=code_scheme(name, *values),
        mode=CodingMode.SINGLE,
        coded_field=f"{name}_coded",
        analysis_file_key=name,
    )


@pytest.fixture
def processed(processed_of: Callable[..., Processed], plans: CodingPlans) -> Callable[..., Processed]:
    """Two questions, one with a second coding; three surveys, one with a second coding; and the operator."""
    e01, e02 = plans.research_questions
    gender, age, county = plans.demographics
    e01 = replace(e01, codings=(*e01.codings, single("yes_no", "yes", "no")))
    county = replace(county, codings=(*county.codings, single("country", "kenya")))
    operator = replace(
        age,
        name="operator",
        raw_field="operator_raw",
        time_field="operator_time",
        codings=(single("operator", "hormud"),),
        derived_from=DerivedFrom.OPERATOR,
        has_text_column=False,
    )

    def make(layout: ColumnLayout, **more: Any) -> Processed:
        own = replace(
            plans,
            research_questions=(e01, e02),
            demographics=(gender, age, county, operator),
            column_layout=layout,
            sent_on_column=False,
        )
        return processed_of(MESSAGES, SURVEYS, OPINIONS, plans=own, **more)

    return make


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


BY_KIND = [
    *("uid", "operator", "consent_withdrawn"),
    *("e01_CE", "e01_NA", "e01_NC", "e01_NR", "e01_STOP", "e01_WS", "e01_greeting", "e01_health", "e01_water"),
    *("e02_CE", "e02_NA", "e02_NC", "e02_NR", "e02_STOP", "e02_WS", "e02_greeting", "e02_question"),
    *("yes_no", "e01_raw", "e02_raw"),
    *("gender", "gender_raw", "age", "age_raw", "county", "county_raw", "country"),
]


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_messages_csv, write_individuals_csv])
def test_by_kind_codes_stand_by_name_before_texts_and_surveys(
    processed: Callable[..., Processed], write: Callable[..., int], tmp_path: Path
) -> None:
    write(tmp_path / "by_kind.csv", processed(ColumnLayout.BY_KIND))
    write(tmp_path / "by_dataset.csv", processed(ColumnLayout.BY_DATASET))
    by_kind, by_dataset = table(tmp_path / "by_kind.csv"), table(tmp_path / "by_dataset.csv")
    assert list(by_kind[0]) == BY_KIND
    assert list(by_dataset[0]) != BY_KIND
    # The cells are the same, wherever they stand.
    assert by_kind == by_dataset
    assert [row["e01_water"] for row in by_kind] == ["1", "0"]
    assert [row["county_raw"] for row in by_kind] == ["kisumu", ""]


def test_a_dataset_without_a_text_column_has_none_in_any_csv(
    processed: Callable[..., Processed], tmp_path: Path
) -> None:
    write_production_csv(tmp_path / "production.csv", processed(ColumnLayout.BY_DATASET))
    assert list(table(tmp_path / "production.csv")[0]) == [
        "uid",
        "e01_raw",
        "e02_raw",
        "gender_raw",
        "age_raw",
        "county_raw",
    ]
