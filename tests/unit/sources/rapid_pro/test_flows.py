from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline_lib.errors import ConfigError, FatalSourceError
from pipeline_lib.sources.rapid_pro.flows import Flow, flows_named

PLACE = "pipeline.json: RawDataSources[0]"


def on_server(name: str, uuid: str = "f0000000-0000-4000-8000-000000000001", **more: Any) -> dict[str, Any]:
    return {"uuid": uuid, "name": name, "results": [], "runs": {}, "created_on": "2025-05-01T09:00:00.000000Z", **more}


def test_a_flow_is_found_by_its_name_activations_first() -> None:
    server = [
        on_server("demog", "f0000000-0000-4000-8000-000000000002"),
        on_server("show", "f0000000-0000-4000-8000-000000000001"),
        on_server("other", "f0000000-0000-4000-8000-000000000003"),
    ]
    found = flows_named(["show"], ["demog"], server, PLACE)
    assert [(flow.uuid, flow.name, flow.tells_operator) for flow in found] == [
        ("f0000000-0000-4000-8000-000000000001", "show", True),
        ("f0000000-0000-4000-8000-000000000002", "demog", False),
    ]
    assert found[0].created_on == datetime(2025, 5, 1, 9, tzinfo=UTC)


def test_all_flows_that_the_server_does_not_have_are_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as raised:
        flows_named(["s01e02_activaton"], ["demog"], [on_server("s01e02_activation")], PLACE)
    assert str(raised.value).splitlines() == [
        (
            f'{PLACE}.ActivationFlowNames: flow "s01e02_activaton" does not exist on the server; '
            'did you mean "s01e02_activation"?'
        ),
        f'{PLACE}.SurveyFlowNames: flow "demog" does not exist on the server; known: "s01e02_activation"',
    ]


def test_a_name_that_two_flows_share_is_refused() -> None:
    with pytest.raises(ConfigError, match='ActivationFlowNames: the server has 2 flows with the name "show"'):
        flows_named(
            ["show"],
            [],
            [
                on_server("show", "f0000000-0000-4000-8000-000000000001"),
                on_server("show", "f0000000-0000-4000-8000-000000000002"),
            ],
            PLACE,
        )


def test_a_question_is_open_if_all_responses_are_its_only_category() -> None:
    results = [
        {"key": "open", "categories": ["All Responses"]},
        {"key": "ruled", "categories": ["Yes", "Other"]},
        {"key": "both", "categories": ["All Responses", "No Response"]},
        {"key": "unknown"},
    ]
    (flow,) = flows_named(["show"], [], [on_server("show", results=results)], PLACE)
    assert flow.open_results == {"open"}


@pytest.mark.parametrize(
    ("runs", "count"),
    [
        ({"active": 1, "waiting": 2, "completed": 3, "interrupted": 4, "expired": 5, "failed": 6}, 21),
        ({"active": 0, "completed": 7, "completion": 70}, 7),
        ({"completed": 7, "completion": 70.5}, 7),
        ({}, 0),
    ],
)
def test_runs_are_counted_whatever_statuses_the_server_knows(runs: dict[str, Any], count: int) -> None:
    (flow,) = flows_named(["show"], [], [on_server("show", runs=runs)], PLACE)
    assert flow.run_count == count


def test_a_flow_says_little_on_some_servers() -> None:
    (flow,) = flows_named([], ["show"], [{"uuid": "f0000000-0000-4000-8000-000000000001", "name": "show"}], PLACE)
    assert flow == Flow(
        "f0000000-0000-4000-8000-000000000001",
        "show",
        tells_operator=True,
        open_results=frozenset(),
        run_count=0,
        created_on=None,
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"name": None},
        {"name": ["show"]},
        {"name": "other", "uuid": None, "results": 1, "runs": [], "created_on": 5},
    ],
)
def test_an_odd_flow_does_not_keep_the_others(odd: dict[str, Any]) -> None:
    (flow,) = flows_named(["show"], [], [odd, on_server("show")], PLACE)
    assert flow.name == "show"


@pytest.mark.parametrize(
    "odd",
    [
        {"created_on": "0001-01-01T00:00:00Z"},
        {"created_on": "yesterday"},
        {"created_on": 1714554000},
        {"results": {"key": "open"}},
        {"results": [None, "open", {"categories": ["All Responses"]}, {"key": 1, "categories": ["All Responses"]}]},
        {"runs": 7},
    ],
)
def test_what_a_flow_says_that_cannot_be_read_is_as_if_it_were_not_there(odd: dict[str, Any]) -> None:
    (flow,) = flows_named(["show"], [], [{**on_server("show"), **odd}], PLACE)
    assert (flow.open_results, flow.run_count) == (frozenset(), 0)
    assert flow.created_on == (None if "created_on" in odd else datetime(2025, 5, 1, 9, tzinfo=UTC))


@pytest.mark.parametrize("uuid", [None, "", "../../elsewhere", 7])
def test_a_flow_without_a_uuid_is_the_servers_fault(uuid: Any) -> None:
    with pytest.raises(FatalSourceError) as raised:
        flows_named([], ["show"], [on_server("show", uuid)], PLACE)
    assert str(raised.value) == (
        f'{PLACE}.SurveyFlowNames: the server does not give the uuid of flow "show"; '
        "ask who runs the server: its API is at fault"
    )
