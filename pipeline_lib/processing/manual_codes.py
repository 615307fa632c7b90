"""Codes that people gave in Coda, per distinct text (semantics.md 6)."""

import polars as pl

from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode, Dataset
from pipeline_lib.processing.texts import automatic_codes

CORRECT_DATASET = "correct_dataset"
"""Column of the dataset that a coder says a text in the wrong scheme belongs to: a CodeID."""


def apply_manual_codes(
    texts: pl.DataFrame, dataset: Dataset, labels: pl.DataFrame, ws_scheme: CodeScheme | None
) -> pl.DataFrame:
    """Texts with a list of CodeIDs per coding, and `correct_dataset` where there is a wrong-scheme scheme.

    A text without a checked label is not reviewed (NR), whatever its cleaner said; an empty text has the code that the
    dataset gives to such, mostly NC.

    Args:
        texts: The dataset's distinct texts: `message_id`, `text` and the automatic codes.
        dataset: The dataset.
        labels: Its labels, as `read_labels` gives them.
        ws_scheme: The scheme whose codes name datasets.
    """
    for coding in dataset.codings:
        texts = _with_codes(texts, coding, dataset.code_of_empty, labels)
    if ws_scheme is None:
        return texts
    not_reviewed = ws_scheme.control(ControlCode.NOT_REVIEWED).code_id
    correct = newest_checked_codes(labels, ws_scheme).rename({"code_id": CORRECT_DATASET})
    texts = texts.join(correct, on="message_id", how="left", maintain_order="left")
    return texts.with_columns(pl.col(CORRECT_DATASET).fill_null(not_reviewed))


def _with_codes(texts: pl.DataFrame, coding: Coding, of_empty: ControlCode, labels: pl.DataFrame) -> pl.DataFrame:
    if not coding.requires_manual_verification:
        return texts.with_columns(_codes_of_cleaner(coding))
    scheme = coding.code_scheme
    found = codes_of_messages(coding, labels).rename({"code_id": coding.coded_field})
    texts = texts.join(found, on="message_id", how="left", maintain_order="left")
    is_empty = pl.col(coding.raw_field or "text") == ""
    codes = pl.when(is_empty).then(_only(scheme, of_empty)).otherwise(coding.coded_field)
    return texts.with_columns(codes.fill_null(_only(scheme, ControlCode.NOT_REVIEWED)).alias(coding.coded_field))


def codes_of_messages(coding: Coding, labels: pl.DataFrame) -> pl.DataFrame:
    """`message_id` and its list of CodeIDs, in `code_id`, of each message that people have coded."""
    if coding.mode is CodingMode.SINGLE:
        return newest_checked_codes(labels, coding.code_scheme).with_columns(pl.concat_list("code_id"))
    return _all_codes_if_any_is_checked(labels, coding.code_scheme)


def _only(scheme: CodeScheme, control: ControlCode) -> pl.Expr:
    return pl.lit([scheme.control(control).code_id], dtype=pl.List(pl.String))


def _codes_of_cleaner(coding: Coding) -> pl.Expr:
    """The cleaner's code, else the first of NC, NR and NA that the scheme has; NA where there is no value.

    Without a cleaner nothing is coded here, so the text is not reviewed (NR); an imputation may say more.
    """
    scheme = coding.code_scheme
    wanted = (ControlCode.NOT_CODED, ControlCode.NOT_REVIEWED) if coding.cleaner else (ControlCode.NOT_REVIEWED,)
    unsaid = next((control for control in wanted if scheme.has_control(control)), ControlCode.NOT_AVAILABLE)
    automatic = pl.col(automatic_codes(coding)) if coding.cleaner else pl.lit(None, pl.String)
    codes = pl.when(automatic.is_not_null()).then(pl.concat_list(automatic)).otherwise(_only(scheme, unsaid))
    if coding.raw_field is not None:
        codes = (
            pl.when(pl.col(coding.raw_field).is_null()).then(_only(scheme, ControlCode.NOT_AVAILABLE)).otherwise(codes)
        )
    return codes.alias(coding.coded_field)


def _belonging(labels: pl.DataFrame, scheme: CodeScheme) -> pl.DataFrame:
    """A scheme's labels and its duplicates', which hold further codes; their ids are the scheme's with a suffix."""
    return labels.filter(pl.col("scheme_id").str.starts_with(scheme.scheme_id))


def newest_checked_codes(labels: pl.DataFrame, scheme: CodeScheme) -> pl.DataFrame:
    """`message_id` and `code_id` of each message whose newest label of the scheme is checked and gives a code (Q13)."""
    newest = _belonging(labels, scheme).unique("message_id", keep="first", maintain_order=True)
    return newest.filter("is_checked", pl.col("code_id") != MANUALLY_UNCODED).select("message_id", "code_id")


def _all_codes_if_any_is_checked(labels: pl.DataFrame, scheme: CodeScheme) -> pl.DataFrame:
    """`message_id` and its list of codes: the newest of each duplicate of the scheme, if any of them is checked.

    Unchecked codes beside a checked one stay in (Q14). Codes are in the order in which coders first used each
    duplicate.
    """
    newest = (
        _belonging(labels, scheme)
        .group_by("message_id", "scheme_id", maintain_order=True)
        .agg(pl.col("code_id", "is_checked").first(), pl.col("position").last().alias("first_used"))
        .filter(pl.col("code_id") != MANUALLY_UNCODED)
        .sort("first_used", descending=True, maintain_order=True)
    )
    by_message = newest.group_by("message_id", maintain_order=True).agg(
        pl.col("code_id").unique(maintain_order=True), pl.col("is_checked").any()
    )
    return by_message.filter("is_checked").select("message_id", "code_id")
