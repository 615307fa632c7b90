"""What the steps of coding did to a dataset's distinct texts."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pipeline_lib.exports.traced.updates import Label, Part, Signature, Value, label_of
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode
from pipeline_lib.processing.manual_codes import CORRECT_DATASET
from pipeline_lib.processing.message_ids import message_id_of
from pipeline_lib.processing.texts import CodedDataset, automatic_codes

LabelsById = Mapping[str, Sequence[dict[str, Any]]]
"""A dataset's labels by message id, newest first, as Coda has them."""

Data = dict[str, Value]


class TracedTexts:
    """The updates of each distinct text, made on demand."""

    def __init__(
        self, coded: CodedDataset, labels: LabelsById, ws_scheme: CodeScheme | None, signature: Signature
    ) -> None:
        self.coded = coded
        self._labels = labels
        self._ws_scheme = ws_scheme
        self._signature = signature
        self._message_ids = coded.texts["message_id"].to_list()
        self._texts: list[str] = coded.texts["text"].to_list()
        self._data: dict[int, list[tuple[str, Data]]] = {}
        self._parts: dict[int, list[Part]] = {}

    def text(self, text_row: int) -> str:
        """A text."""
        return self._texts[text_row]

    @property
    def raw_field(self) -> str:
        """The dataset's raw field."""
        return self.coded.dataset.raw_field

    def parts(self, text_row: int) -> list[Part]:
        """What each step set for a text."""
        if text_row not in self._parts:
            self._parts[text_row] = [self._signature.part(step, data) for step, data in self.data(text_row) if data]
        return self._parts[text_row]

    def data(self, text_row: int) -> list[tuple[str, Data]]:
        """What each step set for a text, by step: labels by coded field, and how Coda knows the text."""
        if text_row not in self._data:
            steps = enumerate(self.coded.steps)
            self._data[text_row] = [(step, self._set_by(number, step, text_row)) for number, (step, _) in steps]
        return self._data[text_row]

    def final_labels(self, text_row: int, coding: Coding) -> list[Label]:
        """The labels that a text has after all steps."""
        field = coding.coded_field
        newest = next(data[field] for _, data in reversed(self.data(text_row)) if field in data)
        return newest if isinstance(newest, list) else [newest]

    def moving_label(self, text: str) -> Label | None:
        """The coder's label that said where a text of this dataset belongs."""
        for label in self._labels.get(message_id_of(text), ()):
            if self._ws_scheme is not None and label["SchemeID"].startswith(self._ws_scheme.scheme_id):
                return label_of(label)
        return None

    def _set_by(self, number: int, step: str, text_row: int) -> Data:
        if step == "auto_code":
            return self._suggested(text_row)
        data: Data = {}
        for coding in self.coded.dataset.codings:
            before = self._columns[number - 1].get(coding.coded_field)
            after = self._columns[number].get(coding.coded_field)
            if after is not None and (before is None or before[text_row] != after[text_row]):
                labels = [self._label(step, coding, code_id, text_row) for code_id in after[text_row]]
                data[coding.coded_field] = labels if coding.mode is CodingMode.MULTIPLE else labels[0]
        before, after = self._columns[number - 1].get(CORRECT_DATASET), self._columns[number].get(CORRECT_DATASET)
        if after is not None and (before is None or before[text_row] != after[text_row]):
            data[f"{self.raw_field}_{CORRECT_DATASET}"] = after[text_row]
        return data

    def _suggested(self, text_row: int) -> Data:
        data: Data = {f"{self.raw_field}_id": self._message_ids[text_row]}
        for coding in self.coded.dataset.codings:
            suggested = self._columns[0].get(automatic_codes(coding))
            if suggested is not None and suggested[text_row] is not None:
                step = f"auto_code {coding.cleaner}"
                data[coding.coded_field] = self._signature.label(step, coding, suggested[text_row])
        return data

    def _label(self, step: str, coding: Coding, code_id: str, text_row: int) -> Label:
        """The coder's own label, if it was a coder who gave the code; else one of the step's."""
        if step != "manual_codes":
            return self._signature.label(step, coding, code_id, checked=True)
        if not coding.requires_manual_verification:
            return self._signature.label(f"auto_code {coding.cleaner}", coding, code_id, checked=True)
        scheme_id = coding.code_scheme.scheme_id
        for label in self._labels.get(self._message_ids[text_row], ()):
            if label["CodeID"] == code_id and label["SchemeID"].startswith(scheme_id):
                return label_of(label | ({"SchemeID": scheme_id} if coding.mode is CodingMode.MULTIPLE else {}))
        return self._signature.label("manual_codes", coding, code_id)

    @cached_property
    def _columns(self) -> list[dict[str, list[Any]]]:
        wanted = {CORRECT_DATASET}
        for coding in self.coded.dataset.codings:
            wanted |= {coding.coded_field, automatic_codes(coding)}
        return [
            {name: texts[name].to_list() for name in texts.columns if name in wanted} for _, texts in self.coded.steps
        ]
