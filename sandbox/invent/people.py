"""Who wrote what and when: the objects of all raw data files, and a plain list of what they hold."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from pipeline_lib.config import Project
from pipeline_lib.config.pipeline import TimestampRemapping
from pipeline_lib.processing.translation import OPERATOR, TEST_RUN
from sandbox.dice import happens, weighted
from sandbox.invent.raw_files import RawFile, Result, raw_files, time_keys
from sandbox.invent.vocabulary import STOPS, Vocabulary, Written

_DAYS = 28
_STARTED_AT = datetime(2025, 9, 1, tzinfo=UTC)
"""When people begin to write to a project that does not say when it begins."""
_OPERATORS = ("25261", "25262", "25263", "25290", "25470", "25410")
_MESSAGE_COUNTS = {1: 50, 2: 25, 3: 15, 6: 10}
_KINDS = {"listener": 92, "tester": 2, "stranger": 3, "leaver": 3}
"""A stranger answers surveys and sends no message; a leaver writes a stop word somewhere."""


class Said(NamedTuple):
    """Something that somebody wrote, as the raw data have it."""

    uid: str
    raw_field: str
    written: Written
    identity: str
    """What identifies the message in Coda: its text, or a field of its own."""
    sent_at: datetime
    time_keys: tuple[str, ...]
    """The raw fields that hold the time."""


@dataclass
class Talk:
    """All that was written."""

    lines: dict[str, list[str]]
    """Objects by the name of their raw data, a line of JSON each."""
    messages: list[Said] = field(default_factory=list)
    """Messages to shows: the same one twice where a file has it twice."""
    answers: dict[tuple[str, str], Said] = field(default_factory=dict)
    """Survey answers, by participant and raw field: whoever answers again says the same."""
    testers: set[str] = field(default_factory=set)
    operators: dict[str, str] = field(default_factory=dict)
    """The first digits of people's numbers, where their runs tell them."""
    people: set[str] = field(default_factory=set)


class _Person(NamedTuple):
    uid: str
    kind: str
    answers: dict[str, Written]
    operator: str


def invented_talk(project: Project, people_count: int, rng: Random) -> Talk:
    """What so many people wrote to everything that the project asks."""
    files = raw_files(project)
    return _Writer(project, files, rng).talk(people_count)


