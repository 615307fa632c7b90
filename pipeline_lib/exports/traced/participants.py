"""What each step did to a participant's survey answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline_lib.exports.traced.raw import TEXTS_CUT
from pipeline_lib.exports.traced.texts import Data, TracedTexts
from pipeline_lib.exports.traced.updates import Part, Signature
from pipeline_lib.model.coding_plan import Coding, CodingMode
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.raw_data import IDENTITY
from pipeline_lib.processing.texts import TEXT_ROW
from pipeline_lib.processing.unanswered import codes_of_unanswered
from pipeline_lib.trace.history import HIDDEN_VALUE

Row = dict[str, Any]


class TracedParticipants:
    """The updates of each participant, made on demand."""

    def __init__(self, processed: Processed, surveys: Sequence[TracedTexts], signature: Signature) -> None:
        origins = processed.origins
        self._signature = signature
        self.surveys = surveys
        fetched = origins.fetched.rename({IDENTITY: "uid"}).collect()
        self._fetched = _by_participant(fetched.to_dicts())
        self._translated = _by_participant(origins.translated.drop("is_test").collect().to_dicts())
        self._answers = _by_participant(origins.answers.drop("is_test").collect().to_dicts())
        self._text_rows = [dict(zip(t.coded.rows["uid"], t.coded.rows[TEXT_ROW], strict=True)) for t in surveys]
        self._unanswered = _unanswered(processed, surveys)
        self._number = {uid: number for number, uid in enumerate(processed.participants["uid"])}
        self._cuts: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for uid, key, byte_count in origins.cuts.select("uid", "key", "byte_count").collect().iter_rows():
            if key in fetched.columns:
                self._cuts[uid][key] = byte_count
        self._groups: list[Row] = processed.memberships.cast(pl.String).to_dicts() if processed.plans.groups else []
        self._parts: dict[str, list[Part]] = {}

    def answers(self, uid: str) -> Mapping[str, str | None]:
        """What a participant answered to surveys, by the pipeline's fields, after moves."""
        return self._answers[uid]

    def parts(self, uid: str) -> list[Part]:
        """What each step set for a participant."""
        if uid not in self._parts:
            steps = {step: data for step, data in self._data(uid).items() if data}
            self._parts[uid] = [self._signature.part(step, data) for step, data in steps.items()]
        return self._parts[uid]

    def _data(self, uid: str) -> dict[str, Data]:
        translated, answers = self._translated[uid], self._answers[uid]
        steps: dict[str, Data] = {
            "fetch": {key: value for key, value in self._fetched[uid].items() if value is not None and key != "uid"},
            "translate": {key: value for key, value in translated.items() if value is not None and key != "uid"},
            "move_wrong_scheme": {
                key: HIDDEN_VALUE if value is None else value
                for key, value in answers.items()
                if value != translated[key]
            },
        }
        if self._groups:
            steps["groups"] = self._groups[self._number[uid]]
        if uid in self._cuts:
            steps["fetch"][TEXTS_CUT] = self._cuts[uid]
        for survey, text_rows, unanswered in zip(self.surveys, self._text_rows, self._unanswered, strict=True):
            if uid in text_rows:
                for step, data in survey.data(text_rows[uid]):
                    steps.setdefault(step, {}).update(data)
            else:
                not_available = steps.setdefault("not_available", {})
                for coding, codes in unanswered:
                    code_id = codes[self._number[uid]][0]
                    label = self._signature.label("not_available", coding, code_id)
                    not_available[coding.coded_field] = [label] if coding.mode is CodingMode.MULTIPLE else label
        return steps


def _by_participant(rows: list[Row]) -> dict[str, Row]:
    return {row["uid"]: row for row in rows}


def _unanswered(processed: Processed, surveys: Sequence[TracedTexts]) -> list[list[tuple[Coding, list[list[str]]]]]:
    found = []
    for dataset in (survey.coded.dataset for survey in surveys):
        codes = processed.participants.with_columns(
            codes_of_unanswered(dataset, coding, as_predecessor=processed.as_predecessor).alias(coding.coded_field)
            for coding in dataset.codings
        )
        found.append([(coding, codes[coding.coded_field].to_list()) for coding in dataset.codings])
    return found
