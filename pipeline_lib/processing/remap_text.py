"""Messages that belong to another show since coders have said so of their text (semantics.md 13)."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.manual_codes import newest_checked_codes
from pipeline_lib.processing.message_ids import message_ids
from pipeline_lib.processing.translation import SHOW, TextRemapping, raw_column

NO_LABELS: Mapping[str, pl.DataFrame] = MappingProxyType({})


def remap_text(
    raw: pl.DataFrame, remapping: TextRemapping, plans: CodingPlans, labels: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Raw objects with another show, and the time of the remapping, for those whose text was labelled so.

    The time is written under the pipeline's own field, which wins over the flow's: a rule that looks at the flow's time
    still sees what the source wrote (Q30).

    Args:
        raw: A row per object, with `SHOW`.
        remapping: The rule.
        plans: The coding plans.
        labels: The datasets' labels, by raw field.
    """
    scheme, given = plans.ws_correct_dataset_scheme, labels.get(remapping.labelled_in)
    if scheme is None or given is None or remapping.source_key not in raw.columns:
        return raw
    ids = newest_checked_codes(given, scheme).filter(code_id=remapping.code_id)["message_id"]
    texts = raw.select(raw_column(remapping.source_key).alias("text").drop_nulls().unique())["text"]
    labelled = texts.filter(message_ids(texts).is_in(ids.implode()))
    is_labelled = raw_column(remapping.source_key).is_in(labelled.implode()).fill_null(value=False)
    columns = [pl.when(is_labelled).then(pl.lit(remapping.raw_field)).otherwise(SHOW).alias(SHOW)]
    time_field = next((q.time_field for q in plans.research_questions if q.raw_field == remapping.raw_field), None)
    if remapping.adjust_to is not None and time_field is not None:
        own = pl.col(time_field) if time_field in raw.columns else pl.lit(None, pl.String)
        adjusted = pl.lit(remapping.adjust_to.isoformat())
        columns.append(pl.when(is_labelled).then(adjusted).otherwise(own).alias(time_field))
    return raw.with_columns(columns)
