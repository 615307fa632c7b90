from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.model.times import parse_instant
from pipeline_lib.processing.message_ids import message_id_of
from pipeline_lib.processing.remap_text import NO_LABELS
from pipeline_lib.processing.translate_messages import translate_messages
from pipeline_lib.processing.translation import KeyRemapping, TextRemapping, TimeRemapping, Translation

KEYS = (
    KeyRemapping("avf_phone_id", "uid", is_activation_message=False),
    KeyRemapping("E01 (Text) - f", "e01_raw", is_activation_message=True),
    KeyRemapping("E01 (Run ID) - f", "e01_run_id", is_activation_message=False),
    KeyRemapping("E01 (Time) - f", "sent_on", is_activation_message=False),
    KeyRemapping("message", "recovered_raw", is_activation_message=True),
    KeyRemapping("received_on", "sent_on", is_activation_message=False),
    KeyRemapping("s02.message", "e02_raw", is_activation_message=False),
    KeyRemapping("s02.id", "e02_comment_id", is_activation_message=False),
    KeyRemapping("s02.created_time", "sent_on", is_activation_message=False),
    KeyRemapping("s02.parent", "e02_parent_raw", is_activation_message=False),
)


def remap(
    start: str | None, end: str | None, to: str, adjust: str | None = None, key: str = "received_on"
) -> TimeRemapping:
    def instant(text: str | None) -> datetime | None:
        return parse_instant(text) if text else None

    return TimeRemapping(key, to, instant(start), instant(end), instant(adjust))


@pytest.fixture
def translate(
    scheme: Callable[..., Any],
    coding: Callable[..., Any],
    dataset: Callable[..., Any],
    plans: Callable[..., CodingPlans],
) -> Callable[..., list[dict[str, Any]]]:
    reply_to = coding(scheme("reply_to", "post"), coded_field="e02_reply_coded", raw_field="e02_parent_raw")
    project = plans(
        dataset("e01", coding(scheme("e01", "water"))),
        dataset("e02", coding(scheme("e02", "water")), reply_to, message_id_field="e02_comment_id"),
        ws_correct_dataset_scheme=scheme("ws", "e01", "e02"),
    )

    def run(
        *objects: dict[str, Any],
        times: tuple[TimeRemapping, ...] = (),
        texts: tuple[TextRemapping, ...] = (),
        labels: Mapping[str, pl.DataFrame] = NO_LABELS,
        rows: tuple[int, ...] | None = None,
    ) -> list[dict[str, Any]]:
        columns = list(dict.fromkeys(key for item in objects for key in item))
        raw = pl.DataFrame(
            {"participant": ["p1"] * len(objects)} | {c: [item.get(c) for item in objects] for c in columns},
            schema=dict.fromkeys(["participant", *columns], pl.String),
        )
        translation = Translation(KEYS, times, project, texts)
        in_file = None if rows is None else pl.Series(rows, dtype=pl.UInt32)
        return translate_messages("f.jsonl", raw, translation, labels, rows=in_file).to_dicts()

    return run


def only(messages: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(message[column] for column in columns) for message in messages]


def test_a_flows_message_goes_to_its_show_with_its_time_and_run(translate: Callable[..., Any]) -> None:
    (message,) = translate(
        {
            "E01 (Text) - f": "biyo",
            "E01 (Time) - f": "2021-10-01T00:00:00Z",
            "E01 (Run ID) - f": "7",
            "operator_raw": "25261",
        }
    )
    assert message == {
        "uid": "p1",
        "dataset": "e01_raw",
        "text": "biyo",
        "sent_on": "2021-10-01T00:00:00Z",
        "run_id_field": "e01_run_id",
        "run_id": "7",
        "message_key": None,
        "is_test": False,
        "is_late": False,
        "operator": "25261",
        "e02_parent_raw": None,
    }


def test_an_empty_text_is_a_message_and_a_null_one_is_none(translate: Callable[..., Any]) -> None:
    messages = translate({"E01 (Text) - f": ""}, {"E01 (Text) - f": None})
    assert only(messages, "dataset", "text") == [("e01_raw", ""), (None, None)]


def test_recovered_messages_go_where_the_time_ranges_say_and_vanish_outside_all(translate: Callable[..., Any]) -> None:
    first_day = remap("2021-10-01T08:00+03:00", "2021-10-01T24:00+03:00", "e01_raw")
    messages = translate(
        {"message": "a", "received_on": "2021-10-01T07:59:59+03:00"},
        {"message": "b", "received_on": "2021-10-01T08:00:00+03:00"},
        {"message": "c", "received_on": "2021-10-01T23:59:59+03:00"},
        {"message": "d", "received_on": "2021-10-02T00:00:00+03:00"},
        {"message": None, "received_on": "2021-10-01T09:00:00+03:00"},
        times=(first_day,),
    )
    assert only(messages, "dataset", "text") == [
        (None, None), ("e01_raw", "b"), ("e01_raw", "c"), (None, None), (None, None),
    ]  # fmt: skip


def test_of_overlapping_time_ranges_the_later_entry_wins_and_open_ends_are_open(translate: Callable[..., Any]) -> None:
    ranges = (remap(None, None, "e01_raw"), remap("2021-10-02T00:00Z", None, "e02_raw"))
    messages = translate(
        {"message": "a", "received_on": "2021-10-01T00:00:00Z"},
        {"message": "b", "received_on": "2021-10-02T00:00:00Z"},
        times=ranges,
    )
    assert only(messages, "dataset", "text") == [("e01_raw", "a"), ("e02_raw", "b")]


