"""A dataset's distinct texts: what is coded once, however often it was sent."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, Dataset
from pipeline_lib.processing.message_ids import message_ids

TEXT_ROW = "text_row"
"""Column that says which of the distinct texts a row holds: its position in `CodedDataset.texts`."""

IS_NOISE = "is_noise"
"""Column of a research question's texts, if the project filters noise: whether a text holds no answer."""


_ROW_COLUMNS = ("uid", "text", "sent_on", "sent_at", "run_id_field", "run_id")
"""What is still asked of a row once its text is known: no other column is copied with each step."""


class Step(NamedTuple):
    """A step of coding, by its name, and the texts as it left them."""

    name: str
    texts: pl.DataFrame


@dataclass(frozen=True)
class CodedDataset:
    """A dataset's rows and, apart from them, its distinct texts with their codes."""

    dataset: Dataset
    rows: pl.DataFrame
    """A row per message, or per participant who answered: `uid`, `text`, `sent_on`, `sent_at`, `run_id_field`,
    `run_id`, `text_row`."""
    texts: pl.DataFrame
    """A row per distinct text: `message_id`, `text`, the raw fields that single codings read, and per coding
    `automatic_codes(coding)` (a CodeID or null) and, once manual codes are applied, its coded field (a list)."""

    steps: tuple[Step, ...] = ()
    """What each step left, the oldest first: the difference between two is what the later one did."""
    people_in_error: pl.Series | None = None
    """The `uid` of those who have a coding error even in rows of other questions, where the last text's codes count
    (Q52)."""

    def after(self, step: str, texts: pl.DataFrame) -> "CodedDataset":
        """The same rows, their texts coded further by a step."""
        return replace(self, texts=texts, steps=(*self.steps, Step(step, texts)))

    @property
    def text_row_elsewhere(self) -> pl.Expr:
        """What a message to another question, by its `uid`, shows of this one: the row behind the texts, or NA."""
        not_available = pl.lit(self.texts.height)
        if self.people_in_error is None:
            return not_available
        is_in_error = pl.col("uid").is_in(self.people_in_error.implode())
        return pl.when(is_in_error).then(self.texts.height - 1).otherwise(not_available)

    def without_noise(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of the dataset, without those whose text is noise."""
        if IS_NOISE not in self.texts.columns:
            return rows
        return rows.filter(~self.texts[IS_NOISE].gather(rows[TEXT_ROW]))

    def codes_of_rows(self, coding: Coding) -> pl.Series:
        """The codes of each row, a list of CodeIDs."""
        return self.texts[coding.coded_field].gather(self.rows[TEXT_ROW])


def automatic_codes(coding: Coding) -> str:
    """The column of a coding's automatic code."""
    return f"automatic {coding.coded_field}"


def distinct_texts(dataset: Dataset, rows: pl.DataFrame) -> CodedDataset:
    """The rows of a dataset with their distinct texts.

    Args:
        dataset: The dataset.
        rows: Its messages or answers: `text`; `message_key` and codings' raw fields where the dataset asks for them.
    """
    own_fields = list(dict.fromkeys(coding.raw_field for coding in dataset.codings if coding.raw_field))
    key = "text" if dataset.message_id_field is None else "message_key"
    columns = list(dict.fromkeys([key, "text", *own_fields]))
    inputs = rows.select(columns)
    texts = inputs.unique(maintain_order=True).with_row_index(TEXT_ROW)
    text_rows = inputs.join(texts, on=columns, how="left", nulls_equal=True, maintain_order="left")[TEXT_ROW]
    ids = message_ids(texts[key].fill_null("")).alias("message_id")
    kept = rows.select(pl.col(column) for column in _ROW_COLUMNS if column in rows.columns)
    return CodedDataset(dataset, kept.with_columns(text_rows), texts.drop(TEXT_ROW).with_columns(ids))


def participants_with(control: ControlCode, coded: Iterable[CodedDataset]) -> pl.Series:
    """The `uid` of everybody with a text in any dataset that has a control code after all steps, each once."""
    uids = [rows for dataset in coded for rows in _rows_with(control, dataset)]
    return pl.concat([pl.Series("uid", [], dtype=pl.String), *uids]).unique(maintain_order=True)


def _rows_with(control: ControlCode, coded: CodedDataset) -> Iterable[pl.Series]:
    for coding in coded.dataset.codings:
        if coding.code_scheme.has_control(control):
            has_code = coded.texts[coding.coded_field].list.contains(coding.code_scheme.control(control).code_id)
            if has_code.any():
                yield coded.rows.filter(has_code.gather(coded.rows[TEXT_ROW]))["uid"]
