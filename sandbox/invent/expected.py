"""How many messages and people a run of the invented input has, reckoned from what was invented alone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline_lib.config import Project
from sandbox.invent.labels import Coded
from sandbox.invent.people import Said, Talk


@dataclass(frozen=True)
class Expected:
    """What there is once what does not count is left out: tests, other days, people who wish to stop."""

    messages: dict[str, int]
    """How many messages each research question has, by its raw field."""
    participant_count: int
    """How many people sent any of them."""

    @property
    def message_count(self) -> int:
        """How many messages there are in all."""
        return sum(self.messages.values())


def expected(project: Project, talk: Talk, coded: Mapping[str, Coded]) -> Expected:
    """What a run of a project gives that keeps no predecessor's quirks.

    Args:
        project: The project.
        talk: Everything that was written.
        coded: The labels of each dataset, by its raw field.
    """
    config = project.config
    left_out = set(talk.testers) if config.filter_test_messages else set[str]()
    left_out |= talk.leavers if config.hold_back_unreviewed_stops else _labelled_stop(talk, coded)
    kept = [
        (uid, field)
        for uid, field, sent_at in _belonging(project, talk, coded)
        if uid not in left_out and config.starts_at <= sent_at < config.ends_at
    ]
    counts = Counter(field for _, field in kept)
    questions = {dataset.raw_field: counts[dataset.raw_field] for dataset in project.plans.research_questions}
    return Expected(questions, len({uid for uid, _ in kept}))


def _labelled_stop(talk: Talk, coded: Mapping[str, Coded]) -> set[str]:
    said = (*talk.messages, *talk.answers.values())
    return {each.uid for each in said if each.raw_field in coded and each.identity in coded[each.raw_field].stops}


def _belonging(project: Project, talk: Talk, coded: Mapping[str, Coded]) -> Iterator[tuple[str, str, datetime]]:
    """Who sent a message when to which research question, wrong schemes put right."""
    questions = {dataset.raw_field for dataset in project.plans.research_questions}
    senders = set()
    for message in talk.messages:
        field, sent_at = by_time(project, message)
        if field not in questions:
            continue
        senders.add(message.uid)
        target = _target(project, coded, field, message.identity)
        if target in questions:
            yield message.uid, target, sent_at
    for answer in talk.answers.values():
        target = _target(project, coded, answer.raw_field, answer.identity)
        if answer.uid in senders and target in questions:
            yield answer.uid, target, answer.sent_at


def _target(project: Project, coded: Mapping[str, Coded], field: str, identity: str) -> str:
    """Where something belongs: a raw field, or nothing where no plan has the dataset."""
    if not project.config.move_ws_messages or field not in coded:
        return field
    return coded[field].targets.get(identity, field) or ""


def by_time(project: Project, message: Said) -> tuple[str, datetime]:
    """The raw field and the time of a message after the remappings by time, the last one of which wins."""
    field, sent_at = message.raw_field, message.sent_at
    for each in project.config.timestamp_remappings:
        start, end = each.range_start_inclusive, each.range_end_exclusive
        is_in_range = (start is None or start <= sent_at) and (end is None or sent_at < end)
        if each.time_key in message.time_keys and is_in_range:
            field, sent_at = each.show_pipeline_key_to_remap_to, each.time_to_adjust_to or sent_at
    return field, sent_at
