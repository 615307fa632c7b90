"""Runs of RapidPro's flows, in the shape in which the predecessors' fetch wrote them (semantics.md 9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sandbox.answers import DEMOGRAPHICS, Answer, demographic_answer
from sandbox.dice import happens, weighted
from sandbox.talk import EPISODES, talk
from sandbox.timeline import message_time, pilot_time, soon_after

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from sandbox.listeners import Audience, Listener

ACTIVATION_FLOWS = {"s01e01_water": "geedka_s01e01_activation", "s01e02_health": "geedka_s01e02_activation"}
SURVEY_FLOW = "geedka_demog"
PILOT_SURVEY_FLOW = "geedka_pilot_demog"


class Received(NamedTuple):
    """One answer to one dataset's question."""

    dataset: str
    answer: Answer
    sent_at: datetime
    listener: "Listener"


@dataclass(frozen=True)
class Run:
    """One listener's way through a flow."""

    flow: str
    run_id: str
    listener: "Listener"
    created_at: datetime
    exited_at: datetime
    exit_type: str
    received: tuple[Received, ...]

    def fields(self) -> dict[str, Any]:
        """The run as the raw data have it; a question that was not answered has no field."""
        fields: dict[str, Any] = {
            "avf_phone_id": self.listener.participant_uuid,
            "urn_type": "tel",
            f"run_id - {self.flow}": self.run_id,
            f"run_created_on - {self.flow}": self.created_at.isoformat(),
            f"run_modified_on - {self.flow}": self.exited_at.isoformat(),
            f"run_exited_on - {self.flow}": self.exited_at.isoformat(),
            f"run_exit_type - {self.flow}": self.exit_type,
        }
        if self.listener.is_test_contact:
            fields["test_run"] = True
        for dataset, answer, sent_at, _ in self.received:
            question = dataset.title()
            fields |= {
                f"{question} (Category) - {self.flow}": "All Responses",
                f"{question} (Value) - {self.flow}": answer.text,
                f"{question} (Text) - {self.flow}": answer.text,
                f"{question} (Name) - {self.flow}": question,
                f"{question} (Time) - {self.flow}": sent_at.isoformat(),
                f"{question} (Run ID) - {self.flow}": self.run_id,
            }
        return fields


def activations(rng: "Random", audience: "Audience", count: int) -> list[Run]:
    """So many runs of the shows' flows, in the order in which they ended."""
    return _in_order(_activation(rng, audience.writer(rng)) for _ in range(count))


def surveys(rng: "Random", runs: "Iterable[Run]", audience: "Audience") -> list[Run]:
    """Runs of both surveys by most of those who wrote to a show, once or twice, and by a few who never did."""
    first_messages: dict[str, Run] = {}
    for run in runs:
        first_messages.setdefault(run.listener.participant_uuid, run)
    asked: list[Run] = []
    for listener in audience.listeners:
        activation = first_messages.get(listener.participant_uuid)
        if happens(rng, 0.12):
            asked.append(_survey(rng, PILOT_SURVEY_FLOW, listener, pilot_time(rng)))
        if activation is None:
            continue
        if happens(rng, 0.75):
            asked.append(_survey(rng, SURVEY_FLOW, listener, activation.exited_at))
            if happens(rng, 0.10):
                asked.append(_survey(rng, SURVEY_FLOW, listener, soon_after(rng, asked[-1].exited_at)))
    return _in_order(asked)


def _activation(rng: "Random", listener: "Listener") -> Run:
    episode = weighted(rng, {EPISODES[0]: 56, EPISODES[1]: 44})
    created_at = message_time(rng, episode)
    sent_at = soon_after(rng, created_at)
    answer: Answer | None
    match weighted(rng, {"talk": 94, "unanswered": 4, "null": 1, "empty": 1}):
        case "unanswered":
            answer = None
        case "null":
            answer = Answer(None)
        case "empty":
            answer = Answer("")
        case _:
            answer = talk(rng, episode, listener)
    return Run(
        flow=ACTIVATION_FLOWS[episode],
        run_id=_run_id(rng),
        listener=listener,
        created_at=created_at,
        exited_at=sent_at,
        exit_type="expired" if answer is None else "completed",
        received=() if answer is None else (Received(episode, answer, sent_at, listener),),
    )


def _survey(rng: "Random", flow: str, listener: "Listener", created_at: datetime) -> Run:
    answered_count = len(DEMOGRAPHICS) if happens(rng, 0.85) else rng.randrange(len(DEMOGRAPHICS))
    received: list[Received] = []
    exited_at = soon_after(rng, created_at)
    for dataset in DEMOGRAPHICS[:answered_count]:
        received.append(Received(dataset, demographic_answer(rng, dataset, listener), exited_at, listener))
        exited_at = soon_after(rng, exited_at)
    is_complete = answered_count == len(DEMOGRAPHICS)
    return Run(
        flow=flow,
        run_id=_run_id(rng),
        listener=listener,
        created_at=created_at,
        exited_at=exited_at,
        exit_type="completed" if is_complete else rng.choice(["expired", "interrupted"]),
        received=tuple(received),
    )


def _run_id(rng: "Random") -> str:
    return str(UUID(bytes=rng.randbytes(16), version=4))


def _in_order(runs: "Iterable[Run]") -> list[Run]:
    return sorted(runs, key=lambda run: (run.exited_at, run.run_id))
