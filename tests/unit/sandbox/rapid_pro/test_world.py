"""The demo's runs as RapidPro gives them are the runs that the bucket's files hold."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from sandbox.rapid_pro.archives import ArchiveKey
from sandbox.rapid_pro.generations import NYARUKA
from sandbox.rapid_pro.model import Run
from sandbox.rapid_pro.people import TEST_CONTACT_UUIDS
from sandbox.rapid_pro.server import RapidProServer
from sandbox.rapid_pro.world import InventedWorkspace, invented_workspace

TracedLines = Callable[[str], list[list[dict[str, Any]]]]
FLOWS = ("geedka_s01e01_activation", "geedka_s01e02_activation", "geedka_demog")


@pytest.fixture(scope="module")
def workspace() -> InventedWorkspace:
    return invented_workspace()


def _runs(workspace: InventedWorkspace, name: str) -> list[Run]:
    (uuid,) = (flow.uuid for flow in workspace.database.flows.values() if flow.name == name)
    return workspace.database.runs_by_flow[uuid].listing.rows


def _number(workspace: InventedWorkspace, run: Run) -> str:
    urn = next(iter(workspace.database.contacts.rows[run.contact].urns), "")
    return urn.removeprefix("tel:+")


def _raw(workspace: InventedWorkspace, run: Run, flow: str) -> dict[str, Any]:
    """What the predecessors' fetch made of a run (sources.md A.7)."""
    assert run.exited_on is not None
    fields: dict[str, Any] = {
        "avf_phone_id": workspace.addresses[_number(workspace, run)],
        "urn_type": "tel",
        f"run_id - {flow}": run.uuid,
        f"run_created_on - {flow}": run.created_on.isoformat(),
        f"run_modified_on - {flow}": run.modified_on.isoformat(),
        f"run_exited_on - {flow}": run.exited_on.isoformat(),
        f"run_exit_type - {flow}": run.exit_type,
    }
    if run.contact in TEST_CONTACT_UUIDS:
        fields["test_run"] = True
    for key, value in run.values.items():
        name = key.title()
        assert value.name == name
        fields |= {
            f"{name} (Category) - {flow}": value.category,
            f"{name} (Value) - {flow}": value.value,
            f"{name} (Text) - {flow}": value.input,
            f"{name} (Name) - {flow}": value.name,
            f"{name} (Time) - {flow}": value.time.isoformat(),
            f"{name} (Run ID) - {flow}": run.uuid,
        }
    return fields


@pytest.mark.parametrize("flow", FLOWS)
def test_the_runs_are_those_of_the_bucket_in_the_same_order(
    workspace: InventedWorkspace, traced: TracedLines, flow: str
) -> None:
    in_bucket = [updates[-1]["Data"] for updates in traced(flow)]
    served = [_raw(workspace, run, flow) for run in _runs(workspace, flow) if _number(workspace, run)]
    without_radio = [{key: value for key, value in run.items() if not key.startswith("Radio ")} for run in served]
    assert without_radio == in_bucket


def test_an_operators_digits_begin_a_listeners_number(workspace: InventedWorkspace, traced: TracedLines) -> None:
    operators = {
        updates[-1]["Data"][f"run_id - {flow}"]: updates[0]["Data"]["operator_raw"]
        for flow in FLOWS[:2]
        for updates in traced(flow)
    }
    served = {run.uuid: _number(workspace, run)[:5] for flow in FLOWS[:2] for run in _runs(workspace, flow)}
    strange = {uuid for uuid, digits in served.items() if not digits}
    assert len(strange) == 1
    assert {uuid: digits for uuid, digits in served.items() if uuid not in strange} == operators


def test_everybody_has_a_number_of_their_own_that_nobody_has(workspace: InventedWorkspace) -> None:
    assert len(workspace.addresses) == len(set(workspace.addresses.values())) == 603
    assert all(len(number) == 12 and number.isdecimal() and number[5] == "0" for number in workspace.addresses)


def test_the_teams_phones_have_the_same_uuids_in_every_world(workspace: InventedWorkspace) -> None:
    assert TEST_CONTACT_UUIDS == (
        "7e577e57-0000-4000-8000-000000000001",
        "7e577e57-0000-4000-8000-000000000002",
        "7e577e57-0000-4000-8000-000000000003",
    )
    for made in (workspace, invented_workspace(seed=2)):
        testers = {uuid for uuid in made.database.contacts.rows if str(uuid).startswith("7e577e57-")}
        assert testers
        assert testers <= set(TEST_CONTACT_UUIDS)


def test_the_same_seed_gives_the_same_workspace(workspace: InventedWorkspace) -> None:
    again = invented_workspace()
    assert again.addresses == workspace.addresses
    for table in ("contacts", "runs", "messages"):
        assert getattr(again.database, table).rows == getattr(workspace.database, table).rows
    assert again.database.archives == workspace.database.archives
    assert invented_workspace(seed=2).addresses.keys() != workspace.addresses.keys()


