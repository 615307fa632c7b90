"""How many messages and people a run of the invented input has, reckoned from what was invented alone."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline_lib.config import Project
from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.model.mobile_operators import operator_of
from sandbox.invent.labels import Coded
from sandbox.invent.people import Said, Talk
from sandbox.invent.vocabulary import STOPS


@dataclass(frozen=True)
class Expected:
    """What there is once what does not count is left out: tests, other days and networks, people who wish to stop."""

    messages: dict[str, int]
    """How many messages each research question has, by its raw field."""
    message_count: int
    """How many rows there are in all: in a project that has surveys only, one for each participant."""
    participant_count: int
    """How many people there are."""


def expected(
    project: Project, talk: Talk, coded: Mapping[str, Coded], outside_groups: Collection[str] = ()
) -> Expected:
    """What a run of a project gives that keeps no predecessor's quirks and moves nothing by `WSTextRemappings`.

    Args:
        project: The project.
        talk: Everything that was written.
        coded: The labels of each dataset, by its raw field.
        outside_groups: People whom the groups' filters leave out.
    """
    config, questions = project.config, [dataset.raw_field for dataset in project.plans.research_questions]
    left_out = set(talk.testers) if config.filter_test_messages else set[str]()
    left_out |= _leavers(project, talk) if config.hold_back_unreviewed_stops else _labelled_stop(talk, coded)
    left_out |= {*outside_groups}
    if config.filter_operator is not None:
        known = {uid for uid, digits in talk.operators.items() if operator_of(digits) in config.filter_operator}
        left_out |= talk.people - known
    datasets = {dataset.raw_field: dataset for dataset in project.plans.datasets}
    answers = ((answer.uid, answer.raw_field, answer.sent_at) for answer in talk.answers.values())
    belonging = _messages(project, talk, coded) if questions else answers
    kept = [
        (uid, field)
        for uid, field, sent_at in belonging
        if uid not in left_out
        and config.starts_at <= sent_at < config.ends_at
        and _is_within_own_range(datasets[field], sent_at)
    ]
    counts, people = Counter(field for _, field in kept), {uid for uid, _ in kept}
    row_count = len(kept) if questions else len(people)
    return Expected({field: counts[field] for field in questions}, row_count, len(people))


def _is_within_own_range(dataset: Dataset, sent_at: datetime) -> bool:
    """Whether it counts for a research question; of surveys an answer outside the range leaves its sender there."""
    is_after_start = dataset.sent_from is None or dataset.sent_from <= sent_at
    return dataset.is_survey or (is_after_start and (dataset.sent_before is None or sent_at < dataset.sent_before))


def _leavers(project: Project, talk: Talk) -> set[str]:
    """Who wrote a stop word to a dataset, or where a remapping by time may read it: the rest is dropped."""
    datasets = {dataset.raw_field for dataset in project.plans.datasets}
    moving = {each.time_key for each in project.config.timestamp_remappings}
    written = (each for each in (*talk.messages, *talk.answers.values()) if each.written.text in STOPS)
    return {each.uid for each in written if each.raw_field in datasets or not moving.isdisjoint(each.time_keys)}


def _labelled_stop(talk: Talk, coded: Mapping[str, Coded]) -> set[str]:
    """Who wrote what was ever labelled STOP: in whichever dataset, since a text may have been in another before."""
    stops = {identity for each in coded.values() for identity in each.stops}
    return {each.uid for each in (*talk.messages, *talk.answers.values()) if each.identity in stops}


def _messages(project: Project, talk: Talk, coded: Mapping[str, Coded]) -> Iterator[tuple[str, str, datetime]]:
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
