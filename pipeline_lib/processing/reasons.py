"""Reasons beside a yes or no: two codings of one text, of which coders often fill in one only (semantics.md 13)."""

from collections.abc import Mapping

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode, Dataset
from pipeline_lib.processing.texts import CodedDataset


def synchronise_reasons(coded: CodedDataset) -> CodedDataset:
    """The dataset with reasons for every text whose yes or no is coded: NC, or the control code of the yes or no (Q33).

    A coder who gives a yes and no reason has seen the text and found no reason in it. The reverse stays as it is: a
    reason without a yes or no waits for a coder (NR), who alone can say what it is a reason for.
    """
    columns = [_reasons(*pair) for pair in reasons_and_questions(coded.dataset)]
    return coded.after("synchronise_reasons", coded.texts.with_columns(columns)) if columns else coded


def reasons_and_questions(dataset: Dataset) -> list[tuple[Coding, Coding]]:
    """Each coding of reasons that follow from a yes or no where nobody gave any, with the coding of that."""
    questions = [coding for coding in dataset.codings if coding.ambivalent_code is not None]
    if not questions or not dataset.synchronises_control_codes:
        return []
    return [(coding, questions[0]) for coding in dataset.codings if coding.mode is CodingMode.MULTIPLE]


def _reasons(reasons: Coding, question: Coding) -> pl.Expr:
    not_reviewed = reasons.code_scheme.control(ControlCode.NOT_REVIEWED).code_id
    codes, answer = pl.col(reasons.coded_field), pl.col(question.coded_field).list.first()
    are_waiting = (codes.list.len() == 1) & (codes.list.first() == not_reviewed)
    instead = answer.replace_strict(_instead(reasons.code_scheme, question.code_scheme), return_dtype=pl.String)
    return pl.when(are_waiting).then(pl.concat_list(instead)).otherwise(codes).alias(reasons.coded_field)


def _instead(reasons: CodeScheme, question: CodeScheme) -> Mapping[str, str]:
    """The code of reasons that nobody gave, by the code of the yes or no; NC where their scheme lacks its code."""
    controls = {code.control_code: code.code_id for code in reasons.codes if code.control_code is not None}
    not_coded = reasons.control(ControlCode.NOT_CODED).code_id
    return {code.code_id: controls.get(code.control_code or "", not_coded) for code in question.codes}
