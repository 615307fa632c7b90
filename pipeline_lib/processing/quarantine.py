"""Sets aside and counts labels that cannot be used; too many of them are an error."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, CodeScheme
from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.processing.label_files import LabelFile

_SHOWN_COUNT = 5

logger = logging.getLogger(__name__)


class Usable(NamedTuple):
    """A dataset's labels, with the unusable ones neutralised, and how many those were."""

    labels: pl.DataFrame
    counts: tuple[StepCount, ...] = ()


def set_aside_unusable(file: LabelFile, dataset: Dataset, ws_scheme: CodeScheme | None, share_limit: float) -> Usable:
    """The labels; one whose code its scheme lacks says nothing any more, so that its message counts as not reviewed.

    Labels of other schemes are counted, without a limit: a dataset in Coda may have more schemes than a project reads.

    Args:
        file: The labels made before the run's as-of time.
        dataset: The dataset that they belong to.
        ws_scheme: The scheme whose codes name datasets.
        share_limit: Share of the dataset's labels, 0 to 1, that may be unusable.

    Raises:
        DataError: More than that share is unusable.
    """
    labels = file.labels
    schemes = [coding.code_scheme for coding in dataset.codings] + ([ws_scheme] if ws_scheme else [])
    known = gives_known_code(schemes)
    belongs = pl.any_horizontal(pl.lit(value=False), *map(_belongs, schemes))
    is_lacking = belongs & ~known
    other_count, count = labels.select((~belongs).sum().alias("others"), is_lacking.sum().alias("lacking")).row(0)
    of_others = _counts(dataset.coda_filename, {"of schemes that no coding has": other_count})
    if not count:
        return Usable(labels, of_others)
    if count > share_limit * labels.height:
        wrong = f"{count} of {labels.height} labels have a code that their scheme lacks, the limit is {share_limit:.1%}"
        ids = labels.filter(is_lacking)["code_id"].unique().sort().head(5).to_list()
        right = f"bring the code schemes up to date; missing: {', '.join(ids)}"
        raise DataError(Problem(file.place, wrong, right))
    where_lacking = pl.when(is_lacking)
    usable = labels.with_columns(
        where_lacking.then(pl.lit(MANUALLY_UNCODED)).otherwise("code_id").alias("code_id"),
        where_lacking.then(pl.lit(value=False)).otherwise("is_checked").alias("is_checked"),
    )
    return Usable(usable, (*of_others, *_counts(dataset.coda_filename, {"of codes that their scheme lacks": count})))


def _counts(file: str, by_reason: Mapping[str, int], measure: str = "labels") -> tuple[StepCount, ...]:
    return tuple(
        StepCount(
            step="read_labels", measure=measure, count=count, outcome=Outcome.QUARANTINED, file=file, reason=reason
        )
        for reason, count in by_reason.items()
        if count
    )


def check_messages(files: Mapping[str, LabelFile], share_limit: float) -> tuple[StepCount, ...]:
    """Counts the messages of Coda files that were set aside or repaired.

    Args:
        files: The files by name.
        share_limit: Share of a file's messages, 0 to 1, that may be set aside; above it, the file is probably of
            another kind. Repairs lose nothing, and have no limit.

    Raises:
        DataError: More than that share is set aside; names every such file and the first of its messages.
    """
    problems: list[Problem] = []
    for name, file in files.items():
        count, shown = len(file.set_aside), file.set_aside[:_SHOWN_COUNT]
        if count > share_limit * file.message_count:
            wrong = f"{count:,} of its {file.message_count:,} messages cannot be used"
            right = f"pull it again, or correct them; at most {share_limit:.1%} may be set aside (QuarantineShareLimit)"
            problems.append(Problem(file.place, wrong, right))
            problems += [Problem(f"{file.place}: {each.place}", each.wrong) for each in shown]
        elif shown:
            logger.warning(
                "Set aside, and not reviewed: %s", "; ".join(f"{name}: {each.place}: {each.wrong}" for each in shown)
            )
    if problems:
        raise DataError(*problems)
    return tuple(each for name, file in files.items() for each in _counts_of_messages(name, file))


def _counts_of_messages(name: str, file: LabelFile) -> tuple[StepCount, ...]:
    reasons = Counter(f"a message {each.wrong}" for each in file.set_aside)
    mended = (
        StepCount(step="read_labels", measure="messages_mended", count=count, file=name, reason=reason)
        for reason, count in file.mended.items()
    )
    return (*_counts(name, reasons, "messages"), *mended)


def gives_known_code(schemes: Sequence[CodeScheme]) -> pl.Expr:
    """Whether a label belongs to one of the schemes, and either gives a code of that scheme or removes the code."""
    return pl.any_horizontal(
        pl.lit(value=False),
        *(_belongs(scheme) & pl.col("code_id").is_in([*scheme.by_id, MANUALLY_UNCODED]) for scheme in schemes),
    )


def _belongs(scheme: CodeScheme) -> pl.Expr:
    return pl.col("scheme_id").str.starts_with(scheme.scheme_id)
