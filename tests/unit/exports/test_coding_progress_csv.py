"""How far coders have come in Coda."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline_lib.exports.coding_progress_csv import coding_progress, write_coding_progress
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Imputation
from pipeline_lib.processing.processed import Processed

UNCODED = "SPECIAL-MANUALLY_UNCODED"
ASLI, BASHIR = "asli@example.org", "bashir@example.org"


def label(
    code: str, *, scheme: str = "e01", by: str | None = ASLI, at: str = "2021-11-02T10:00:00Z", **more: Any
) -> Any:
    """A checked label by a coder; of nobody's it is the pipeline's suggestion, unchecked."""
    origin = {"OriginID": "x", "Name": by or "Pipeline Auto-Coder", "OriginType": "Manual" if by else "External"}
    base = {"SchemeID": f"Scheme-{scheme}", "CodeID": code, "DateTimeUTC": at, "Checked": by is not None}
    return {**base, "Origin": origin, **more}


def replace_scheme(scheme: CodeScheme, name: str) -> CodeScheme:
    """The scheme under another id."""
    return scheme.model_copy(update={"scheme_id": f"Scheme-{name}"})


@pytest.fixture
def labelled(processed_of: Callable[..., Processed]) -> Callable[..., Processed]:
    """A run whose texts were sent on the first days of October, and have these labels in Coda, newest first."""

    def make(*labels_by_message: list[Any], **more: Any) -> Processed:
        texts = [f"text {number}" for number in range(len(labels_by_message))]
        days = [f"2021-10-0{number + 1}T03:00:00+03:00" for number in range(len(texts))]
        labels = {"e01": dict(zip(texts, labels_by_message, strict=True))} | more.pop("labels", {})
        messages = [("p1", "e01", text, day) for text, day in zip(texts, days, strict=True)]
        return processed_of(messages, labels=labels, **more)

    return make


@pytest.fixture
def row_of(labelled: Callable[..., Processed]) -> Callable[..., dict[str, object]]:
    """What is told of the dataset whose messages have these labels, without zeros."""

    def find(*messages: list[Any], as_of: datetime | None = None) -> dict[str, object]:
        row = coding_progress(labelled(*messages, as_of=as_of)).datasets.row(0, named=True)
        return {name: value for name, value in row.items() if value not in (0, None, "e01")}

    return find


STATES = [
    ("nothing", [], {"not_reviewed": 1}),
    ("a suggestion", [label("e01-water", by=None)], {"not_reviewed": 1}),
    ("a code", [label("e01-water")], {"labelled": 1}),
    ("a code over a suggestion", [label("e01-water"), label("e01-health", by=None)], {"labelled": 1}),
    ("a code that was not checked", [label("e01-water", Checked=False)], {"not_reviewed": 1}),
    ("a code taken back", [label(UNCODED), label("e01-water")], {"not_reviewed": 1, "conflicts": 1}),
    ("another code", [label("e01-water"), label("e01-health")], {"labelled": 1, "conflicts": 1}),
    ("the same code again", [label("e01-water"), label("e01-water")], {"labelled": 1}),
    ("the newest two alike", [label("e01-water"), label("e01-water"), label("e01-health")], {"labelled": 1}),
    ("two codes", [label("e01-water"), label("e01-health", scheme="e01-2")], {"labelled": 1}),
    ("wrong scheme", [label("e01-WS"), label("ws-gender", scheme="ws")], {"labelled": 1, "wrong_scheme": 1}),
    ("wrong scheme as a second code", [label("e01-WS", scheme="e01-2")], {"labelled": 1, "wrong_scheme": 1}),
    ("no longer wrong", [label("e01-water"), label("e01-WS")], {"labelled": 1, "conflicts": 1}),
    ("not coded", [label("e01-NC")], {"labelled": 1, "not_coded": 1}),
    ("a scheme of nobody's", [label("e01-WS", scheme="foreign")], {"labelled": 1, "not_reviewed": 1}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "expected"), [state[1:] for state in STATES], ids=[state[0] for state in STATES])
def test_a_message_is_counted_by_its_newest_labels(row_of: Any, labels: list[Any], expected: dict[str, int]) -> None:
    oldest = {"oldest_unreviewed": "2021-10-01T00:00:00+00:00"} if "not_reviewed" in expected else {}
    assert row_of(labels) == {"messages": 1, **expected, **oldest}


def test_the_oldest_unreviewed_is_told_by_when_it_was_sent(row_of: Any) -> None:
    row = row_of([label("e01-water")], [], [label("e01-water", by=None)])
    assert row == {"messages": 3, "labelled": 1, "not_reviewed": 2, "oldest_unreviewed": "2021-10-02T00:00:00+00:00"}


def test_what_is_one_message_in_coda_counts_once_and_from_when_it_was_first_sent(labelled: Any) -> None:
    processed = labelled([], [], [])
    one_id = pl.lit("a").alias("message_id")
    datasets = [replace(coded, texts=coded.texts.with_columns(one_id)) for coded in processed.for_coders]
    row = coding_progress(replace(processed, for_coders=datasets)).datasets.row(0, named=True)
    assert (row["messages"], row["oldest_unreviewed"]) == (1, "2021-10-01T00:00:00+00:00")


def test_labels_made_later_are_left_out(row_of: Any) -> None:
    before, after = label("e01-water", at="2021-11-01T00:00:00Z"), label("e01-health", at="2021-11-01T00:00:01Z")
    row = row_of([after, before], [after], as_of=datetime(2021, 11, 1, 0, 0, 1, tzinfo=UTC))
    assert row == {"messages": 2, "labelled": 1, "not_reviewed": 1, "oldest_unreviewed": "2021-10-02T00:00:00+00:00"}


def test_of_what_the_run_does_not_have_only_the_labelled_counts(processed_of: Callable[..., Processed]) -> None:
    labels = {"e01": {"pushed later": [], "of another day": [label("e01-water", by=None)]}}
    processed = processed_of([("p1", "e01", "", "2021-10-01T00:00:00Z")], labels=labels)
    row = coding_progress(processed).datasets.row(0, named=True)
    assert (row["messages"], row["not_reviewed"], row["oldest_unreviewed"]) == (1, 1, None)


IMPUTED = [
    # Age categories follow from ages: no coder gives one.
    (Imputation.AGE_CATEGORY, [[label("age-18", scheme="age")], []], 1),
    (Imputation.AGE_CATEGORY, [[label("age-18", scheme="age")], [label("age-20", scheme="age")]], 0),
    (Imputation.AGE_CATEGORY, [[label("band-18 to 35", scheme="band")]], 1),
    # A place on one level tells those on all others.
    (Imputation.SOMALIA_LOCATION, [[label("age-18", scheme="age")], [label("band-18 to 35", scheme="band")]], 0),
    (Imputation.SOMALIA_LOCATION, [[label("age-18", scheme="age")], []], 1),
    (None, [[label("age-18", scheme="age")], [label("band-18 to 35", scheme="band")]], 2),
]


@pytest.mark.parametrize(("imputation", "labels", "expected"), IMPUTED)
def test_what_is_imputed_waits_for_no_coder(
    imputation: Imputation | None, labels: list[list[Any]], expected: int, processed_of: Callable[..., Processed]
) -> None:
    by_text = {f"age {number}": given for number, given in enumerate(labels)}
    people = {f"p{number}": {"age": text} for number, text in enumerate(by_text)}
    messages = [(who, "e01", "biyo", "2021-10-01T00:00:00Z") for who in people]
    processed = processed_of(messages, people, labels={"age": by_text})
    age = next(coded for coded in processed.for_coders if coded.dataset.name == "age")
    (coding,) = age.dataset.codings
    band = replace(coding, code_scheme=replace_scheme(coding.code_scheme, "band"), coded_field="band_coded")
    imputed = replace(age, dataset=replace(age.dataset, imputation=imputation, codings=(coding, band)))
    row = coding_progress(replace(processed, for_coders=(imputed,))).datasets.row(0, named=True)
    assert (row["messages"], row["not_reviewed"]) == (len(labels), expected)


def test_labels_are_counted_by_coder_and_day_in_utc(labelled: Any) -> None:
    late = label("e01-water", at="2021-11-03T01:00:00+03:00")
    other = label("e01-water", by=BASHIR)
    of_gender = {"gender": {"man": [label("gender-man", scheme="gender")]}}
    processed = labelled([late, label(UNCODED), other], [other], [label("e01-water", by=None)], labels=of_gender)
    assert coding_progress(processed).coders.rows() == [
        ("e01", ASLI, "2021-11-02", 2),
        ("e01", BASHIR, "2021-11-02", 2),
        ("gender", ASLI, "2021-11-02", 1),
    ]


def test_both_files_are_written(labelled: Any, tmp_path: Path) -> None:
    processed = labelled([label("e01-water")], [])
    row_counts = write_coding_progress(tmp_path, coding_progress(processed))
    assert row_counts == {"coding_progress.csv": 5, "coding_by_coder.csv": 1}
    assert (tmp_path / "coding_progress.csv").read_text().splitlines()[:3] == [
        "dataset,unreviewed_stops,messages,labelled,not_reviewed,wrong_scheme,not_coded,conflicts,oldest_unreviewed",
        "e01,0,2,1,1,0,0,0,2021-10-02T00:00:00+00:00",
        "e02,0,0,0,0,0,0,0,",
    ]
    assert (tmp_path / "coding_by_coder.csv").read_text() == (
        "dataset,coder,day,labels\ne01,asli@example.org,2021-11-02,1\n"
    )
