"""Q51, with what moves and without."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingPlans, DatasetKind
from pipeline_lib.model.step_counts import Outcome, total
from pipeline_lib.processing.copies_of_the_last_object import copies_of_the_last_object
from pipeline_lib.processing.label_files import LABELS
from pipeline_lib.processing.wrong_scheme import Moved, move_wrong_scheme

RUNS = {
    "uid": pl.String, "dataset": pl.String, "text": pl.String, "sent_on": pl.String, "run_id_field": pl.String,
    "run_id": pl.String, "message_key": pl.String, "is_test": pl.Boolean, "is_late": pl.Boolean, "operator": pl.String,
    "file": pl.UInt16, "file_row": pl.UInt32,
}  # fmt: skip
Run = tuple[str, str | None]
"""Who, and what they sent to e01; None: nobody answered."""


@pytest.fixture
def project(scheme: Callable[..., Any], coding: Any, dataset: Any, plans: Callable[..., CodingPlans]) -> CodingPlans:
    return plans(
        dataset("e01", coding(scheme("e01", "water")), ws_code_match_value="first"),
        dataset("age", coding(scheme("age", "20")), kind=DatasetKind.DEMOGRAPHIC),
        ws_correct_dataset_scheme=scheme("ws", "first"),
    )


@pytest.fixture
def moved_of(project: CodingPlans) -> Callable[..., Moved]:
    """Runs, number by number, and survey answers; `water` as an age belongs to e01."""

    def make(runs: list[Run], ages: dict[str, str]) -> Moved:
        frame = pl.DataFrame(
            [
                (who, "e01_raw" if text else None, text, f"t{n}" if text else None, "e01_run_id" if text else None,
                 f"run {n}" if text else None, None, False, False, f"op {n}", 0, n)
                for n, (who, text) in enumerate(runs)
            ],
            schema=RUNS,
            orient="row",
        )  # fmt: skip
        people = list(dict.fromkeys(who for who, _ in runs))
        answers = pl.DataFrame(
            {
                "uid": people,
                "is_test": [False] * len(people),
                "age_raw": [ages.get(who) for who in people],
                "age_time": ["t"] * len(people),
            },
            schema_overrides={"age_raw": pl.String},
        )
        message_id = hashlib.sha256(b"water").hexdigest()
        given = [
            (message_id, 0, scheme_id, code, True, datetime(2021, 10, 9, tzinfo=UTC), "a coder")
            for scheme_id, code in (("Scheme-age", "age-WS"), ("Scheme-ws", "ws-first"))
        ]
        labels = {
            "e01_raw": pl.DataFrame(schema=LABELS),
            "age_raw": pl.DataFrame(given, schema=LABELS, orient="row"),
        }
        moved = move_wrong_scheme(frame, answers, project, labels)
        return copies_of_the_last_object(moved, frame, project)

    return make


def test_every_message_has_the_run_id_of_the_last_run_answered_or_not(moved_of: Callable[..., Moved]) -> None:
    moved = moved_of([("p1", "a"), ("p2", "b"), ("p1", "c"), ("p2", None)], {})
    assert moved.messages.select("uid", "text", "run_id", "operator", "file_row").rows() == [
        ("p1", "a", "run 2", "op 2", 0),
        ("p1", "c", "run 2", "op 2", 2),
        ("p2", "b", None, "op 3", 1),
    ]


def test_people_come_in_the_order_of_their_first_run_answered_or_not(moved_of: Callable[..., Moved]) -> None:
    moved = moved_of([("p1", None), ("p2", "a"), ("p1", "b")], {})
    assert moved.messages["uid"].to_list() == ["p1", "p2"]


def test_an_answer_that_moves_is_a_message_of_somebody_who_sent_none(moved_of: Callable[..., Moved]) -> None:
    moved = moved_of([("p1", None), ("p2", "a"), ("p3", None)], {"p1": "water", "p3": "21"})
    assert moved.messages.select("uid", "dataset", "text", "moved_from").rows() == [
        ("p1", "e01_raw", "water", "age_raw"),
        ("p2", "e01_raw", "a", None),
    ]
    assert total(moved.counts, outcome=Outcome.DROPPED, reason="without_message", dataset="age") == 1
