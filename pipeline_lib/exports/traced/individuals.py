"""The history of each participant: their messages' histories, each once (Q2, dropped), and how they were folded."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from pipeline_lib.exports.traced.indexed_jsonl import WrittenObjects
from pipeline_lib.exports.traced.messages import TracedMessages
from pipeline_lib.exports.traced.texts import Data
from pipeline_lib.exports.traced.updates import Label
from pipeline_lib.model.coding_plan import Coding, CodingMode, FoldStyle
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.fold import folded_codings
from pipeline_lib.processing.joined_once_per_message import repeated_answers
from pipeline_lib.processing.own_texts import told_of_messages
from pipeline_lib.processing.processed import Processed
from pipeline_lib.trace.history import HIDDEN_VALUE, History, history


class TracedIndividuals:
    """The histories of participants."""

    def __init__(self, processed: Processed, messages: TracedMessages, written: WrittenObjects) -> None:
        self._messages = messages
        self._written = written
        self._kept = _kept_fields(processed)
        self._repeats_answers = Quirk.SURVEY_TEXTS_ARE_JOINED_ONCE_PER_MESSAGE in processed.quirks
        self._surveys = processed.plans.surveys
        self._codes = _folded_codes(processed)
        told = {dataset.raw_field for dataset in told_of_messages(processed.plans)}
        self._told = [
            (survey.dataset, dict(survey.rows.select("uid", "text").iter_rows()))
            for survey in processed.surveys
            if survey.dataset.raw_field in told
        ]
        self._keeps_only_messages = processed.plans.fold_style is FoldStyle.LABELS

    def histories(self) -> Iterator[History]:
        """One history per participant, in the order of their first messages."""
        lines_of: dict[str, list[int]] = {}
        for line, message in enumerate(self._messages.rows):
            lines_of.setdefault(message["uid"], []).append(line)
        for uid, lines in lines_of.items():
            yield self._history(uid, lines)

    def _history(self, uid: str, lines: Sequence[int]) -> History:
        if len(lines) == 1 and self._keeps_only_messages:
            return self._written[lines[0]].history
        visible = frozenset().union(*(self._written.keys(line) for line in lines))
        if uid in self._messages.withdrawn:
            return history([self._messages.stopped(visible & self._kept).update])
        hidden = dict.fromkeys(visible - self._kept, HIDDEN_VALUE)
        fold = self._messages.signature.part("fold", self._folded(uid, lines) | hidden).update
        nested = {f"message {n:05}": self._written[line].history for n, line in enumerate(lines, start=1)}
        return history([fold._replace(data="{}", nested=nested), fold])

    def _folded(self, uid: str, lines: Sequence[int]) -> Data:
        """The fields of research questions, whose texts are joined and whose codes united."""
        messages = [self._messages.rows[line] for line in lines]
        data: Data = {}
        for raw_field, question in self._messages.questions.items():
            own = [message["text_row"] for message in messages if message["dataset"] == raw_field]
            if own:
                data[raw_field] = ";".join(question.text(text_row) for text_row in own)
            for coding in question.coded.dataset.codings:
                if coding.include_in_individuals_file:
                    labels = [label for text_row in own for label in question.final_labels(text_row, coding)]
                    codes = self._codes[coding.coded_field].get(uid)
                    data[coding.coded_field] = self._united(labels, codes, coding)
        for dataset, texts in self._told:
            if uid in texts:
                data |= {dataset.raw_field: texts[uid]} | self._messages.derived_labels(texts[uid], dataset)
        if self._repeats_answers:
            data |= repeated_answers(self._messages.participants.answers(uid), self._surveys, len(lines))
        return data

    def _united(self, labels: Sequence[Label], codes: Sequence[str] | None, coding: Coding) -> Label | list[Label]:
        """The first label of each code that is left; one that no message has is of the fold."""
        if codes is None:
            return self._messages.not_available(coding)
        first = {label.code_id: label for label in reversed(labels)}
        signature = self._messages.signature
        kept = [first.get(code_id) or signature.label("fold", coding, code_id) for code_id in codes]
        return kept if coding.mode is CodingMode.MULTIPLE else kept[0]


def _folded_codes(processed: Processed) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """What each participant's codes fold to, by coded field and participant."""
    counts = processed.messages_with_rows().group_by("uid").agg(message_count=pl.len())
    codes: dict[str, Mapping[str, Sequence[str]]] = {}
    for question in processed.questions_in_order():
        folded = processed.folded(question, counts)
        for coding in folded_codings(question):
            codes[coding.coded_field] = dict(folded.select("uid", coding.coded_field).iter_rows())
    return codes


def _kept_fields(processed: Processed) -> set[str]:
    """The fields of individuals; whatever else a message has is hidden when it is folded."""
    kept = {"uid", "consent_withdrawn", *(group.column for group in processed.plans.groups)}
    for dataset in processed.plans.datasets:
        kept.add(dataset.raw_field)
        kept |= {coding.coded_field for coding in dataset.codings if coding.include_in_individuals_file}
    return kept
