"""How REDSS/CSAP's CSVs show messages and people who withdrew, and people of one message (semantics.md 13)."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.model.coding_plan import CodingPlans, ConsentScope, FoldStyle
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.processed import Processed

Write = Callable[..., int]
Rows = list[dict[str, str]]

MESSAGES = [
    ("p1", "e01", "biyo", "2021-10-02T00:00:00Z"),
    ("p1", "e02", "jooji", "2021-10-03T00:00:00Z"),
    ("p2", "e01", "caano", "2021-10-04T00:00:00Z"),
]
SURVEYS = {"p1": {"gender": "nin"}, "p2": {"gender": "jooji"}}
STOP_IN_E02 = {"e02": {"jooji": "e02-STOP"}}


@pytest.fixture
def rows(processed_of: Callable[..., Processed], plans: CodingPlans, tmp_path: Path) -> Callable[..., Rows]:
    """The rows of a CSV of messages, where consent belongs to each."""

    def made(
        write: Write,
        messages: Sequence[Any] = MESSAGES,
        surveys: Any = SURVEYS,
        opinions: Any = STOP_IN_E02,
        scope: ConsentScope = ConsentScope.MESSAGE,
        quirks: Sequence[Quirk] = (),
        **more: Any,
    ) -> Rows:
        own = replace(plans, consent_scope=scope, **more)
        processed = processed_of(
            messages, surveys, opinions, as_predecessor=True, quirks=frozenset(quirks), plans=own, shows_withdrawn=True
        )
        write(tmp_path / "made.csv", processed)
        with (tmp_path / "made.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return made


def column(rows: Rows, name: str) -> list[str]:
    return [row[name] for row in rows]


@pytest.mark.slow
def test_a_stop_leaves_the_other_messages_of_its_sender_readable(rows: Callable[..., Rows]) -> None:
    """Q34."""
    made = rows(write_messages_csv)
    assert column(made, "consent_withdrawn") == ["false", "true", "false"]
    assert column(made, "uid") == ["p1", "STOP", "p2"]
    assert column(made, "e01_raw") == ["biyo", "STOP", "caano"]
    assert column(rows(write_individuals_csv), "consent_withdrawn") == ["true", "false"]


def test_by_default_all_messages_of_its_sender_are_withdrawn(rows: Callable[..., Rows]) -> None:
    assert column(rows(write_messages_csv, scope=ConsentScope.PARTICIPANT), "uid") == ["STOP", "STOP", "p2"]


def test_a_stop_in_a_survey_withdraws_every_message(rows: Callable[..., Rows]) -> None:
    made = rows(write_messages_csv, opinions={"gender": {"nin": "gender-STOP"}})
    assert column(made, "uid") == ["STOP", "STOP", "p2"]


def test_production_lacks_withdrawn_messages(rows: Callable[..., Rows]) -> None:
    """Q35."""
    assert column(rows(write_production_csv), "uid") == ["p1", "p1", "p2"]
    quirk = Quirk.PRODUCTION_LACKS_WITHDRAWN_MESSAGES
    assert column(rows(write_production_csv, quirks=[quirk]), "uid") == ["p1", "p2"]


@pytest.mark.parametrize(
    ("write", "e01", "e02", "gender", "age"),
    [
        (write_messages_csv, ["biyo", "", "caano"], ["", "STOP", ""], ["nin", "STOP", "jooji"], ["", "", ""]),
        (write_individuals_csv, ["STOP", "caano"], ["STOP", ""], ["STOP", "jooji"], ["", ""]),
    ],
)
def test_who_withdrew_has_no_stop_where_they_had_sent_no_text(
    rows: Callable[..., Rows], write: Write, e01: list[str], e02: list[str], gender: list[str], age: list[str]
) -> None:
    made = rows(write, quirks=[Quirk.WITHDRAWN_LACK_TEXTS_NEVER_SENT])
    assert [column(made, f"{name}_raw") for name in ("e01", "e02", "gender", "age")] == [e01, e02, gender, age]
    assert column(made, "age") == ["STOP" if who == "STOP" else "NA" for who in column(made, "uid")]


@pytest.mark.slow
def test_the_only_message_of_a_person_shows_the_codes_of_the_fold(rows: Callable[..., Rows]) -> None:
    """Q37."""
    messages = [*MESSAGES[:2], ("p2", "e01", "biyo", "2021-10-04T00:00:00Z")]
    by_hand = {"e01": {"biyo": "e01-NA"}}
    quirks = [Quirk.ONLY_MESSAGES_SHOW_FOLDED_CODES]
    made = rows(write_messages_csv, messages, None, by_hand, quirks=quirks, fold_style=FoldStyle.MATRIX)
    assert column(made, "e01_NA") == ["1", "1", "0"]
    assert column(made, "e01_NC") == ["0", "0", "1"]
    assert column(made, "e01_raw") == ["biyo", "", "biyo"]
    assert column(made, "e02_NA") == ["1", "0", "1"]
    without = rows(write_messages_csv, messages, None, by_hand, fold_style=FoldStyle.MATRIX)
    assert column(without, "e01_NA") == ["1", "1", "1"]
