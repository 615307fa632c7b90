"""Codes that follow from other codes, per distinct text, by an imputation's name (semantics.md 6)."""

from collections.abc import Callable, Mapping

import polars as pl

from pipeline_lib.errors import ConfigError, Problem, did_you_mean
from pipeline_lib.model.age_bands import age_band
from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingPlans, Dataset
from pipeline_lib.model.coding_plan import Imputation as ImputationName
from pipeline_lib.processing.manual_codes import CORRECT_DATASET
from pipeline_lib.processing.somalia import impute_locations, same_code
from pipeline_lib.processing.texts import CodedDataset

Imputation = Callable[[pl.DataFrame, Dataset, bool], pl.DataFrame]
"""Takes distinct texts with their codes, their dataset, and whether the predecessors' quirks are kept."""


def impute(coded: CodedDataset, *, as_predecessor: bool) -> CodedDataset:
    """The dataset with the codes that its plan's imputation derives.

    Raises:
        ConfigError: There is no such imputation, or a code scheme lacks a code that it needs.
    """
    name = coded.dataset.imputation
    if name is None:
        return coded
    if name not in IMPUTATIONS:
        right = did_you_mean(name, IMPUTATIONS)
        raise ConfigError(Problem(f"dataset {coded.dataset.name}", f'there is no imputation "{name}"', right))
    return coded.after(f"impute {name}", IMPUTATIONS[name](coded.texts, coded.dataset, as_predecessor))


def codings_awaited(dataset: Dataset) -> list[tuple[Coding, ...]]:
    """Groups of codings: a text stays NR until coders have coded it in any one coding of each group.

    A coding that an imputation derives from others has no group of its own: nobody codes it, whatever its scheme's
    column in Coda shows. A group is left out if a cleaner alone codes one of its codings.
    """
    match dataset.imputation:
        case ImputationName.SOMALIA_LOCATION:
            groups = [dataset.codings]
        case ImputationName.AGE_CATEGORY:
            groups = [(coding,) for coding in (*dataset.codings[:1], *dataset.codings[2:])]
        case _:
            groups = [(coding,) for coding in dataset.codings]
    return [group for group in groups if all(coding.requires_manual_verification for coding in group)]


def _age_category(texts: pl.DataFrame, dataset: Dataset, _as_predecessor: bool) -> pl.DataFrame:  # noqa: FBT001 - an Imputation
    age, category = dataset.codings[:2]
    category_of = {code.code_id: _category(code, category.code_scheme).code_id for code in age.code_scheme.codes}
    categories = pl.col(age.coded_field).list.first().replace_strict(category_of, return_dtype=pl.String)
    return texts.with_columns(pl.concat_list(categories).alias(category.coded_field))


def _category(age: Code, categories: CodeScheme) -> Code:
    if not age.is_normal:
        return same_code(age, categories)
    band = age_band(age.numeric_value)
    return categories.by_match_value[band] if band is not None else categories.control(ControlCode.NOT_CODED)


def _somalia_location(texts: pl.DataFrame, dataset: Dataset, as_predecessor: bool) -> pl.DataFrame:  # noqa: FBT001 - an Imputation
    return impute_locations(texts, dataset.codings, as_predecessor=as_predecessor)


IMPUTATIONS: Mapping[str, Imputation] = {"age_category": _age_category, "somalia_location": _somalia_location}
"""What a coding plan's `Imputation` may name."""


def impute_coding_errors(coded: CodedDataset, plans: CodingPlans) -> CodedDataset:
    """The dataset with CE for every text that is coded as wrong scheme without its right dataset, or the reverse.

    Q21, corrected: codings that nobody verifies by hand are left as they are.
    """
    ws_scheme = plans.ws_correct_dataset_scheme
    if ws_scheme is None:
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
