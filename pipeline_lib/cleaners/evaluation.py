"""How often a cleaner is right, measured on answers that a person has labelled: precision and recall."""

from pathlib import Path

import polars as pl

from pipeline_lib.cleaners.registry import CLEANERS, clean
from pipeline_lib.errors import DataError, Problem, did_you_mean
from pipeline_lib.input_files import read_data

COLUMNS = ("cleaner", "language", "text", "label", "kind")
"""Columns of a file of labelled answers: the cleaner, the answer's language, the answer, the match value that a careful
person gives it (empty: none), and what makes it hard."""


def read_labelled_answers(path: Path) -> pl.DataFrame:
    """The answers of a CSV file, all columns of `COLUMNS` as texts; an empty label is null.

    Raises:
        DataError: It is no such CSV, or names unknown cleaners, which the error lists.
    """
    content = read_data(path)
    try:
        answers = pl.read_csv(content, columns=list(COLUMNS), infer_schema=False, empty_string_is_null=False)
    except (pl.exceptions.PolarsError, UnicodeError, OSError):  # the last, of gzip without its end
        right = f"the first line names the columns {', '.join(COLUMNS)}"
        raise DataError(Problem(str(path), "is no CSV file of labelled answers", right)) from None
    unknown = sorted(set(answers["cleaner"]) - CLEANERS.keys())
    if unknown:
        hints = {name: did_you_mean(name, CLEANERS) for name in unknown}
        raise DataError(*(Problem(f'{path}: cleaner "{name}"', "there is none", hints[name]) for name in unknown))
    return answers.with_columns(label=pl.when(pl.col("label") != "").then("label"))


def with_codes(answers: pl.DataFrame) -> pl.DataFrame:
    """The answers with `code`: the match value that their cleaner gives, or null; in the same order."""
    coded = (
        group.with_columns(code=clean(name, group["text"]))
        for (name,), group in answers.with_row_index("row").group_by("cleaner")
    )
    empty = answers.clear().with_row_index("row").with_columns(code=pl.lit(None, pl.String))
    return pl.concat([empty, *coded]).sort("row").drop("row")


def precision_and_recall(coded: pl.DataFrame) -> pl.DataFrame:
    """How the codes agree with the labels; for answers of `with_codes`.

    Returns:
        One row per (cleaner, language), sorted, then one per cleaner over all its languages (`language`: all). Numbers
        of answers, of those that have a label, of those that got a code, and of those whose code is the label;
        `precision`: share (0 to 1) of the codes that are the label; `recall`: share of the labels that were given. Null
        where there is no code, or no label.
    """
    of_all = coded.with_columns(language=pl.lit("all"))
    counts = (
        pl.concat([coded, of_all])
        .group_by("cleaner", "language")
        .agg(
            answers=pl.len(),
            labels=pl.col("label").count(),
            codes=pl.col("code").count(),
            correct=(pl.col("code") == pl.col("label")).sum(),
        )
    )
    return counts.with_columns(precision=_share(pl.col("codes")), recall=_share(pl.col("labels"))).sort(
        "cleaner", pl.col("language") == "all", "language"
    )


def _share(of: pl.Expr) -> pl.Expr:
    return pl.when(of > 0).then(pl.col("correct") / of)
