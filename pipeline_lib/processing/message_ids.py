"""How a message is known in Coda."""

import hashlib

import polars as pl


def message_ids(texts: pl.Series) -> pl.Series:
    """SHA-256 of each text in UTF-8, in hexadecimal, so that equal texts are one message (sources.md B.2)."""
    sha256 = hashlib.sha256
    return pl.Series("message_id", [sha256(text.encode()).hexdigest() for text in texts], dtype=pl.String)
