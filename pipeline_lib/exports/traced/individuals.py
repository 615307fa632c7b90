"""The history of each participant: their messages' histories, each once (Q2, dropped), and how they were folded."""

from collections.abc import Iterator, Sequence

from pipeline_lib.exports.traced.indexed_jsonl import WrittenObjects
from pipeline_lib.exports.traced.messages import TracedMessages
from pipeline_lib.exports.traced.texts import Data
from pipeline_lib.exports.traced.updates import Label
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.joined_once_per_message import repeated_answers
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

    def histories(self) -> Iterator[History]:
        """One history per participant, in the order of their first messages."""
        lines_of: dict[str, list[int]] = {}
        for line, message in enumerate(self._messages.rows):
            lines_of.setdefault(message["uid"], []).append(line)
        for uid, lines in lines_of.items():
            yield self._history(uid, lines)

    def _history(self, uid: str, lines: Sequence[int]) -> History:
        if len(lines) == 1:
            return self._written[lines[0]].history
        visible = frozenset().union(*(self._written.keys(line) for line in lines))
        if uid in self._messages.withdrawn:
            return history([self._messages.stopped(visible & self._kept).update])
        hidden = dict.fromkeys(visible - self._kept, HIDDEN_VALUE)
        fold = self._messages.signature.part("fold", self._folded(lines) | hidden).update
        nested = {f"message {n:05}": self._written[line].history for n, line in enumerate(lines, start=1)}
        return history([fold._replace(data="{}", nested=nested), fold])

    def _folded(self, lines: Sequence[int]) -> Data:
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
                    data[coding.coded_field] = self._united(labels, coding)
        if self._repeats_answers:
            answers = self._messages.participants.answers(self._messages.rows[lines[0]]["uid"])
            data |= repeated_answers(answers, self._surveys, len(lines))
        return data

    def _united(self, labels: Sequence[Label], coding: Coding) -> Label | list[Label]:
        """Each code's first label; NA and then NC go where there is another (as `processing.fold`)."""
        if not labels:
            return self._messages.not_available(coding)
        first = {label.code_id: label for label in reversed(labels)}
        ordered = {label.code_id: first[label.code_id] for label in labels}
        for control in (ControlCode.NOT_AVAILABLE, ControlCode.NOT_CODED):
            if coding.code_scheme.has_control(control) and len(ordered) > 1:
                ordered.pop(coding.code_scheme.control(control).code_id, None)
        kept = list(ordered.values())
        return kept if coding.mode is CodingMode.MULTIPLE else kept[0]


def _kept_fields(processed: Processed) -> set[str]:
    """The fields of individuals; whatever else a message has is hidden when it is folded."""
    kept = {"uid", "consent_withdrawn"}
    for dataset in processed.plans.datasets:
        kept.add(dataset.raw_field)
        kept |= {coding.coded_field for coding in dataset.codings if coding.include_in_individuals_file}
    return kept
