import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.errors import ConfigError
from pipeline_lib.model.coding_plan import CodingPlans, DatasetKind
from pipeline_lib.processing.label_files import LABELS
from pipeline_lib.processing.wrong_scheme import Moved, move_wrong_scheme

Message = tuple[str, str, str, str]
"""Who, dataset, text, time."""

MESSAGES = {
    "uid": pl.String, "dataset": pl.String, "text": pl.String, "sent_on": pl.String, "run_id_field": pl.String,
    "run_id": pl.String, "message_key": pl.String, "is_test": pl.Boolean, "is_late": pl.Boolean, "operator": pl.String,
    "file": pl.UInt16, "file_row": pl.UInt32,
}  # fmt: skip


@pytest.fixture
def project(scheme: Callable[..., Any], coding: Any, dataset: Any, plans: Callable[..., CodingPlans]) -> CodingPlans:
    kind = DatasetKind.DEMOGRAPHIC
    return plans(
        dataset("e01", coding(scheme("e01", "water")), ws_code_match_value="first"),
        dataset("e02", coding(scheme("e02", "food")), ws_code_match_value="second"),
        dataset("age", coding(scheme("age", "20")), kind=kind, ws_code_match_value="age"),
        dataset("place", coding(scheme("place", "hodan")), kind=kind, ws_code_match_value="place"),
        ws_correct_dataset_scheme=scheme("ws", "first", "second", "age", "place", "elsewhere"),
    )


def label(scheme: str, text: str, code: str, *, checked: bool = True) -> tuple[Any, ...]:
    message_id = hashlib.sha256(text.encode()).hexdigest()
    return (message_id, 0, f"Scheme-{scheme}", code, checked, datetime(2021, 10, 9, tzinfo=UTC), "a coder")


def says(dataset: str, text: str, target: str) -> list[tuple[Any, ...]]:
    """The labels by which a coder says where a text belongs."""
    return [label(dataset, text, f"{dataset}-WS"), label("ws", text, f"ws-{target}")]


@pytest.fixture
def move(project: CodingPlans) -> Callable[..., Moved]:
    def run(
        messages: list[Message],
        answers: dict[str, dict[str, tuple[str, str]]] | None = None,
        **labels: list[tuple[Any, ...]],
    ) -> Moved:
        sent = [
            (
                who,
                f"{dataset}_raw",
                text,
                time,
                f"{dataset}_run_id",
                f"run {number}",
                f"comment {number}",
                False,
                False,
                f"op {number}",
                0,
                number,
            )
            for number, (who, dataset, text, time) in enumerate(messages)
        ]
        said = answers or {}
        rows = []
        for who in dict.fromkeys(message[0] for message in messages):
            age, place = (said.get(who, {}).get(survey, (None, None)) for survey in ("age", "place"))
            rows.append((who, False, *age, *place))
        wide = pl.DataFrame(
            rows,
            schema={"uid": pl.String, "is_test": pl.Boolean}
            | dict.fromkeys(["age_raw", "age_time", "place_raw", "place_time"], pl.String),
            orient="row",
        )
        frames = {
            d.raw_field: pl.DataFrame(labels.get(d.name, []), schema=LABELS, orient="row") for d in project.datasets
        }
        return move_wrong_scheme(pl.DataFrame(sent, schema=MESSAGES, orient="row"), wide, project, frames)

    return run


def sent(moved: Moved, *columns: str) -> list[tuple[Any, ...]]:
    return moved.messages.select(columns or ("uid", "dataset", "text", "sent_on")).rows()


def answered(moved: Moved) -> list[tuple[Any, ...]]:
    return moved.answers.select("uid", "age_raw", "age_time", "place_raw", "place_time").sort("uid").rows()


def test_a_message_moves_to_the_episode_that_it_answers(move: Callable[..., Moved]) -> None:
    moved = move([("p1", "e01", "food", "t1"), ("p1", "e01", "water", "t2")], e01=says("e01", "food", "second"))
    assert sent(moved) == [("p1", "e01_raw", "water", "t2"), ("p1", "e02_raw", "food", "t1")]
    assert moved.moves.rows() == [("p1", "e01_raw", "e02_raw", "ws-second", False, False)]


