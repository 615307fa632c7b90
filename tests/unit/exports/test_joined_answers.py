"""What the CSVs show of a survey that joins answers."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.analysis.frames import frames_of
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.model.coding_plan import CodingMode, CodingPlans
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.processed import Processed

DAY = "2021-10-02T00:00:00Z"
KEPT = frozenset({Quirk.SURVEY_TEXTS_ARE_JOINED_ONCE_PER_MESSAGE})


def label(column: str, code: str) -> dict[str, Any]:
    """A coder's, in the scheme's own column or a second one."""
    origin = {"OriginID": "coder@example.org", "OriginType": "Manual", "Name": "coder"}
    return {
        "SchemeID": f"Scheme-county{column}",
        "CodeID": f"county-{code}",
        "Checked": True,
        "DateTimeUTC": "2021-10-09T00:00:00Z",
        "Origin": origin,
    }


@pytest.fixture
def processed(processed_of: Callable[..., Processed], plans: CodingPlans) -> Callable[..., Processed]:
    """p1 sent two messages and p2 one; a county may have several codes, and its answers are joined."""
    gender, age, county = plans.demographics
    several = replace(county, codings=(replace(county.codings[0], mode=CodingMode.MULTIPLE),), joins_answers=True)

    def make(**more: Any) -> Processed:
        return processed_of(
            [("p1", "e01", "wells", DAY), ("p1", "e02", "more", DAY), ("p2", "e01", "wells", DAY)],
            {"p1": {"county": "both"}, "p2": {"county": "both"}},
            labels={"county": {"both": [label("", "nairobi"), label("-2", "NC")]}},
            plans=replace(plans, demographics=(gender, age, several)),
            **more,
        )

    return make


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("quirks", "texts"), [(frozenset(), ["both", "both"]), (KEPT, ["both;both", "both"])])
def test_only_a_predecessor_joins_an_answer_with_itself(
    processed: Callable[..., Processed], quirks: frozenset[Quirk], texts: list[str], tmp_path: Path
) -> None:
    outputs = processed(quirks=quirks)
    write_messages_csv(tmp_path / "m.csv", outputs)
    write_individuals_csv(tmp_path / "i.csv", outputs)
    assert [row["county_raw"] for row in rows(tmp_path / "m.csv")] == ["both"] * 3
    assert [row["county_raw"] for row in rows(tmp_path / "i.csv")] == texts


@pytest.mark.slow
def test_several_codes_fold_as_those_of_research_questions_do(
    processed: Callable[..., Processed], tmp_path: Path
) -> None:
    outputs = processed()
    write_messages_csv(tmp_path / "m.csv", outputs)
    write_individuals_csv(tmp_path / "i.csv", outputs)
    columns = ("county_nairobi", "county_NC", "county_NA")
    assert [[row[c] for c in columns] for row in rows(tmp_path / "m.csv")] == [["1", "1", "0"]] * 3
    assert [[row[c] for c in columns] for row in rows(tmp_path / "i.csv")] == [["1", "0", "0"], ["1", "1", "0"]]
    assert [set(codes) for codes in frames_of(outputs).individuals["county"]] == [{"nairobi"}, {"nairobi", "NC"}]
