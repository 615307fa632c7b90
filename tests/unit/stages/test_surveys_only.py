"""A project without a show: people come from surveys."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.config import check
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import located

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_drawings")]

SURVEYS = ("gender_raw", "age_raw", "recently_displaced_raw", "location_raw")


def rows(run: Run, outputs: str, name: str) -> list[dict[str, str]]:
    storage, folder = located(outputs)
    text = storage.read(f"{folder}/{name}").decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_everybody_who_answered_has_a_row(
    surveys_only: Path, run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    assert [str(problem) for problem in check(surveys_only).errors] == []
    run = run_of()
    outputs = run_to_outputs_once(run)
    people = rows(run, outputs, "individuals.csv")
    assert len(people) > 10
    assert all(any(person[field] for field in SURVEYS) for person in people)
    assert {row["uid"] for row in rows(run, outputs, "messages.csv")} == {person["uid"] for person in people}
    assert len(rows(run, outputs, "messages.csv")) == len(people)
    assert len(rows(run, outputs, "production.csv")) == len(people)


@pytest.mark.usefixtures("surveys_only")
def test_surveys_have_samples_for_coders_and_all_stages_run(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    run = run_of()
    outputs = run_to_outputs_once(run)
    sample = rows(run, outputs, "ICR/gender.csv")
    assert [*sample[0]] == ["gender_run_id", "message_id", "gender_raw"]
    assert all(row["gender_run_id"] and row["gender_raw"] for row in sample)
    coda_push(run, outputs)
    tables, folder = located(analyse(run, outputs))
    shares = list(csv.DictReader(tables.read(f"{folder}/demographic_distributions.csv").decode().splitlines()))
    men = next(row for row in shares if row["Theme"] == "man")
    people = rows(run, outputs, "individuals.csv")
    men_count = sum(person["gender"] == "man" for person in people)
    assert int(men["Total Participants"]) == men_count > 0
    (cross_tab,) = [name for name in tables.names(folder) if "cross_tab" in name]
    crossed = list(csv.DictReader(tables.read(cross_tab).decode().splitlines()))
    assert next(int(row["Total Participants"]) for row in crossed if row["Theme"] == "man") == men_count