def test_what_moved_is_known_by_what_identified_it_before_and_answers_by_their_texts(
    move: Callable[..., Moved],
) -> None:
    labels = {"e01": says("e01", "rice", "second"), "age": says("age", "maize", "second")}
    messages = [("p1", "e01", text, "2021-10-01T10:00:00Z") for text in ("rice", "rice", "wells")]
    moved = move(messages, {"p1": {"age": ("maize", "2021-10-02T10:00:00Z")}}, **labels)
    assert sent(moved, "dataset", "text", "message_key") == [
        ("e01_raw", "wells", "comment 2"),
        ("e02_raw", "maize", "maize"),
        ("e02_raw", "rice", "comment 0"),
        ("e02_raw", "rice", "comment 1"),
    ]


def test_participants_stay_together_and_what_moved_comes_last_surveys_before_messages(
    move: Callable[..., Moved],
) -> None:
    moved = move(
        [
            ("p2", "e01", "food", "t1"),
            ("p1", "e01", "water", "t2"),
            ("p2", "e02", "rice", "t3"),
            ("p2", "e01", "ok", "t4"),
        ],
        {"p2": {"age": ("long story", "t0"), "place": ("hodan", "t9")}},
        e01=says("e01", "food", "second"),
        age=says("age", "long story", "first"),
    )
    assert sent(moved) == [
        ("p2", "e02_raw", "rice", "t3"),
        ("p2", "e01_raw", "ok", "t4"),
        ("p2", "e01_raw", "long story", "t0"),
        ("p2", "e02_raw", "food", "t1"),
        ("p1", "e01_raw", "water", "t2"),
    ]
    assert answered(moved) == [("p1", None, None, None, None), ("p2", None, None, "hodan", "t9")]


def test_what_moved_has_the_last_messages_run_and_operator(move: Callable[..., Moved]) -> None:
    # Q9: the predecessors copied the last message of the participant.
    moved = move(
        [("p1", "e01", "food", "t1"), ("p1", "e01", "water", "t2"), ("p1", "e02", "rice", "t3")],
        e01=says("e01", "food", "second"),
    )
    assert sent(moved, "text", "run_id_field", "run_id", "operator") == [
        ("water", "e01_run_id", "run 1", "op 1"),
        ("rice", "e02_run_id", "run 2", "op 2"),
        ("food", "e02_run_id", "run 2", "op 2"),
    ]
    assert sent(moved, "text", "file_row", "moved_from") == [
        ("water", 1, None),
        ("rice", 2, None),
        ("food", 0, "e01_raw"),
    ]


def test_an_answer_is_put_together_of_its_own_then_surveys_then_messages(move: Callable[..., Moved]) -> None:
    moved = move(
        [
            ("p1", "e02", "hodan baan joogaa", "2021-03"),
            ("p1", "e01", "Hodan", "2021-04"),
            ("p1", "e01", "water", "2021-05"),
        ],
        {"p1": {"age": ("xaafadda", "2021-02"), "place": ("hodan", "2021-09")}},
        e01=says("e01", "Hodan", "place"),
        e02=says("e02", "hodan baan joogaa", "place"),
        age=says("age", "xaafadda", "place"),
    )
    assert answered(moved) == [("p1", None, None, "hodan; xaafadda; hodan baan joogaa; Hodan", "2021-02")]
    assert sent(moved) == [("p1", "e01_raw", "water", "2021-05")]


def test_the_time_of_an_answer_is_the_smallest_as_a_text(move: Callable[..., Moved]) -> None:
    # Q8: 09:00+03:00 is the earlier instant, but 08:00+00:00 the smaller text.
    moved = move(
        [("p1", "e01", "20 jir", "2021-10-01T08:00:00+00:00"), ("p1", "e01", "water", "t")],
        {"p1": {"age": ("20", "2021-10-01T09:00:00+03:00")}},
        e01=says("e01", "20 jir", "age"),
    )
    assert answered(moved) == [("p1", "20; 20 jir", "2021-10-01T08:00:00+00:00", None, None)]


def test_a_survey_answer_moves_to_another_survey(move: Callable[..., Moved]) -> None:
    moved = move([("p1", "e01", "water", "t")], {"p1": {"age": ("hodan", "t1")}}, age=says("age", "hodan", "place"))
    assert answered(moved) == [("p1", None, None, "hodan", "t1")]


def test_a_text_that_moves_to_where_it_is_stays_there(move: Callable[..., Moved]) -> None:
    moved = move(
        [("p1", "e01", "water", "t1"), ("p1", "e01", "more", "t2")],
        {"p1": {"age": ("20", "t3")}},
        e01=says("e01", "water", "first"),
        age=says("age", "20", "age"),
    )
    assert sent(moved) == [("p1", "e01_raw", "more", "t2"), ("p1", "e01_raw", "water", "t1")]
    assert answered(moved) == [("p1", "20", "t3", None, None)]


