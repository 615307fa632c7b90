"""The codes of datasets that nobody is asked about, per distinct text."""

from collections.abc import Iterator, Sequence

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import SEVERAL, Coding, CodingMode, Dataset, DerivedFrom
from pipeline_lib.model.mobile_operators import operator_names, operator_of
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.derived_answers import SEPARATOR
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset


def with_derived_codes(texts: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Distinct texts of a derived dataset with their codes: NC where no code of the scheme stands for what they say."""
    return texts.with_columns(
        pl.Series(
            coding.coded_field,
            [codes_of(text, dataset, coding) for text in texts["text"]],
            dtype=pl.List(pl.String),
        )
        for coding in dataset.codings
    )


def codes_of(text: str | None, dataset: Dataset, coding: Coding) -> list[str]:
    """The ids of a text's codes: NC where no code stands for it, NA where there is none."""
    if text is None:
        return [coding.code_scheme.control(ControlCode.NOT_AVAILABLE).code_id]
    return _found(text, dataset, coding) or [_uncoded(coding.code_scheme)]


def counts_of_uncoded(coded: Sequence[CodedDataset]) -> Iterator[StepCount]:
    """How many participants' operators or sources no code stands for, by their names where they have one."""
    for each in coded:
        if each.dataset.derived_from is not None:
            yield from _uncoded_answers(each)


def _uncoded_answers(coded: CodedDataset) -> Iterator[StepCount]:
    dataset = coded.dataset
    kinds = [
        None if _found(text, dataset, dataset.codings[0]) else _shown(text, dataset) for text in coded.texts["text"]
    ]
    of_rows = pl.Series("kind", kinds, dtype=pl.String).gather(coded.rows[TEXT_ROW])
    counted = of_rows.drop_nulls().value_counts().sort("kind")
    for kind, count in counted.iter_rows():
        yield StepCount(
            step="derive_codes", measure="answers_without_a_code", kind=kind, dataset=dataset.name, count=count
        )


def _shown(text: str, dataset: Dataset) -> str:
    """What a count calls a text; what raw data says of an operator may be anything, even a whole number."""
    if dataset.derived_from is DerivedFrom.SOURCE:
        return text
    name = operator_of(text)
    return name if name in operator_names() or name.isalpha() else "unknown"


def _found(text: str, dataset: Dataset, coding: Coding) -> list[str]:
    """The ids of the codes that stand for a text: one in a single coding; none where any is missing."""
    names = [operator_of(text)] if dataset.derived_from is DerivedFrom.OPERATOR else text.split(SEPARATOR)
    if len(names) > 1 and coding.mode is CodingMode.SINGLE:
        either = SEVERAL if len(names) == len(SEVERAL) else SEVERAL[1:]
        return [code for name in either if (code := code_named(name, coding.code_scheme)) is not None][:1]
    codes = [code for name in names if (code := code_named(name, coding.code_scheme)) is not None]
    return codes if len(codes) == len(names) else []


def code_named(name: str, scheme: CodeScheme) -> str | None:
    """The id of the normal code with this match value, whatever its capitals."""
    for value, code in scheme.by_match_value.items():
        if value.casefold() == name.casefold() and code.is_normal:
            return code.code_id
    return None


def _uncoded(scheme: CodeScheme) -> str:
    """NC, or NA in a scheme without."""
    control = ControlCode.NOT_CODED if scheme.has_control(ControlCode.NOT_CODED) else ControlCode.NOT_AVAILABLE
    return scheme.control(control).code_id
