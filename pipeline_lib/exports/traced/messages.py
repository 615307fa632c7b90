"""The history of each message: what was fetched, and what every step made of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline_lib.exports.traced.indexed_jsonl import TracedObject
from pipeline_lib.exports.traced.participants import TracedParticipants
from pipeline_lib.exports.traced.raw import RawObjects
from pipeline_lib.exports.traced.texts import Data, TracedTexts
from pipeline_lib.exports.traced.updates import Label, Part, Signature, in_order, order_of
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode, Dataset
from pipeline_lib.processing.derived_codes import codes_of
from pipeline_lib.processing.own_texts import own_text
from pipeline_lib.trace.history import HIDDEN_VALUE, History, history

Message = dict[str, Any]
"""A row of `Processed.messages`, and whether its sender `is_withdrawn`."""


class TracedMessages:
    """The updates of each message that has a row."""

    def __init__(
        self,
        rows: pl.DataFrame,
        questions: Sequence[TracedTexts],
        participants: TracedParticipants,
        raw_objects: Sequence[RawObjects],
        signature: Signature,
    ) -> None:
        self.rows: list[Message] = rows.to_dicts()
        self.questions: Mapping[str, TracedTexts] = {question.raw_field: question for question in questions}
        self._datasets = dict(self.questions) | {survey.raw_field: survey for survey in participants.surveys}
        self.withdrawn = set(rows.filter("is_withdrawn")["uid"])
        self.signature = signature
        self.participants = participants
        self._raw_objects = raw_objects
        surveys = (survey.coded.dataset for survey in participants.surveys)
        self._told = [survey for survey in surveys if own_text(survey) in rows.columns]
        self._elsewhere = {field: self._not_available_but(field) for field in self.questions}
        self._consent = signature.part("consent", {"consent_withdrawn": "false"})

    def objects(self) -> Iterator[TracedObject]:
        """Each message, in the order of messages.csv; a withdrawn participant's has STOP in every field."""
        for message in self.rows:
            parts = self._all_parts(message)
            keys = visible_keys(parts)
            if message["uid"] in self.withdrawn:
                parts = [self.stopped(keys)]
            yield TracedObject(history(part.update for part in parts), keys)

    def auto_coded_histories(self) -> Iterator[History]:
        """One history per row of production.csv, in its order, up to the automatic codes."""
        for message in self.rows:
            parts = self._all_parts(message)
            yield history(part.update for part in parts if part.order <= order_of("auto_code"))

    def _all_parts(self, message: Message) -> list[Part]:
        if message["dataset"] is None:  # a participant of surveys only, who sent no message
            begun = self.signature.part("translate", {"uid": message["uid"]})
            return in_order([*self.participants.parts(message["uid"]), begun, self._consent])
        question = self.questions[message["dataset"]]
        raw = [] if message["file"] is None else self._raw_objects[message["file"]].parts(message["file_row"])
        made = [
            *self.participants.parts(message["uid"]),
            *self._translated(message, question),
            *question.parts(message["text_row"]),
            *self._elsewhere[message["dataset"]],
            *self._derived(message),
            self._consent,
        ]
        return [*raw, *in_order(made)]

    def _derived(self, message: Message) -> list[Part]:
        """What is derived from the message itself, in place of what its participant's messages say together."""
        data: Data = {}
        for dataset in self._told:
            text = message[own_text(dataset)]
            data |= {dataset.raw_field: text} | self.derived_labels(text, dataset)
        return [self.signature.part("derive_codes", data)] if data else []

    def derived_labels(self, text: str | None, dataset: Dataset) -> Data:
        """The labels of a text that is derived, by coded field."""
        labels: Data = {}
        for coding in dataset.codings:
            given = [
                self.signature.label("derive_codes", coding, code_id, checked=True)
                for code_id in codes_of(text, dataset, coding)
            ]
            labels[coding.coded_field] = given if coding.mode is CodingMode.MULTIPLE else given[0]
        return labels

    def stopped(self, keys: Iterable[str]) -> Part:
        """The history shown for somebody who withdrew: STOP in every field, and nothing earlier."""
        return self.signature.part("consent", dict.fromkeys(sorted(keys), "STOP") | {"consent_withdrawn": "true"})

    def _translated(self, message: Message, question: TracedTexts) -> list[Part]:
        text, time_field, origin = (
            question.text(message["text_row"]),
            question.coded.dataset.time_field,
            message["moved_from"],
        )
        there = {question.raw_field: text, time_field: message["sent_on"]}
        if origin is None:
            return [self.signature.part("translate", {"uid": message["uid"], **there})]
        before = {"uid": message["uid"]}
        if origin in self.questions:
            before |= {origin: text, time_field: message["sent_on"]}
        moved_by = self._datasets[origin].moving_label(text)
        why = {f"{origin}_WS_correct_dataset": moved_by} if moved_by else {}
        gone = {origin: HIDDEN_VALUE} if origin in self.questions and origin != question.raw_field else {}
        return [self.signature.part("translate", before), self.signature.part("move_wrong_scheme", gone | there | why)]

    def _not_available_but(self, raw_field: str) -> list[Part]:
        data: Data = {}
        for field, question in self.questions.items():
            for coding in question.coded.dataset.codings:
                if field != raw_field:
                    data[coding.coded_field] = self.not_available(coding)
        return [self.signature.part("not_available", data)] if data else []

    def not_available(self, coding: Coding) -> Label | list[Label]:
        """The label for a question to which somebody sent nothing: alone or in a list, as its coding has it."""
        code_id = coding.code_scheme.control(ControlCode.NOT_AVAILABLE).code_id
        label = self.signature.label("not_available", coding, code_id)
        return [label] if coding.mode is CodingMode.MULTIPLE else label


def visible_keys(parts: Sequence[Part]) -> frozenset[str]:
    """The keys that an object shows after its updates."""
    keys: set[str] = set()
    for part in parts:
        keys.update(part.keys)
        keys.difference_update(part.hidden)
    return frozenset(keys)