def test_what_belongs_to_a_dataset_that_no_plan_has_is_dropped_and_told(move: Callable[..., Moved]) -> None:
    moved = move([("p1", "e01", "other", "t1"), ("p1", "e01", "water", "t2")], e01=says("e01", "other", "elsewhere"))
    assert sent(moved) == [("p1", "e01_raw", "water", "t2")]
    assert moved.moves.rows() == [("p1", "e01_raw", "unknown", "ws-elsewhere", False, False)]


def test_who_has_no_message_left_is_gone_with_all_answers(move: Callable[..., Moved]) -> None:
    # Q10: the answers are there still, but nobody shows them.
    moved = move([("p1", "e01", "20", "t1"), ("p2", "e01", "water", "t2")], e01=says("e01", "20", "age"))
    assert sent(moved, "uid") == [("p2",)]


def test_a_text_that_moves_is_put_together_with_an_answer(move: Callable[..., Moved]) -> None:
    moved = move(
        [("p1", "e01", "20", "t1"), ("p1", "e01", "water", "t2"), ("p2", "e01", "water", "t3")],
        {"p1": {"age": ("jooji", "t0")}},
        e01=says("e01", "20", "age"),
    )
    assert answered(moved)[0] == ("p1", "jooji; 20", "t0", None, None)


@pytest.mark.parametrize(
    "labels",
    [
        [label("e01", "food", "e01-WS")],
        [label("ws", "food", "ws-second")],
        [label("e01", "food", "e01-WS", checked=False), label("ws", "food", "ws-second")],
        [label("e01", "food", "e01-WS"), label("ws", "food", "ws-second", checked=False)],
        [label("e01", "food", "e01-WS"), label("ws", "food", "ws-CE")],
    ],
)
def test_half_a_wrong_scheme_label_moves_nothing(move: Callable[..., Moved], labels: list[tuple[Any, ...]]) -> None:
    moved = move([("p1", "e01", "food", "t1")], e01=labels)
    assert sent(moved) == [("p1", "e01_raw", "food", "t1")]
    assert moved.moves.is_empty()


def test_equal_texts_of_other_datasets_stay(move: Callable[..., Moved]) -> None:
    moved = move([("p1", "e01", "food", "t1"), ("p1", "e02", "food", "t2")], e01=says("e01", "food", "second"))
    assert sent(moved) == [("p1", "e02_raw", "food", "t2"), ("p1", "e02_raw", "food", "t1")]


def test_without_a_wrong_scheme_scheme_nothing_can_move(
    project: CodingPlans, plans: Callable[..., CodingPlans]
) -> None:
    with pytest.raises(ConfigError, match="WSCorrectDatasetScheme"):
        move_wrong_scheme(pl.DataFrame(schema=MESSAGES), pl.DataFrame(), plans(*project.datasets), {})


FATES = [
    ("a text that nobody labelled where it went", [], False, False),
    ("and back", [("e02", "first")], True, True),
    ("and on to a survey", [("e02", "age")], True, False),
    ("and back by way of a survey", [("e02", "age"), ("age", "first")], True, True),
    ("and into a circle that it was not in", [("e02", "age"), ("age", "second")], True, False),
    ("and on to a dataset that no plan has", [("e02", "elsewhere")], True, False),
]


@pytest.mark.parametrize(("labelled", "moves_on", "returns"), [fate[1:] for fate in FATES], ids=[f[0] for f in FATES])
def test_a_move_says_whether_another_would_follow_and_come_back(
    labelled: list[tuple[str, str]], moves_on: bool, returns: bool, move: Callable[..., Moved]
) -> None:
    labels = {dataset: says(dataset, "food", target) for dataset, target in labelled}
    moved = move([("p1", "e01", "food", "t1")], e01=says("e01", "food", "second"), **labels)
    assert moved.moves.select("dataset", "target", "moves_on", "returns").rows() == [
        ("e01_raw", "e02_raw", moves_on, returns)
    ]
    assert sent(moved) == [("p1", "e02_raw", "food", "t1")]


def test_a_move_to_where_a_text_is_returns_at_once(move: Callable[..., Moved]) -> None:
    moved = move([("p1", "e01", "water", "t1")], e01=says("e01", "water", "first"))
    assert moved.moves.select("moves_on", "returns").rows() == [(True, True)]
