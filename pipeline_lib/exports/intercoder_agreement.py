"""Agreement of two coders who have labelled the same messages of a dataset, each in a Coda file of their own.

A message counts if both have coded it: each file has a checked label for it, by the same rules as in processing. Of
several labels under one scheme the newest counts.
"""

import logging
from pathlib import Path

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.coding_plan import Coding, Dataset
from pipeline_lib.processing.intercoder_reliability import cohens_kappa, krippendorffs_alpha, percent_agreement
from pipeline_lib.processing.label_files import read_label_file
from pipeline_lib.processing.manual_codes import codes_of_messages

logger = logging.getLogger(__name__)

OVERALL = "(all codes)"
"""Stands in the column `code` for all of a coding's codes together."""

_DIGITS = 4

_COLUMNS = {
    "scheme": pl.String,
    "code": pl.String,
    "messages": pl.Int64,
    "first": pl.Int64,
    "second": pl.Int64,
    "both": pl.Int64,
    "percent": pl.Float64,
    "kappa": pl.Float64,
    "alpha": pl.Float64,
}


def agreement(dataset: Dataset, first: Path, second: Path) -> pl.DataFrame:
    """Agreement of two coders, overall and per code, for each coding of a dataset that people verify.

    Args:
        dataset: The dataset.
        first: One coder's Coda file.
        second: The other's.

    Returns:
        For each coding a row over all codes, then one per code that either has given, in scheme order: `scheme`, its
        name; `code`, its string value; `messages`, how many both have coded; `first`, `second` and `both`, how many of
        those each coder and both gave the code to (over all codes: how many each has coded, and both alike); `percent`
        agreement (0 to 100), Cohen's `kappa` and Krippendorff's `alpha`, null where undefined.

        For one code, coders agree on a message if both gave the code or neither did. Overall a message's codes count as
        one value, so that two coders agree only where all codes are the same.

    Raises:
        DataError: A file is missing, or no Coda file, or they have no message in common that both have coded.
    """
    missing = [Problem(str(path), "there is no such file") for path in (first, second) if not path.is_file()]
    if missing:
        raise DataError(*missing)
    files = [read_label_file(path) for path in (first, second)]
    for path, file in zip((first, second), files, strict=True):
        for reason, count in file.counts().items():
            logger.warning("%s: %s (%d of %d)", path.name, reason, count, file.message_count)
    codings = [coding for coding in dataset.codings if coding.requires_manual_verification]
    tables = [_of_coding(coding, *(_codes(coding, one.labels) for one in files)) for coding in codings]
    table = pl.DataFrame([row for rows in tables for row in rows], schema=_COLUMNS, orient="row")
    if not table["messages"].sum():
        wrong = f'has no message of "{dataset.name}" that is coded in {second.name} too'
        right = "give both coders the same messages, and have them check their labels"
        raise DataError(Problem(str(first), wrong, right))
    return table


def _codes(coding: Coding, labels: pl.DataFrame) -> dict[str, frozenset[str]]:
    """The codes of each message that a coder has coded."""
    found = codes_of_messages(coding, labels).select("message_id", "code_id")
    return {message_id: frozenset(codes) for message_id, codes in found.iter_rows()}


_Row = tuple[str, str, int, int, int, int, float | None, float | None, float | None]


def _of_coding(coding: Coding, first: dict[str, frozenset[str]], second: dict[str, frozenset[str]]) -> list[_Row]:
    shared = sorted(first.keys() & second.keys())
    firsts, seconds = [first[message_id] for message_id in shared], [second[message_id] for message_id in shared]
    alike = sum(one == other for one, other in zip(firsts, seconds, strict=True))
    name = coding.code_scheme.name
    rows: list[_Row] = [
        (name, OVERALL, len(shared), len(first), len(second), alike, *_measures(firsts, seconds)),
    ]
    for code in coding.code_scheme.codes:
        has_first = [code.code_id in codes for codes in firsts]
        has_second = [code.code_id in codes for codes in seconds]
        both = sum(one and other for one, other in zip(has_first, has_second, strict=True))
        if any(has_first) or any(has_second):
            counts = (len(shared), sum(has_first), sum(has_second), both)
            rows.append((name, code.string_value, *counts, *_measures(has_first, has_second)))
    return rows


def _measures(
    first: list[frozenset[str]] | list[bool], second: list[frozenset[str]] | list[bool]
) -> tuple[float | None, float | None, float | None]:
    return (
        _rounded(percent_agreement(first, second)),
        _rounded(cohens_kappa(first, second)),
        _rounded(krippendorffs_alpha(list(zip(first, second, strict=True)))),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
