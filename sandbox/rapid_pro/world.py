"""The demo's invented world as a RapidPro workspace: the same runs by the same listeners, who now have numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from sandbox.answers import DEMOGRAPHICS
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.model import (
    ALL_RESPONSES,
    Contact,
    Flow,
    Message,
    Result,
    Run,
    Step,
    Value,
    Workspace,
)
from sandbox.rapid_pro.oddities import (
    OTHER_FLOW,
    OTHER_RESULT,
    RADIO,
    deleted_contact,
    runs_of_other_show,
    with_ruled_answers,
    without_number,
)
from sandbox.rapid_pro.people import Person, new_uuid, people_of
from sandbox.runs import ACTIVATION_FLOWS, SURVEY_FLOW
from sandbox.word_lists import word_list
from sandbox.world import AS_OF, MESSAGE_COUNT, SEED, dice_of, invented_world

if TYPE_CHECKING:
    from sandbox.runs import Run as InventedRun

_RETENTION = timedelta(days=90)
_FLOWS_MADE_ON = datetime(2025, 4, 28, 7, 30, tzinfo=UTC)
_ARRIVAL = timedelta(seconds=1)
"""How long before its result a message came in."""

NumberedT = TypeVar("NumberedT", Contact, Message, Run)


class InventedWorkspace(NamedTuple):
    """A workspace, and who its contacts are."""

    database: Database
    addresses: Mapping[str, str]
    """Every listener's participant uuid by the digits of their number: what a uuid table knows before the demo."""


def invented_workspace(seed: int = SEED, message_count: int = MESSAGE_COUNT) -> InventedWorkspace:
    """The workspace in which the shows and the survey were, without the survey of the pilot.

    The same arguments as `write_world` has, and the same world. Beside its runs there is what a real workspace has and
    a fetch must bear: see `oddities`.
    """
    world = invented_world(dice_of(seed, message_count), message_count)
    rng = Random(f"{seed}/{message_count}/RapidPro")  # noqa: S311 - dice of its own leave the world's as they fell
    people = people_of(rng, world.audience.listeners)
    flows = {flow.name: flow for flow in _flows()}

    asked_here = (run for run in chain(world.shows, world.asked) if run.flow in flows)
    runs = [_run(run, people[run.listener.participant_uuid], flows[run.flow]) for run in asked_here]
    runs = with_ruled_answers(runs, flows[SURVEY_FLOW])
    runs += runs_of_other_show(rng, list(people.values()), flows[OTHER_FLOW])
    contacts = [*_contacts(people.values(), runs), deleted_contact(rng)]
    stranger, run_of_stranger = without_number(rng, flows[ACTIVATION_FLOWS["s01e01_water"]])
    runs = sorted([*runs, run_of_stranger], key=lambda run: (run.modified_on, run.uuid))
    messages = sorted(_messages(rng, runs, list(flows.values())), key=lambda message: message.created_on)

    database = Database(
        Workspace(new_uuid(rng), "Geedka Hoostiisa"),
        flows=flows.values(),
        contacts=_numbered([*contacts, stranger]),
        runs=_numbered(runs),
        messages=_numbered(messages),
    )
    database.archive((AS_OF - _RETENTION).date(), purge=True)
    return InventedWorkspace(database, {person.number: person.participant_uuid for person in people.values()})


def _flows() -> Iterator[Flow]:
    results = {
        **{flow: ((dataset, dataset.title()),) for dataset, flow in ACTIVATION_FLOWS.items()},
        SURVEY_FLOW: tuple((dataset, dataset.title()) for dataset in DEMOGRAPHICS),
        OTHER_FLOW: (OTHER_RESULT,),
    }
    for number, (flow, answers) in enumerate(results.items(), start=1):
        made_on = _FLOWS_MADE_ON + number * timedelta(hours=1)
        open_results = [Result(key, name, _node(number, place)) for place, (key, name) in enumerate(answers)]
        ruled = [replace(RADIO, node=_node(number, len(answers)))] if flow == SURVEY_FLOW else []
        yield Flow(f"f10f10f1-0000-4000-8000-{number:012}", flow, made_on, made_on, (*open_results, *ruled))


def _node(flow_number: int, place: int) -> str:
    return f"0de0de00-0000-4000-8000-{flow_number:06}{place:06}"


def _run(run: "InventedRun", person: Person, flow: Flow) -> Run:
    nodes = {result.key: result.node for result in flow.results}
    return Run(
        id=0,
        uuid=run.run_id,
        flow=flow.uuid,
        contact=person.contact_uuid,
        created_on=run.created_at,
        modified_on=run.exited_at,
        values={
            dataset: Value(dataset.title(), answer.text, ALL_RESPONSES, nodes[dataset], sent_at, answer.text)
            for dataset, answer, sent_at, _ in run.received
        },
        exited_on=run.exited_at,
        exit_type=run.exit_type,
        responded=bool(run.received),
        path=(
            Step(flow.results[0].node, run.created_at),
            *(Step(nodes[dataset], sent_at) for dataset, _, sent_at, _ in run.received[1:]),
        ),
    )


def _contacts(people: Iterable[Person], runs: Iterable[Run]) -> Iterator[Contact]:
    """Those who ever wrote to the workspace."""
    runs_by_contact: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        runs_by_contact[run.contact].append(run)
    for person in people:
        if own := runs_by_contact[person.contact_uuid]:
            yield Contact(
                id=0,
                uuid=person.contact_uuid,
                created_on=min(run.created_on for run in own) - _ARRIVAL,
                modified_on=max(run.modified_on for run in own),
                urns=(f"tel:+{person.number}",),
                name=person.name,
                last_seen_on=max(run.modified_on for run in own),
            )


def _messages(rng: Random, runs: Iterable[Run], flows: Iterable[Flow]) -> Iterator[Message]:
    """What a flow asked at its beginning, and every answer; an answer without a text was a picture."""
    questions = {flow.uuid: word_list("rapid_pro")["questions"][flow.name] for flow in flows}
    for run in runs:
        yield _message(rng, run, "out", questions[run.flow], run.created_on)
        for value in run.values.values():
            yield _message(rng, run, "in", value.input, value.time - _ARRIVAL)


def _message(rng: Random, run: Run, direction: Literal["in", "out"], text: str | None, created_on: datetime) -> Message:
    uuid = new_uuid(rng)
    is_sent = direction == "out"
    return Message(
        id=0,
        uuid=uuid,
        contact=run.contact,
        direction=direction,
        text=text or "",
        created_on=created_on,
        modified_on=created_on,
        flow=run.flow,
        attachments=() if text is not None else (f"image/jpeg:https://media.invalid/{uuid}.jpg",),
        status="delivered" if is_sent else "handled",
        sent_on=created_on if is_sent else None,
    )


def _numbered(rows: Iterable[NumberedT]) -> list[NumberedT]:
    return [replace(row, id=number) for number, row in enumerate(rows, start=1)]
