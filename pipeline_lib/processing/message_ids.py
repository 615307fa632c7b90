"""A message's id in Coda."""

from hashlib import sha256

import polars as pl


def message_id_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal, so that equal texts are one message (sources.md B.2)."""
    return sha256(text.encode()).hexdigest()


def message_ids(texts: pl.Series) -> pl.Series:
    """`message_id_of` each text."""
    return pl.Series("message_id", [message_id_of(text) for text in texts], dtype=pl.String)
