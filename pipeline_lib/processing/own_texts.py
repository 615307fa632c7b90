"""What a dataset that is derived from messages says of each single one, where its participant has several."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, Dataset, DerivedFrom
from pipeline_lib.processing.derived_answers import names_of


def told_of_messages(plans: CodingPlans) -> tuple[Dataset, ...]:
    """The derived datasets that say something of each message: by which source it came, or when it was sent."""
    if plans.has_surveys_only:
        return ()
    return tuple(each for each in plans.derived if each.derived_from is not DerivedFrom.OPERATOR)


def own_text(dataset: Dataset) -> str:
    """The column of messages that holds what the dataset says of each."""
    return f"own {dataset.raw_field}"


def with_own_texts(messages: pl.DataFrame, plans: CodingPlans, sources: Sequence[str | None]) -> pl.DataFrame:
    """Messages with a column `own_text(dataset)` per dataset of `told_of_messages`: a name, or null.

    Args:
        messages: `file` and `sent_at`.
        plans: The coding plans.
        sources: The name of each raw data file's source, by the file's number.
    """
    for dataset in told_of_messages(plans):
        names, number = names_of(dataset, sources)
        name = number.replace_strict(dict(enumerate(names)), default=None, return_dtype=pl.String)
        messages = messages.with_columns(name.alias(own_text(dataset)))
    return messages
