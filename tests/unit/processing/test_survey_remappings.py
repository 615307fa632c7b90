from collections.abc import Callable
from typing import Any

import pytest

from pipeline_lib.model.coding_plan import CodingPlans, DatasetKind
from pipeline_lib.processing.survey_remappings import with_own_fields
from pipeline_lib.processing.translation import KeyRemapping, Translation


@pytest.fixture
def two_surveys(scheme: Callable[..., Any], coding: Any, dataset: Any, plans: Any) -> CodingPlans:
    """A question and two surveys that all take their times from `sent_on`."""
    surveys = (
        dataset(
            name,
            coding(scheme(name, "yes")),
            kind=DatasetKind.FOLLOW_UP,
            time_field=f"sent_on of {name}_raw",
            shared_time_field="sent_on",
        )
        for name in ("first", "second")
    )
    made: CodingPlans = plans(dataset("e01", coding(scheme("e01", "water"))), *surveys)
    return made


def keys(*pairs: tuple[str, str]) -> list[KeyRemapping]:
    return [KeyRemapping(source, key, is_activation_message=source.startswith("message")) for source, key in pairs]


def test_each_survey_has_the_times_that_stand_beside_its_texts(two_surveys: CodingPlans) -> None:
    remappings = keys(
        ("E01 (Time) - f", "sent_on"),
        ("First (Text) - f", "first_raw"),
        ("First (Time) - f", "sent_on"),
        ("Second (Text) - g", "second_raw"),
        ("Second (Time) - g", "sent_on"),
    )
    translation = Translation(with_own_fields(remappings, two_surveys), (), two_surveys)
    available = {"First (Time) - f", "Second (Time) - g", "E01 (Time) - f"}
    assert translation.sources_of("sent_on of first_raw", available) == ["First (Time) - f"]
    assert translation.sources_of("sent_on of second_raw", available) == ["Second (Time) - g"]
    assert translation.sources_of("sent_on", available) == ["Second (Time) - g", "First (Time) - f", "E01 (Time) - f"]


def test_where_nothing_tells_which_time_is_whose_any_of_the_field_is(two_surveys: CodingPlans) -> None:
    remappings = keys(("what", "first_raw"), ("when", "sent_on"))
    translation = Translation(with_own_fields(remappings, two_surveys), (), two_surveys)
    assert translation.sources_of("sent_on of first_raw", {"when", "sent_on"}) == ["when", "sent_on"]


def test_a_message_to_a_survey_is_an_answer(two_surveys: CodingPlans) -> None:
    told = with_own_fields(keys(("message a", "e01_raw"), ("message b", "second_raw")), two_surveys)
    assert {each.source_key: each.is_activation_message for each in told if each.source_key.startswith("message")} == {
        "message a": True,
        "message b": False,
    }
