from typing import Any

import pytest

from pipeline_lib.label_store.metrics import Metrics, metrics_of
from tests.unit.label_store.in_firestore import SCHEME

FURTHER = {**SCHEME, "SchemeID": "Scheme-1-2"}


def label(code: Any, *, scheme: Any = "Scheme-1", checked: bool | None = True) -> dict[str, Any]:
    return {"SchemeID": scheme, "CodeID": code, "Checked": checked}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([], Metrics(1, 0, 0, 0)),
        ([label("code-a")], Metrics(1, 1, 0, 0)),
        ([label("code-a", checked=False)], Metrics(1, 0, 0, 0)),
        ([label("code-a", checked=None)], Metrics(1, 0, 0, 0)),
        ([label("SPECIAL-MANUALLY_UNCODED"), label("code-a")], Metrics(1, 0, 0, 0)),
        ([label("code-ws"), label("code-nc")], Metrics(1, 1, 1, 0)),
        ([label("code-ws"), label("code-nc", scheme="Scheme-1-2")], Metrics(1, 1, 1, 1)),
        ([label("code-gone"), label("code-ws", scheme="Scheme-gone")], Metrics(1, 1, 0, 0)),
        ("secret", Metrics(1, 0, 0, 0)),
        (["secret", {}], Metrics(1, 0, 0, 0)),
        ([label(["secret"]), label("code-a", scheme={"secret": 1}), label("code-ws")], Metrics(1, 0, 0, 0)),
    ],
)
def test_the_newest_label_of_each_scheme_counts(labels: Any, expected: Metrics) -> None:
    assert metrics_of([{"Labels": labels}], [SCHEME, FURTHER]) == expected


def test_what_is_no_message_counts_as_one_and_new_ones_have_no_label() -> None:
    metrics = metrics_of(["secret", {}, {"Labels": [label("code-a")]}], [SCHEME])
    assert metrics.and_new(4).fields() == {
        "messages_count": 7,
        "messages_with_label": 1,
        "wrong_scheme_messages": 0,
        "not_coded_messages": 0,
    }


@pytest.mark.parametrize("codes", [None, "secret", ["secret", {}, {"CodeID": ["secret"], "ControlCode": "WS"}]])
def test_what_a_broken_scheme_calls_a_code_is_none(codes: Any) -> None:
    metrics = metrics_of([{"Labels": [label("code-ws")]}], [{"SchemeID": "Scheme-1", "Codes": codes}, {}])
    assert metrics == Metrics(1, 1, 0, 0)
