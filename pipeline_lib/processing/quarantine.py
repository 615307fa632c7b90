"""Labels that cannot be used: set aside, counted, and too many of them an error."""

import logging
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, CodeScheme
from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.processing.coda_labels import LabelFile
from pipeline_lib.processing.tally import Tally

_SHOWN_COUNT = 5

logger = logging.getLogger(__name__)


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


def check_messages(files: Mapping[str, LabelFile], share_limit: float, tally: Tally) -> None:
    """Counts the messages of Coda files that are set aside or mended.

    Args:
        files: The files by name.
        share_limit: Share of a file's messages, 0 to 1, that may be set aside; where that is too much, files of
            another kind stand there. Mending loses nothing, and has no limit.
        tally: Gains the counts.

    Raises:
        DataError: More than that share is set aside; every such file, and the first of its messages.
    """
    problems: list[Problem] = []
    for name, file in files.items():
        tally.quarantined |= {f"{name}: {reason}": count for reason, count in file.counts().items()}
        count, shown = len(file.set_aside), [Problem(each.place, each.wrong) for each in file.set_aside[:_SHOWN_COUNT]]
        if count > share_limit * file.message_count:
            wrong = f"{count:,} of its {file.message_count:,} messages cannot be used"
            right = f"at most {share_limit:.1%} may be (QuarantineShareLimit); pull the dataset again, or correct them"
            problems += [Problem(name, wrong, right), *shown]
        elif shown:
            logger.warning("Set aside, and not reviewed: %s", "; ".join(map(str, shown)))
    if problems:
        raise DataError(*problems)


def gives_known_code(schemes: Sequence[CodeScheme]) -> pl.Expr:
    """Whether a label is of one of the schemes, and gives a code that it has or takes one away."""
    return pl.any_horizontal(
        pl.lit(value=False),
        *(_belongs(scheme) & pl.col("code_id").is_in([*scheme.by_id, MANUALLY_UNCODED]) for scheme in schemes),
    )


def _belongs(scheme: CodeScheme) -> pl.Expr:
    return pl.col("scheme_id").str.starts_with(scheme.scheme_id)