def test_an_adjusted_time_is_the_one_that_the_message_has(translate: Callable[..., Any]) -> None:
    adjusting = remap(
        "2021-10-01T00:00Z", "2021-10-02T00:00Z", "e02_raw", "2021-10-30T12:00+03:00", key="E01 (Time) - f"
    )
    messages = translate(
        {"E01 (Text) - f": "a", "E01 (Time) - f": "2021-10-01T05:00:00Z"},
        {"E01 (Text) - f": "b", "E01 (Time) - f": "2021-10-03T05:00:00Z"},
        times=(adjusting,),
    )
    assert only(messages, "dataset", "sent_on") == [
        ("e02_raw", "2021-10-30T12:00:00+03:00"),
        ("e01_raw", "2021-10-03T05:00:00Z"),
    ]


def test_a_plain_field_makes_a_message_too_with_its_own_key_and_codings_fields(translate: Callable[..., Any]) -> None:
    messages = translate(
        {"s02.message": "haa", "s02.id": "c1", "s02.created_time": "2021-10-01T00:00:00+00:00", "s02.parent": "{}"},
        {"s02.message": None, "s02.id": "c2"},
    )
    assert only(messages, "dataset", "text", "message_key", "sent_on", "e02_parent_raw") == [
        ("e02_raw", "haa", "c1", "2021-10-01T00:00:00+00:00", "{}"),
        (None, None, None, None, None),
    ]


@pytest.mark.parametrize("marked", [True, False])
def test_a_test_run_is_marked(translate: Callable[..., Any], marked: bool) -> None:
    (message,) = translate({"E01 (Text) - f": "a", "test_run": "true" if marked else None})
    assert message["is_test"] is marked


@pytest.mark.parametrize(
    "item", [{"E01 (Text) - f": "secret", "message": "words"}, {"E01 (Text) - f": "secret", "s02.message": "words"}]
)
def test_several_messages_in_one_object_are_an_error_that_names_their_fields_only(
    translate: Callable[..., Any], item: dict[str, str]
) -> None:
    with pytest.raises(DataError, match=r"f\.jsonl: 1 objects hold several messages, the first is object 2") as caught:
        translate({"E01 (Text) - f": "a"}, item)
    assert "secret" not in str(caught.value)
    with pytest.raises(DataError, match="the first is object 8"):  # as if others were set aside or of other shards
        translate({"E01 (Text) - f": "a"}, item, rows=(2, 7))


def labelled(*labels: tuple[str, str, bool]) -> dict[str, pl.DataFrame]:
    """The labels of e01, from texts, codes of the wrong-scheme scheme, and whether they are checked; newest first."""
    rows = [(message_id_of(text), "Scheme-ws", code, checked) for text, code, checked in labels]
    schema = {"message_id": pl.String, "scheme_id": pl.String, "code_id": pl.String, "is_checked": pl.Boolean}
    return {"e01_raw": pl.DataFrame(rows, schema=schema, orient="row")}


TO_E02 = TextRemapping("e01_raw", "E01 (Text) - f", "ws-e02", "e02_raw", parse_instant("2018-12-15T00:00:00+03:00"))


@pytest.mark.parametrize(
    ("labels", "show"),
    [
        ([("biyo", "ws-e02", True)], "e02_raw"),
        ([("biyo", "ws-e01", True)], "e01_raw"),
        ([("biyo", "ws-e02", False)], "e01_raw"),
        ([("biyo", "ws-e01", True), ("biyo", "ws-e02", True)], "e01_raw"),
        ([("caano", "ws-e02", True)], "e01_raw"),
        ([], "e01_raw"),
    ],
)
def test_the_newest_checked_label_of_a_text_says_which_show_its_messages_belong_to(
    translate: Callable[..., Any], labels: list[tuple[str, str, bool]], show: str
) -> None:
    sent = {"E01 (Text) - f": "biyo", "E01 (Time) - f": "2018-12-20T00:00:00+03:00"}
    (made,) = translate(sent, texts=(TO_E02,), labels=labelled(*labels))
    time = "2018-12-15T00:00:00+03:00" if show == "e02_raw" else "2018-12-20T00:00:00+03:00"
    assert (made["dataset"], made["text"], made["sent_on"]) == (show, "biyo", time)


def test_the_same_text_in_another_field_stays(translate: Callable[..., Any]) -> None:
    sent = {"message": "biyo", "received_on": "2018-12-20T00:00:00+03:00"}
    to_e01 = remap(None, None, "e01_raw")
    (made,) = translate(sent, times=(to_e01,), texts=(TO_E02,), labels=labelled(("biyo", "ws-e02", True)))
    assert made["dataset"] == "e01_raw"


def test_a_time_range_moves_such_a_message_on_by_the_time_of_its_source_and_keeps_the_new_one(
    translate: Callable[..., Any],
) -> None:
    """Q30."""
    late = {"E01 (Text) - f": "biyo", "E01 (Time) - f": "2018-12-23T00:00:00+03:00"}
    early = {"E01 (Text) - f": "biyo", "E01 (Time) - f": "2018-12-22T00:00:00+03:00"}
    from_then_on = remap("2018-12-23T00:00:00+03:00", None, "e01_raw", key="E01 (Time) - f")
    made = translate(late, early, times=(from_then_on,), texts=(TO_E02,), labels=labelled(("biyo", "ws-e02", True)))
    assert [each["dataset"] for each in made] == ["e01_raw", "e02_raw"]
    assert [each["sent_on"] for each in made] == ["2018-12-15T00:00:00+03:00"] * 2
