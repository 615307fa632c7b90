"""Cuts off texts that are too long to be a message to a show, when they are read, and counts them."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import polars as pl

from pipeline_lib.processing.message_ids import message_ids
from pipeline_lib.processing.raw_data import IDENTITY, RawFrames

CUTS = {"uid": pl.String(), "key": pl.String(), "byte_count": pl.UInt32(), "message_id": pl.String()}
"""One row per text that was cut off: whose it is, its field of the raw data, and the whole text's length in UTF-8 and
id in Coda."""


def cut_off(text: str, limit_bytes: int) -> str:
    """As many whole characters from the text's beginning as fit into the limit in UTF-8."""
    return text.encode()[:limit_bytes].decode(errors="ignore")


def with_texts_cut_off(
    raws: Sequence[RawFrames], keys: AbstractSet[str], limit_bytes: int | None
) -> tuple[list[RawFrames], pl.DataFrame]:
    """The raw data with no text of more bytes, and a row per text that was cut off, as `CUTS`.

    Args:
        raws: The raw data files.
        keys: Fields that hold texts.
        limit_bytes: Most bytes of a text; None: there is no limit.
    """
    nothing = pl.DataFrame(schema=CUTS)
    if limit_bytes is None:
        return list(raws), nothing
    cut = [(_cut(raw.frame, keys, limit_bytes), _cut(raw.unseen, keys, limit_bytes)) for raw in raws]
    cuts = [each for frame, unseen in cut for each in (*frame[1], *unseen[1])]
    shorter = [raw._replace(frame=frame[0], unseen=unseen[0]) for raw, (frame, unseen) in zip(raws, cut, strict=True)]
    return shorter, pl.concat([nothing, *cuts]).unique(maintain_order=True)


def _cut(frame: pl.DataFrame, keys: AbstractSet[str], limit_bytes: int) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    cuts = []
    for key in sorted(keys & set(frame.columns)):
        texts = frame[key].alias("text")  # Polars would take some keys for patterns of columns' names
        byte_counts = texts.str.len_bytes()
        rows = (byte_counts > limit_bytes).arg_true()
        if rows.is_empty():
            continue
        whole = texts[rows]
        named = pl.DataFrame({"uid": frame[IDENTITY][rows], "key": [key] * rows.len(), "byte_count": byte_counts[rows]})
        cuts.append(named.with_columns(message_ids(whole)))
        shorter = pl.Series([cut_off(text, limit_bytes) for text in whole], dtype=pl.String)
        frame = frame.with_columns(texts.clone().scatter(rows, shorter).alias(key))
    return frame, cuts
