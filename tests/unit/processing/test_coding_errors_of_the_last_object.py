"""Q52: which people have an error, and what their rows show."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingMode, CodingPlans, DatasetKind
from pipeline_lib.processing.coding_errors_of_the_last_object import (
    fold_errors_of_people,
    impute_errors_of_people,
    people_in_error,
)
from pipeline_lib.processing.fold import fold
from pipeline_lib.processing.label_files import LABELS
from pipeline_lib.processing.texts import CodedDataset, distinct_texts


@pytest.fixture
def project(scheme: Callable[..., Any], coding: Any, dataset: Any, plans: Callable[..., CodingPlans]) -> CodingPlans:
    return plans(
        dataset("e01", coding(scheme("e01", "water"), CodingMode.MULTIPLE), ws_code_match_value="first"),
        dataset("e02", coding(scheme("e02", "food"), CodingMode.MULTIPLE), ws_code_match_value="second"),
        dataset("age", coding(scheme("age", "20")), kind=DatasetKind.DEMOGRAPHIC),
        ws_correct_dataset_scheme=scheme("ws", "first", "second"),
    )


def labels_of(project: CodingPlans, codes: Mapping[str, Mapping[str, list[str]]]) -> dict[str, pl.DataFrame]:
    """Checked labels, by dataset and text."""
    frames = {}
    for each in project.datasets:
        rows = [
            (hashlib.sha256(text.encode()).hexdigest(), n, f"Scheme-{code.split('-')[0]}", code, True,
             datetime(2021, 10, 9, tzinfo=UTC), "a coder")
            for text, given in codes.get(each.name, {}).items()
            for n, code in enumerate(given)
        ]  # fmt: skip
        frames[each.raw_field] = pl.DataFrame(rows, schema=LABELS, orient="row")
    return frames


def in_error(
    project: CodingPlans,
    runs: list[tuple[str, str | None, str | None]],
    ages: dict[str, str],
    codes: Mapping[str, Mapping[str, list[str]]],
) -> dict[str, list[str]]:
    """Those in error by dataset, if there are any: of runs (who, dataset, text) and ages."""
    frame = pl.DataFrame(
        [(who, f"{name}_raw" if name else None, text) for who, name, text in runs],
        schema=["uid", "dataset", "text"],
        orient="row",
    )
    answers = pl.DataFrame({"uid": list(ages), "age_raw": list(ages.values())}, schema_overrides={"age_raw": pl.String})
    people = people_in_error(frame, answers, project, labels_of(project, codes))
    return {field: uids.to_list() for field, uids in people.items() if uids.len()}


ERRORS = {
    "wrong scheme without a right dataset": ["e01-WS"],
    "a right dataset without wrong scheme": ["e01-water", "ws-second"],
    "an error by a coder's own word": ["e01-water", "ws-CE"],
}


@pytest.mark.parametrize("given", ERRORS.values(), ids=list(ERRORS))
def test_an_error_in_the_last_run_is_its_senders(given: list[str], project: CodingPlans) -> None:
    runs: list[tuple[str, str | None, str | None]] = [("p1", "e02", "ok"), ("p1", "e01", "x"), ("p2", "e01", "y")]
    assert in_error(project, runs, {}, {"e01": {"x": given}}) == {"e01_raw": ["p1"]}


@pytest.mark.parametrize("given", [["e01-WS", "ws-second"], ["e01-water"], ["e01-WS", "ws-NC", "ws-second"]])
def test_what_moves_or_is_coded_is_no_error(given: list[str], project: CodingPlans) -> None:
    is_error = "ws-NC" in given  # the newest label says that it belongs nowhere
    expected = {"e01_raw": ["p1"]} if is_error else {}
    assert in_error(project, [("p1", "e01", "x")], {}, {"e01": {"x": given}}) == expected


def test_an_error_in_an_earlier_run_is_lost(project: CodingPlans) -> None:
    codes = {"e01": {"x": ["e01-WS"]}}
    assert in_error(project, [("p1", "e01", "x"), ("p1", "e02", "ok")], {}, codes) == {}
    assert in_error(project, [("p1", "e01", "x"), ("p1", None, None)], {}, codes) == {}


def test_an_error_in_an_answer_is_its_senders_whatever_they_sent_last(project: CodingPlans) -> None:
    codes = {"age": {"x": ["age-WS"]}}
    assert in_error(project, [("p1", "e01", "ok")], {"p1": "x", "p2": "y"}, codes) == {"age_raw": ["p1"]}


@pytest.fixture
def coded(project: CodingPlans) -> CodedDataset:
    """p1 and p2 have sent the same text, p3 another; all are coded."""
    rows = pl.DataFrame([("p1", "x"), ("p2", "x"), ("p1", "x"), ("p3", "y")], schema=["uid", "text"], orient="row")
    found = distinct_texts(project.research_questions[0], rows)
    texts = found.texts.with_columns(e01_coded=pl.Series([["e01-water"], ["e01-NC"]]))
    return found.after("manual_codes", texts)


def codes_of_rows(coded: CodedDataset) -> list[list[str]]:
    return coded.codes_of_rows(coded.dataset.codings[0]).to_list()


def test_others_who_sent_the_same_text_keep_its_code(coded: CodedDataset) -> None:
    found = impute_errors_of_people(coded, pl.Series(["p1"]))
    assert codes_of_rows(found) == [["e01-CE"], ["e01-water"], ["e01-CE"], ["e01-NC"]]
    assert found.rows.select("uid", "text").equals(coded.rows.select("uid", "text"))
    assert [texts.height for _, texts in found.steps] == [4, 4]  # what the trace compares has the same rows


def test_where_nobody_is_in_error_nothing_changes(coded: CodedDataset) -> None:
    assert impute_errors_of_people(coded, pl.Series([], dtype=pl.String)) is coded


def test_people_in_error_need_not_have_sent_anything_that_counts(coded: CodedDataset) -> None:
    found = impute_errors_of_people(coded, pl.Series(["p9"]))
    assert codes_of_rows(found) == codes_of_rows(coded)
    assert found.texts["e01_coded"].to_list()[-1] == ["e01-CE"]


def test_a_message_to_another_question_shows_the_error_too(coded: CodedDataset) -> None:
    found = impute_errors_of_people(coded, pl.Series(["p1", "p9"]))
    senders = pl.DataFrame({"uid": ["p1", "p2", "p9"]})
    error, none = found.texts.height - 1, found.texts.height
    assert senders.select(found.text_row_elsewhere).to_series().to_list() == [error, none, error]
    assert found.texts.row(error, named=True)["e01_coded"] == ["e01-CE"]
    assert found.texts.row(error, named=True)["text"] is None


def test_folded_it_is_an_error_also_where_nothing_was_sent(coded: CodedDataset) -> None:
    people = pl.Series(["p1", "p9"])
    found = impute_errors_of_people(coded, people)
    counts = pl.DataFrame({"uid": ["p1", "p2", "p3", "p9"], "message_count": [3, 1, 1, 1]})
    folded = fold_errors_of_people(fold(found, counts), found, people)
    assert sorted(folded.select("uid", "text", "e01_coded").rows()) == [
        ("p1", "x;x", ["e01-CE"]),
        ("p2", "x", ["e01-water"]),
        ("p3", "y", ["e01-NC"]),
        ("p9", None, ["e01-CE"]),
    ]
