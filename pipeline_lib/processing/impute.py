"""Codes that follow from other codes, per distinct text (semantics.md 6)."""

from collections.abc import Collection, Sequence

import polars as pl

from pipeline_lib.model.age_bands import AgeBand, codes_of_bands
from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingPlans, Dataset, Imputation
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.locations import impute_locations
from pipeline_lib.processing.manual_codes import CORRECT_DATASET
from pipeline_lib.processing.reasons import reasons_and_questions
from pipeline_lib.processing.same_code import same_code
from pipeline_lib.processing.texts import CodedDataset


def impute(coded: CodedDataset, *, as_predecessor: bool, quirks: Collection[Quirk] = ()) -> CodedDataset:
    """The dataset with the codes that its plan's imputation derives.

    Args:
        coded: The dataset.
        as_predecessor: Whether the quirks that all predecessors share are kept.
        quirks: Further ones to keep.

    Raises:
        ConfigError: A code scheme lacks a control code that it needs.
    """
    dataset = coded.dataset
    if dataset.imputation is None:
        return coded
    if dataset.place_table is None:
        texts = _age_category(coded.texts, dataset)
    else:
        texts = impute_locations(coded.texts, dataset, dataset.place_table, quirks, as_predecessor=as_predecessor)
    return coded.after(f"impute {dataset.imputation}", texts)


def codings_awaited(dataset: Dataset) -> list[tuple[Coding, ...]]:
    """Groups of codings: a text stays NR until coders have coded it in any one coding of each group.

    A coding that an imputation derives from others has no group of its own: nobody codes it, whatever its scheme's
    column in Coda shows. A group is left out if a cleaner alone codes one of its codings.
    """
    if dataset.place_table is not None:
        groups = [dataset.codings]
    elif dataset.imputation == Imputation.AGE_CATEGORY:
        groups = [(coding,) for coding in (*dataset.codings[:1], *dataset.codings[2:])]
    else:
        # Reasons that nobody gave follow from the yes or no.
        instead = {reasons.coded_field: (question,) for reasons, question in reasons_and_questions(dataset)}
        groups = [(coding, *instead.get(coding.coded_field, ())) for coding in dataset.codings]
    return [group for group in groups if all(coding.requires_manual_verification for coding in group)]


def _age_category(texts: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    age, category = dataset.codings[:2]
    bands = codes_of_bands(category.code_scheme, dataset.age_bands)
    category_of = {code.code_id: _category(code, category.code_scheme, bands).code_id for code in age.code_scheme.codes}
    categories = pl.col(age.coded_field).list.first().replace_strict(category_of, return_dtype=pl.String)
    return texts.with_columns(pl.concat_list(categories).alias(category.coded_field))


def _category(age: Code, categories: CodeScheme, bands: Sequence[tuple[AgeBand, Code]]) -> Code:
    if not age.is_normal:
        return same_code(age, categories)
    found = (code for band, code in bands if band.has(age.numeric_value))
    return next(found, None) or categories.control(ControlCode.NOT_CODED)


def impute_coding_errors(coded: CodedDataset, plans: CodingPlans) -> CodedDataset:
    """The dataset with CE for every text that is coded as wrong scheme without its right dataset, or the reverse.

    Q21, corrected: codings that nobody verifies by hand are left as they are.
    """
    ws_scheme = plans.ws_correct_dataset_scheme
    if ws_scheme is None or not plans.coding_errors:
        return coded
    wrong_scheme = [
        pl.col(coding.coded_field).list.contains(coding.code_scheme.control(ControlCode.WRONG_SCHEME).code_id)
        for coding in coded.dataset.codings
        if coding.code_scheme.has_control(ControlCode.WRONG_SCHEME)
    ]
    belongs = pl.col(CORRECT_DATASET).is_in(list(plans.datasets_by_ws_code))
    is_error = pl.any_horizontal(pl.lit(value=False), *wrong_scheme) != belongs
    errors = [
        pl.when(is_error)
        .then(pl.lit([coding.code_scheme.control(ControlCode.CODING_ERROR).code_id], dtype=pl.List(pl.String)))
        .otherwise(coding.coded_field)
        .alias(coding.coded_field)
        for coding in coded.dataset.codings
        if coding.requires_manual_verification
    ]
    correct = (
        pl.when(is_error).then(pl.lit(ws_scheme.control(ControlCode.CODING_ERROR).code_id)).otherwise(CORRECT_DATASET)
    )
    return coded.after("impute_coding_errors", coded.texts.with_columns(*errors, correct.alias(CORRECT_DATASET)))
