"""Datasets that nobody is asked about: operators of numbers, and the sources that messages came by."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CodingMode, DatasetKind, DerivedFrom, NamedRange
from pipeline_lib.model.step_counts import Outcome
from pipeline_lib.processing.derived_answers import with_derived_answers
from pipeline_lib.processing.process import process
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.translation import KeyRemapping, Translation
from pipeline_lib.processing.unanswered import answers_of_everybody
from tests.step_counts import the_count

Process = Callable[..., Processed]
Message = dict[str, Any]

KEYS = (
    KeyRemapping("avf_phone_id", "uid", is_activation_message=False),
    KeyRemapping("E01 (Text)", "e01_raw", is_activation_message=True),
    KeyRemapping("E01 (Time)", "sent_on", is_activation_message=False),
)


def without_review(name: str, *values: str) -> CodeScheme:
    """A scheme that nobody codes by hand, so that it has no codes for what only people do."""
    codes = [
        {"CodeID": value, "CodeType": "Normal", "StringValue": value, "NumericValue": n, "MatchValues": [value]}
        for n, value in enumerate(values, start=1)
    ] + [
        {"CodeID": control, "CodeType": "Control", "StringValue": control, "NumericValue": -n, "ControlCode": control}
        for n, control in enumerate(("NA", "NC", "STOP"), start=1)
    ]
    return CodeScheme.model_validate({"SchemeID": f"Scheme-{name}", "Name": name, "Version": "1", "Codes": codes})


@pytest.fixture
def processed(
    scheme: Callable[..., Any], coding: Any, dataset: Any, plans: Any, jsonl: Callable[..., Path], tmp_path: Path
) -> Process:
    def run(
        kind: DerivedFrom,
        codes: CodeScheme,
        *files: list[Message],
        mode: CodingMode = CodingMode.SINGLE,
        ranges: tuple[NamedRange, ...] = (),
        **more: Any,
    ) -> Processed:
        derived = dataset(
            str(kind),
            coding(codes, mode, requires_manual_verification=False),
            kind=DatasetKind.DEMOGRAPHIC,
            derived_from=kind,
            ranges=ranges,
        )
        settings = Settings(
            translation=Translation(KEYS, (), plans(dataset("e01", coding(scheme("e01", "water"))), derived)),
            start=datetime(2021, 9, 1, tzinfo=UTC),
            end=datetime(2021, 11, 1, tzinfo=UTC),
            filter_test_messages=True,
            moves_wrong_scheme=False,
            as_predecessor=False,
            quarantine_share_limit=0.01,
            as_of=None,
            **more,
        )
        paths = tuple(jsonl(*messages, name=f"{number}.jsonl") for number, messages in enumerate(files))
        raw_files = RawFiles(activations=paths, surveys=(), sources=("Jambo", "Ghetto", "Jambo")[: len(files)])
        return process(raw_files, tmp_path, settings)

    return run


def sent(who: str, operator: str | None = None, time: str = "2021-10-01T00:00:00Z") -> Message:
    told = {} if operator is None else {"operator_raw": operator}
    return {"avf_phone_id": who, "E01 (Text)": f"of {who}", "E01 (Time)": time, **told}


def codes(processed: Processed) -> dict[str, list[str]]:
    """The codes of every participant."""
    (survey,) = processed.surveys
    found = answers_of_everybody(survey, processed.participants, as_predecessor=False)
    return dict(found.select("uid", survey.dataset.codings[0].coded_field).iter_rows())


def texts(processed: Processed) -> dict[str, str]:
    return dict(processed.surveys[0].rows.select("uid", "text").iter_rows())


OPERATORS = without_review("operator", "hormud", "telesom", "whatsapp")


def test_the_operator_is_coded_from_the_first_digits_of_the_number(processed: Process) -> None:
    made = processed(
        DerivedFrom.OPERATOR, OPERATORS, [sent("p1", "25261"), sent("p2", "25263"), sent("p3", "whatsapp"), sent("p4")]
    )
    assert codes(made) == {"p1": ["hormud"], "p2": ["telesom"], "p3": ["whatsapp"], "p4": ["NA"]}
    assert texts(made) == {"p1": "25261", "p2": "25263", "p3": "whatsapp"}


def test_a_message_that_does_not_tell_the_operator_leaves_it_to_the_others(processed: Process) -> None:
    assert codes(processed(DerivedFrom.OPERATOR, OPERATORS, [sent("p1"), sent("p1", "25261")])) == {"p1": ["hormud"]}


def test_an_operator_that_the_scheme_lacks_is_not_coded_and_counted_by_name(processed: Process) -> None:
    made = processed(
        DerivedFrom.OPERATOR,
        OPERATORS,
        [sent("p1", "25268"), sent("p2", "25268"), sent("p3", "252681234567"), sent("p4", "99")],
    )
    assert codes(made) == {who: ["NC"] for who in ("p1", "p2", "p3", "p4")}
    assert the_count(made.counts, "answers_without_a_code", kind="somnet", dataset="operator") == 3
    # What is no operator may be anything: no count shows it.
    assert the_count(made.counts, "answers_without_a_code", kind="unknown", dataset="operator") == 1


def test_coders_see_no_operators(processed: Process) -> None:
    made = processed(DerivedFrom.OPERATOR, OPERATORS, [sent("p1", "25261")])
    assert [each.dataset.name for each in made.for_coders] == ["e01"]


SOURCES = without_review("source", "jambo", "ghetto", "both")


def test_a_source_is_coded_by_its_name_and_several_are_both(processed: Process) -> None:
    made = processed(
        DerivedFrom.SOURCE, SOURCES, [sent("p1"), sent("p2")], [sent("p3"), sent("p2"), sent("p2")], [sent("p1")]
    )
    assert codes(made) == {"p1": ["jambo"], "p2": ["both"], "p3": ["ghetto"]}
    assert texts(made) == {"p1": "Jambo", "p2": "Jambo;Ghetto", "p3": "Ghetto"}


def test_messages_outside_the_dates_tell_no_source(processed: Process) -> None:
    late = sent("p1", time="2021-11-01T00:00:00Z")
    assert codes(processed(DerivedFrom.SOURCE, SOURCES, [sent("p1")], [late])) == {"p1": ["jambo"]}


def test_in_a_multiple_coding_each_source_has_its_code(processed: Process) -> None:
    made = processed(DerivedFrom.SOURCE, SOURCES, [sent("p1")], [sent("p1")], mode=CodingMode.MULTIPLE)
    assert codes(made) == {"p1": ["jambo", "ghetto"]}


def test_several_sources_without_a_code_for_them_are_not_coded(processed: Process) -> None:
    made = processed(DerivedFrom.SOURCE, without_review("source", "jambo", "ghetto"), [sent("p1")], [sent("p1")])
    assert codes(made) == {"p1": ["NC"]}
    assert the_count(made.counts, "answers_without_a_code", kind="Jambo;Ghetto") == 1


def test_only_people_of_the_named_operators_count(processed: Process) -> None:
    messages = [sent("p1", "25261"), sent("p1"), sent("p2", "25263"), sent("p3"), sent("p4", "25277")]
    made = processed(DerivedFrom.OPERATOR, OPERATORS, messages, operators=frozenset({"hormud"}))
    assert list(codes(made)) == ["p1", "p4"]
    assert made.messages["uid"].to_list() == ["p1", "p1", "p4"]
    dropped = the_count(
        made.counts, "messages", step="filter_operators", outcome=Outcome.DROPPED, reason="other_operator"
    )
    assert dropped == 2


def test_a_run_that_nobody_answered_tells_the_operator_and_no_time(dataset: Any, coding: Any, plans: Any) -> None:
    operator = dataset("operator", coding(OPERATORS), kind=DatasetKind.DEMOGRAPHIC, derived_from=DerivedFrom.OPERATOR)
    settings: Any = SimpleNamespace(plans=plans(operator))
    told = {"uid": "p1", "operator": "25261", "file": 0}
    messages = pl.DataFrame([{**told, "sent_on": None}, {**told, "sent_on": "2021-10-01T00:00:00Z"}])
    answers = pl.DataFrame({"uid": ["p1"], "operator_raw": [None], "operator_time": [None]})
    assert with_derived_answers(answers, messages, settings, ()).to_dicts() == [
        {"uid": "p1", "operator_raw": "25261", "operator_time": "2021-10-01T00:00:00Z"}
    ]


def test_where_no_source_tells_the_operator_nobody_is_of_a_named_one(processed: Process) -> None:
    made = processed(DerivedFrom.OPERATOR, OPERATORS, [sent("p1"), sent("p2")], operators=frozenset({"hormud"}))
    assert made.messages.height == 0


RANGES = tuple(
    NamedRange(name, datetime(2021, 10, start, tzinfo=UTC), datetime(2021, 10, end, tzinfo=UTC))
    for name, start, end in (("advert", 1, 2), ("show", 2, 3), ("advert", 5, 6))
)


def test_a_type_of_engagement_is_told_by_when_messages_were_sent(processed: Process) -> None:
    days = {"p1": [1, 5], "p2": [2], "p3": [3], "p4": [5, 2]}
    messages = [sent(who, time=f"2021-10-0{day}T12:00:00Z") for who, own in days.items() for day in own]
    types = without_review("type", "advert", "show", "several")
    made = processed(DerivedFrom.SENT_ON, types, messages, ranges=RANGES)
    assert codes(made) == {"p1": ["advert"], "p2": ["show"], "p3": ["NA"], "p4": ["several"]}
    assert texts(made) == {"p1": "advert", "p2": "show", "p4": "advert;show"}


def test_named_participants_are_test_contacts(processed: Process) -> None:
    made = processed(
        DerivedFrom.OPERATOR, OPERATORS, [sent("p1"), sent("p2")], test_participants=frozenset({"p2", "p9"})
    )
    assert made.participants["uid"].to_list() == ["p1"]
    assert the_count(made.counts, "messages", step="filter_test_contacts", outcome=Outcome.DROPPED) == 1