class _Writer:
    def __init__(self, project: Project, files: list[RawFile], rng: Random) -> None:
        self._files, self._rng = files, rng
        self._datasets = {dataset.raw_field: dataset for dataset in project.plans.datasets}
        self._vocabularies = {name: Vocabulary(dataset) for name, dataset in self._datasets.items()}
        self._identity_key = next(
            (r.source_key for r in project.config.source_key_remappings if r.pipeline_key == "uid"), "avf_phone_id"
        )
        self._prefix = project.config.uuid_table.uuid_prefix if project.config.uuid_table else "avf-phone-uuid-"
        self._end = project.config.ends_at
        self._start = project.config.project_start_date or min(_STARTED_AT, self._end - timedelta(days=_DAYS))
        self._has_messages = bool(project.plans.research_questions)
        self._remappings = project.config.timestamp_remappings
        self._keys = {r.source_key: r.pipeline_key for r in project.config.source_key_remappings}
        self._places: dict[tuple[str, str], int] = {}
        """Of each answer that counts: the place of its remapping."""
        self._talk = Talk({file.name: [] for file in files})

    def talk(self, people_count: int) -> Talk:
        for _ in range(people_count):
            person = self._person()
            self._talk.people.add(person.uid)
            self._write_messages(person)
            for file in self._files:
                if not file.is_activation and file.answers and happens(self._rng, 0.75):
                    self._write(file, person, None, self._time())
        return self._talk

    def _person(self) -> _Person:
        rng = self._rng
        uid = f"{self._prefix}{UUID(int=rng.getrandbits(128), version=4)}"
        surveys = [name for name, dataset in self._datasets.items() if dataset.is_survey]
        answers = {name: self._vocabularies[name].text(rng) for name in surveys if happens(rng, 0.8)}
        person = _Person(uid, weighted(rng, _KINDS), answers, rng.choice(_OPERATORS))
        if person.kind == "leaver" and answers and happens(rng, 0.3):
            answers[rng.choice(list(answers))] = Written(rng.choice(STOPS))
        return person

    def _write_messages(self, person: _Person) -> None:
        rng = self._rng
        files = [file for file in self._files if file.messages]
        if person.kind == "tester":
            files = [file for file in files if file.is_of_flow] or files
        if person.kind == "stranger" or not files:
            return
        for number in range(weighted(rng, _MESSAGE_COUNTS)):
            file = rng.choice(files)
            message = rng.choice(file.messages)
            is_stop = person.kind == "leaver" and number == 0
            sent = Written(rng.choice(STOPS)) if is_stop else self._message(message)
            self._write(file, person, (message, sent), self._time_of(message))
            if sent is not None and happens(rng, 0.02):
                self._talk.messages.append(self._talk.messages[-1])
                self._talk.lines[file.name].append(self._talk.lines[file.name][-1])

    def _message(self, result: Result) -> Written | None:
        """Now and then nothing: the flow asked, and nobody answered."""
        if happens(self._rng, 0.03):
            return None
        # Where times decide on shows, messages wait under a name that no dataset has.
        vocabulary = self._vocabularies.get(result.raw_field) or self._rng.choice(list(self._vocabularies.values()))
        return vocabulary.text(self._rng)

    def _write(
        self, file: RawFile, person: _Person, message: tuple[Result, Written | None] | None, sent_at: datetime
    ) -> None:
        """Writes an object, and remembers what it holds."""
        rng, values = self._rng, dict[str, Any]({self._identity_key: person.uid})
        if file.is_of_flow:
            values |= {"urn_type": "tel", OPERATOR: person.operator}
            if not self._has_messages or (message is not None and message[1] is not None):
                self._talk.operators[person.uid] = person.operator
            if person.kind == "tester":
                values[TEST_RUN] = True
                self._talk.testers.add(person.uid)
        for result in file.answers:
            written = person.answers.get(result.raw_field)
            if written is None or (message is not None and happens(rng, 0.4)):
                continue
            values |= result.values(written.text, sent_at.isoformat(), f"{rng.getrandbits(60)}")
            answer = self._said(person, result, written, sent_at, values)
            key = answer.uid, answer.raw_field
            if result.place >= self._places.get(key, 0):
                self._talk.answers[key], self._places[key] = answer, result.place
        if message is not None:
            result, sent = message
            values |= result.values(sent.text if sent else None, sent_at.isoformat(), f"{rng.getrandbits(60)}")
            if sent is not None:
                self._talk.messages.append(self._said(person, result, sent, sent_at, values))
        self._talk.lines[file.name].append(json.dumps(values, ensure_ascii=False) + "\n")

    def _said(
        self, person: _Person, result: Result, written: Written, sent_at: datetime, values: dict[str, Any]
    ) -> Said:
        dataset = self._datasets.get(result.raw_field)
        id_field = dataset.message_id_field if dataset is not None else None
        own_ids = (str(values[key]) for key, field in self._keys.items() if field == id_field and key in values)
        identity = next(own_ids, written.text) if id_field is not None else written.text
        return Said(person.uid, result.raw_field, written, identity, sent_at, tuple(result.time_keys))

    def _time_of(self, message: Result) -> datetime:
        """Now and then outside the project's dates; where times decide on the show, mostly in one of their ranges."""
        ranges = [each for each in self._remappings if each.time_key in time_keys([message])]
        if ranges and happens(self._rng, 0.7):
            return self._time_in(self._rng.choice(ranges))
        if happens(self._rng, 0.03):
            return self._start - timedelta(hours=self._rng.randrange(1, 72))
        return self._time()

    def _time_in(self, remapping: TimestampRemapping) -> datetime:
        start = remapping.range_start_inclusive or self._start
        end = remapping.range_end_exclusive or start + timedelta(days=_DAYS)
        return self._between(start, end)

    def _time(self) -> datetime:
        return self._between(self._start, min(self._end, self._start + timedelta(days=_DAYS)))

    def _between(self, start: datetime, end: datetime) -> datetime:
        seconds = max(1, int((end - start).total_seconds()))
        return (start + timedelta(seconds=self._rng.randrange(seconds))).astimezone(UTC)
