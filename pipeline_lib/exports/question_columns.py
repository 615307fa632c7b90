"""What a research question shows in the messages and individuals CSVs (semantics.md 7)."""

import polars as pl

from pipeline_lib.exports.columns import code_columns
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Dataset


def question_columns(dataset: Dataset, coded: pl.DataFrame) -> pl.DataFrame:
    """A research question's columns, and one more row: for those who sent nothing to it.

    Args:
        dataset: The research question.
        coded: `text`, and in coded fields lists of CodeIDs; the columns of a coding that is not among them are empty.
    """
    shown = [coding for coding in dataset.codings if coding.analysis_file_key is not None]
    known = [coding for coding in shown if coding.coded_field in coded.columns]
    not_available = {each.coded_field: [each.code_scheme.control(ControlCode.NOT_AVAILABLE).code_id] for each in known}
    schema = {"text": pl.String(), **{each.coded_field: pl.List(pl.String) for each in shown}}
    rows = [coded.select("text", *not_available), pl.DataFrame([{"text": None, **not_available}], schema)]
    columns = (column for coding in shown for column in code_columns(coding))
    return pl.concat(rows, how="diagonal").select(*columns, pl.col("text").alias(dataset.raw_field))