@pytest.mark.parametrize("message_count", [0, 1, 10, 2000])
def test_a_workspace_may_be_small_or_big(message_count: int) -> None:
    made = invented_workspace(message_count=message_count)
    own = sum(len(_runs(made, flow)) for flow in FLOWS[:2])
    assert own == message_count - message_count * 6 // 100 + 1  # one of a stranger
    assert len(made.addresses) == max(1, message_count * 3 // 5) + 3


def test_one_run_is_of_a_contact_without_a_number(workspace: InventedWorkspace) -> None:
    without = [run for run in workspace.database.runs.rows.values() if not _number(workspace, run)]
    assert [(run.exit_type, list(run.values)) for run in without] == [("completed", ["s01e01_water"])]


def test_one_contact_was_deleted(workspace: InventedWorkspace) -> None:
    deleted = [contact for contact in workspace.database.contacts.rows.values() if contact.deleted]
    assert [(contact.urns, contact.name) for contact in deleted] == [((), None)]
    assert deleted[0].modified_on == datetime(2025, 9, 12, 9, 0, 3, 210000, tzinfo=UTC)
    assert deleted[0].uuid not in {run.contact for run in workspace.database.runs.rows.values()}


def test_another_projects_old_runs_are_in_an_archive_only(workspace: InventedWorkspace) -> None:
    live = _runs(workspace, "beeraha_s04e02_activation")
    assert [(run.modified_on.month, list(run.values)) for run in live] == [(9, ["s04e02_seeds"])] * 8
    archives = workspace.database.archives
    archived = [json.loads(line) for line in archives[ArchiveKey("run", "monthly", date(2025, 5, 1))].lines]
    assert Counter(run["flow"]["name"] for run in archived) == {"beeraha_s04e02_activation": 8}
    assert all("urn" not in run["contact"] for run in archived)
    dailies = [key.start_date for key in archives if key.type == "run" and key.period == "daily"]
    assert (min(dailies), max(dailies), len(dailies)) == (date(2025, 6, 1), date(2025, 6, 17), 17)


def test_a_rule_kept_less_than_what_stands_in_the_one_message_that_it_can_be(workspace: InventedWorkspace) -> None:
    database = workspace.database
    (flow,) = (flow for flow in database.flows.values() if flow.name == "geedka_demog")
    ruled = next(result for result in flow.results if result.key == "radio")
    assert ruled.categories == ("Yes", "No", "Other")
    answered = [run for run in database.runs.rows.values() if "radio" in run.values]
    assert [(run.values["radio"].category, run.values["radio"].value) for run in answered] == [
        ("Yes", "haa"),
        ("No", "maya"),
        ("Yes", "haa"),
    ]
    for run in answered:
        result = run.values["radio"]
        (message,) = (
            message
            for message in database.messages.rows.values()
            if (message.contact, message.flow, message.direction) == (run.contact, flow.uuid, "in")
            and 0 <= (result.time - message.created_on).total_seconds() <= 600
        )
        assert message.text == result.input
        assert result.value is not None
        assert result.value in message.text
        assert message.text != result.value


def test_every_answer_came_in_as_a_message_a_second_before(workspace: InventedWorkspace) -> None:
    database = workspace.database
    incoming = Counter(
        (message.contact, message.flow, message.text, message.created_on)
        for message in database.messages.rows.values()
        if message.direction == "in"
    )
    answers = Counter(
        (run.contact, run.flow, value.input or "", value.time.replace(microsecond=value.time.microsecond))
        for run in database.runs.rows.values()
        for value in run.values.values()
    )
    assert sum(incoming.values()) == sum(answers.values())
    assert Counter(key[:3] for key in incoming.elements()) == Counter(key[:3] for key in answers.elements())
    pictures = [message for message in database.messages.rows.values() if message.attachments]
    assert len(pictures) == sum(
        value.input is None for run in database.runs.rows.values() for value in run.values.values()
    )
    assert all(message.text == "" for message in pictures)


def test_only_those_who_ever_came_to_a_flow_are_contacts(workspace: InventedWorkspace) -> None:
    database = workspace.database
    seen = {run.contact for run in database.runs.rows.values()}
    seen |= {json.loads(line)["contact"]["uuid"] for archive in database.archives.values() for line in archive.lines}
    assert {uuid for uuid, contact in database.contacts.rows.items() if not contact.deleted} == seen
    for run in database.runs.rows.values():
        contact = database.contacts.rows[run.contact]
        assert contact.created_on <= run.created_on
        assert contact.modified_on >= run.modified_on


def test_nobody_is_named_in_what_python_shows(workspace: InventedWorkspace) -> None:
    database = workspace.database
    rows = [*database.contacts.rows.values(), *database.runs.rows.values(), *database.messages.rows.values()]
    shown = "".join(map(repr, [RapidProServer(database), *rows[::7]]))
    names = {contact.name for contact in database.contacts.rows.values() if contact.name}
    assert len(names) > 50
    assert not [name for name in names if name in shown]
    assert not [number for number in workspace.addresses if number in shown]
    assert "haa, habeen kasta" not in shown


def test_the_demos_workspace_is_served_without_input_by_the_newer_generation(workspace: InventedWorkspace) -> None:
    with RapidProServer(workspace.database, NYARUKA) as server:
        url, headers = f"{server.url}/api/v2/runs.json", {"Authorization": f"Token {server.token}"}
        run = requests.get(url, headers=headers, timeout=600).json()["results"][0]
    assert "input" not in next(iter(run["values"].values()))
