"""Q52: coding errors are found before answers move, and belong to people rather than to texts.

Each message of a participant is a copy of the last run (Q51), with what had been found of it. So an error in the text
of the last run, or in a survey answer, is in all of the participant's rows; one in the text of an earlier run is lost.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.processing.fold import folded_codings
from pipeline_lib.processing.manual_codes import newest_checked_codes
from pipeline_lib.processing.message_ids import message_ids
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, Step
from pipeline_lib.processing.wrong_scheme import ids_of_wrong_scheme


def people_in_error(
    runs: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans, labels: Mapping[str, pl.DataFrame]
) -> dict[str, pl.Series]:
    """The `uid` of those whose rows all say that a dataset has a coding error, by the dataset's raw field.

    Args:
        runs: Messages and unanswered runs before the moves.
        answers: Survey answers before the moves.
        plans: The coding plans.
        labels: The datasets' labels, by raw field.
    """
    last = runs.group_by("uid", maintain_order=True).last()
    people = {}
    for dataset in plans.datasets:
        if dataset.is_survey:
            said = answers.select("uid", key=dataset.raw_field).drop_nulls()
        else:
            key = "text" if dataset.message_id_field is None else "message_key"
            said = last.filter(dataset=dataset.raw_field).select("uid", key=key)
        ids = message_ids(said["key"].fill_null(""))
        in_error = _ids_in_error(dataset, plans, labels[dataset.raw_field])
        people[dataset.raw_field] = said["uid"].filter(ids.is_in(in_error.implode()))
    return people


def impute_errors_of_people(coded: CodedDataset, people: pl.Series) -> CodedDataset:
    """The dataset with CE in each row of these people; their texts are there once more, so that others keep theirs.

    The last text of a research question is none: it has the codes of what these people sent to other questions.
    """
    if people.is_empty():
        return coded
    is_theirs = coded.rows["uid"].is_in(people.implode())
    again = coded.rows[TEXT_ROW].filter(is_theirs).unique(maintain_order=True)
    own_count = coded.texts.height
    kept = pl.int_range(own_count, dtype=pl.UInt32, eager=True)
    none = pl.Series([] if coded.dataset.is_survey else [None], dtype=pl.UInt32)
    taken = pl.concat([kept, again.cast(pl.UInt32), none])
    texts = coded.texts.select(pl.all().gather(taken))
    is_error = pl.int_range(pl.len()) >= own_count
    errors = [
        pl.when(is_error)
        .then(pl.lit([coding.code_scheme.control(ControlCode.CODING_ERROR).code_id], dtype=pl.List(pl.String)))
        .otherwise(coding.coded_field)
        .alias(coding.coded_field)
        for coding in coded.dataset.codings
        if coding.requires_manual_verification
    ]
    new_rows = dict(zip(again, range(own_count, own_count + again.len()), strict=True))
    text_row = pl.when(is_theirs).then(pl.col(TEXT_ROW).replace(new_rows)).otherwise(TEXT_ROW).alias(TEXT_ROW)
    steps = tuple(Step(name, each.select(pl.all().gather(taken))) for name, each in coded.steps)
    extended = replace(coded, rows=coded.rows.with_columns(text_row), steps=steps, people_in_error=people)
    return extended.after("impute_coding_errors", texts.with_columns(errors))


def fold_errors_of_people(folded: pl.DataFrame, question: CodedDataset, people: pl.Series) -> pl.DataFrame:
    """What `fold` gave, and CE for these people, also where they sent nothing to the question."""
    is_theirs = pl.col("uid").is_in(people.implode())
    theirs = (
        people.alias("uid").to_frame().join(folded.select("uid", "text"), on="uid", how="left", maintain_order="left")
    )
    errors = [
        pl.lit([coding.code_scheme.control(ControlCode.CODING_ERROR).code_id], dtype=pl.List(pl.String)).alias(
            coding.coded_field
        )
        for coding in folded_codings(question)
    ]
    return pl.concat([folded.filter(~is_theirs), theirs.with_columns(errors).select(folded.columns)])


def _ids_in_error(dataset: Dataset, plans: CodingPlans, labels: pl.DataFrame) -> pl.Series:
    """The message ids coded as wrong scheme without their right dataset, or the reverse, or said to be an error."""
    ws_scheme = plans.ws_correct_dataset_scheme
    if ws_scheme is None:
        return pl.Series("message_id", [], dtype=pl.String)
    wrong_scheme = ids_of_wrong_scheme(dataset, labels).unique()
    correct = newest_checked_codes(labels, ws_scheme)
    belongs = pl.col("code_id").is_in(list(plans.datasets_by_ws_code))
    either = pl.concat([wrong_scheme, correct.filter(belongs)["message_id"]])
    said = correct.filter(pl.col("code_id") == ws_scheme.control(ControlCode.CODING_ERROR).code_id)
    return pl.concat([either.filter(~either.is_duplicated()), said["message_id"]])
