"""Labels that cannot be used: set aside, counted, and too many of them an error."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, CodeScheme
from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.processing.tally import Tally


def set_aside_unusable(
    labels: pl.DataFrame,
    dataset: Dataset,
    ws_scheme: CodeScheme | None,
    share_limit: float,
    tally: Tally,
) -> pl.DataFrame:
    """Labels whose codes their schemes have; the others say nothing, so that their messages count as not reviewed.

    Labels of other schemes are counted, without a limit: a dataset in Coda may have more schemes than a project reads.

    Args:
        labels: As `read_labels` gives them.
        dataset: Whose labels they are.
        ws_scheme: The scheme whose codes name datasets.
        share_limit: Share of the dataset's labels, 0 to 1, that may be unusable.
        tally: Gains the number of those set aside.

    Raises:
        DataError: More than that share is unusable.
    """
    schemes = [coding.code_scheme for coding in dataset.codings] + ([ws_scheme] if ws_scheme else [])
    known = gives_known_code(schemes)
    belongs = pl.any_horizontal(pl.lit(value=False), *map(_belongs, schemes))
    foreign_count = labels.filter(~belongs).height
    if foreign_count:
        tally.quarantined[f"{dataset.coda_filename}: labels of schemes that no coding of the dataset has"] = (
            foreign_count
        )
    checked = labels.with_columns((belongs & ~known).alias("is_lacking"))
    count = checked.filter("is_lacking").height
    if not count:
        return labels
    tally.quarantined[f"{dataset.coda_filename}: labels whose code their scheme lacks"] = count
    if count > share_limit * labels.height:
        wrong = f"{count} of {labels.height} labels have a code that their scheme lacks, the limit is {share_limit:.1%}"
        ids = checked.filter("is_lacking")["code_id"].unique().sort().head(5).to_list()
        right = f"bring the code schemes up to date; missing: {', '.join(ids)}"
        raise DataError(Problem(dataset.coda_filename, wrong, right))
    says_nothing = pl.when("is_lacking")
    return checked.with_columns(
        says_nothing.then(pl.lit(MANUALLY_UNCODED)).otherwise("code_id").alias("code_id"),
        says_nothing.then(pl.lit(value=False)).otherwise("is_checked").alias("is_checked"),
    ).drop("is_lacking")


def gives_known_code(schemes: Sequence[CodeScheme]) -> pl.Expr:
    """Whether a label is of one of the schemes, and gives a code that it has or takes one away."""
    return pl.any_horizontal(
        pl.lit(value=False),
        *(_belongs(scheme) & pl.col("code_id").is_in([*scheme.by_id, MANUALLY_UNCODED]) for scheme in schemes),
    )


def _belongs(scheme: CodeScheme) -> pl.Expr:
    return pl.col("scheme_id").str.starts_with(scheme.scheme_id)
