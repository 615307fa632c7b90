"""Columns of groups in the CSVs and the traced data."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_lib.analysis.frames import frames_of
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.model.groups import Group
from pipeline_lib.processing.processed import Processed

DAY = "2021-10-02T00:00:00Z"


@pytest.fixture
def processed(processed_of: Callable[..., Processed], plans: CodingPlans, tmp_path: Path) -> Callable[..., Processed]:
    """p1 and p3 are in the club, nobody is in the choir; p3 withdrew."""
    (tmp_path / "club.csv").write_text("uuid\np3\np1\n")
    groups = (
        Group(column="club", files=("club.csv",), participant_column="uuid"),
        Group(column="choir", files=(), participant_column="uuid", is_breakdown=False),
    )

    def make(*, as_predecessor: bool = False) -> Processed:
        return processed_of(
            [
                ("p2", "e01", "wells", DAY),
                ("p1", "e01", "wells", DAY),
                ("p3", "e01", "no", DAY),
                ("p1", "e02", "b", DAY),
            ],
            opinions={"e01": {"no": "e01-STOP"}},
            plans=replace(plans, groups=groups),
            group_files={"club.csv": tmp_path / "club.csv"},
            as_predecessor=as_predecessor,
        )

    return make


def shown(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [[row[name] for name in ("uid", "club", "choir")] for row in csv.DictReader(file)]


def test_a_group_is_a_column_after_the_consent_the_same_in_all_rows_of_a_person(
    processed: Callable[..., Processed], tmp_path: Path
) -> None:
    outputs = processed()
    write_messages_csv(tmp_path / "m.csv", outputs)
    write_individuals_csv(tmp_path / "i.csv", outputs)
    p1, p2 = ["p1", "True", "False"], ["p2", "False", "False"]
    assert shown(tmp_path / "m.csv") == [p2, p1, p1]
    assert shown(tmp_path / "i.csv") == [p2, p1]
    header = (tmp_path / "i.csv").read_text().partition("\n")[0].split(",")
    assert header[:4] == ["uid", "consent_withdrawn", "club", "choir"]


def test_rows_of_who_withdrew_say_stop(processed: Callable[..., Processed], tmp_path: Path) -> None:
    write_individuals_csv(tmp_path / "i.csv", processed(as_predecessor=True))
    assert ["STOP"] * 3 in shown(tmp_path / "i.csv")


def test_the_analysis_has_those_groups_that_it_shows(processed: Callable[..., Processed]) -> None:
    individuals = frames_of(processed()).individuals
    assert individuals["club"].to_list() == [["False"], ["True"], None]
    assert "choir" not in individuals.columns
