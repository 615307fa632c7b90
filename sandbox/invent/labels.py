"""What coders made of it: labels of every kind, and where a text labelled as wrong scheme belongs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode, CodingPlans, Dataset
from pipeline_lib.processing.message_ids import message_id_of
from sandbox.dice import happens, weighted
from sandbox.invent.people import Said
from sandbox.invent.vocabulary import STOPS

_OUTCOMES = {
    "coded": 70,
    "waiting": 12,
    "wrong scheme": 6,
    "not coded": 5,
    "unchecked": 3,
    "corrected": 3,
    "coding error": 1,
}
_CODED_AT = datetime(2026, 6, 1, 9, tzinfo=UTC)

Label = dict[str, Any]
CodaMessage = dict[str, Any]


@dataclass
class Coded:
    """Labels of one dataset."""

    messages: list[CodaMessage]
    """As Coda has them."""
    targets: dict[str, str | None]
    """Where labels send texts, by what identifies those: a raw field, or None for a dataset that no plan has."""
    stops: set[str]
    """What identifies the texts that are labelled STOP."""


def coded(dataset: Dataset, plans: CodingPlans, said: Iterable[Said], rng: Random) -> Coded:
    """Labels of a dataset's messages or answers, each distinct one once."""
    distinct: dict[str, Said] = {}
    for each in said:
        if each.identity:
            distinct.setdefault(each.identity, each)
    result = Coded([], {}, set())
    coder = _Coder(dataset, plans, rng)
    for number, (identity, each) in enumerate(distinct.items()):
        labels = coder.labels(each, result)
        result.messages.append(
            {
                "MessageID": message_id_of(identity),
                "SequenceNumber": number,
                "Text": each.written.text,
                "CreationDateTimeUTC": each.sent_at.isoformat(),
                "Labels": labels,
            }
        )
    return result


class _Coder:
    def __init__(self, dataset: Dataset, plans: CodingPlans, rng: Random) -> None:
        self._dataset, self._rng = dataset, rng
        self._ws_scheme = plans.ws_correct_dataset_scheme
        targets = plans.datasets_by_ws_code
        self._elsewhere = {code: target for code, target in targets.items() if target != dataset.raw_field}

    def labels(self, said: Said, result: Coded) -> list[Label]:
        """Labels of one message, newest first."""
        if said.written.text in STOPS:
            return self._stopped(said.identity, result)
        labels: list[Label] = []
        match weighted(self._rng, _OUTCOMES):
            case "coded":
                labels = self._meant(said)
            case "wrong scheme":
                labels = self._wrong_scheme(said.identity, result)
            case "not coded":
                labels = self._of_control(ControlCode.NOT_CODED)
            case "unchecked":
                labels = [label | {"Checked": False} for label in self._meant(said)]
            case "corrected":
                labels = self._meant(said, hours=24) + self._of_control(ControlCode.NOT_CODED)
            case "coding error":
                labels = self._of_control(ControlCode.WRONG_SCHEME)
        return labels

    def _stopped(self, identity: str, result: Coded) -> list[Label]:
        labels = self._of_control(ControlCode.STOP) if happens(self._rng, 0.6) else []
        if labels:
            result.stops.add(identity)
        return labels

    def _wrong_scheme(self, identity: str, result: Coded) -> list[Label]:
        """Every scheme says WS, and the wrong-scheme scheme where it belongs."""
        labels = self._of_control(ControlCode.WRONG_SCHEME, every=True)
        if not labels or self._ws_scheme is None or not self._elsewhere:
            return labels
        code_id = self._rng.choice(list(self._elsewhere))
        result.targets[identity] = self._elsewhere[code_id]
        return [_label(self._ws_scheme.scheme_id, code_id), *labels]

    def _of_control(self, control: ControlCode, *, every: bool = False) -> list[Label]:
        having = [c.code_scheme for c in self._dataset.codings if c.code_scheme.has_control(control)]
        return [_control(scheme, control) for scheme in (having if every else having[:1])]

    def _meant(self, said: Said, hours: int = 0) -> list[Label]:
        """What the text says, as most coders see it. Of codings that follow from one another only one is labelled."""
        codings = list(enumerate(self._dataset.codings))
        if self._dataset.imputation is not None:
            codings = [codings[said.written.coding % len(codings)]]
        return [label for number, coding in codings for label in self._codes(number, coding, said, hours)]

    def _codes(self, number: int, coding: Coding, said: Said, hours: int) -> list[Label]:
        normal = [code.code_id for code in coding.code_scheme.codes if code.is_normal]
        chosen = [self._rng.choice(normal)] if normal else []
        # A message that its time has brought here may say a code of another dataset.
        if said.written.coding == number and said.written.code_id in normal and happens(self._rng, 0.85):
            chosen = [said.written.code_id]
        if normal and coding.mode is CodingMode.MULTIPLE and happens(self._rng, 0.2):
            chosen.append(self._rng.choice(normal))
        scheme_id = coding.code_scheme.scheme_id
        columns = [scheme_id if column == 0 else f"{scheme_id}-{column + 1}" for column in range(len(chosen))]
        return [_label(column, code, hours) for column, code in zip(columns, dict.fromkeys(chosen), strict=False)]


def _control(scheme: CodeScheme, control: ControlCode) -> Label:
    return _label(scheme.scheme_id, scheme.control(control).code_id)


def _label(scheme_id: str, code_id: str, hours: int = 0) -> Label:
    return {
        "SchemeID": scheme_id,
        "CodeID": code_id,
        "DateTimeUTC": (_CODED_AT + timedelta(hours=hours)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "Checked": True,
        "Confidence": 1,
        "Origin": {"OriginID": "coder@example.com", "Name": "coder@example.com", "OriginType": "Manual"},
    }
