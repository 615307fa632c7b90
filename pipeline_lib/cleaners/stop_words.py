"""Messages whose whole text asks to be left alone, such as `STOP`, `jooji` or `Acha!`."""

from collections.abc import Collection
from functools import cache

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read

_LONGEST_BYTES = 200
"""A longer text says more than a stop word."""


class StopWordsFile(DataFile):
    """Words and phrases by language."""

    words: dict[str, list[str]] = Field(min_length=1)
    """What people write when they want no more of this."""


def are_stop_words(texts: pl.Series, more: Collection[str] = ()) -> pl.Series:
    """Whether each text is a stop word and nothing else; null where a text is.

    Args:
        texts: Strings.
        more: What counts beside the words of `data/stop_words.toml`.
    """
    known = packaged_words() | (frozenset(folded(pl.Series(list(more)))) if more else frozenset())
    listed = pl.Series(sorted(known - {""}), dtype=pl.String).implode()
    text = pl.col("text")
    short = texts.to_frame("text").filter(text.str.len_bytes() <= _LONGEST_BYTES).unique()
    found = short.filter(_folded(text).is_in(listed) | _said_once(text).is_in(listed))
    return texts.is_in(found["text"].implode())


def folded(texts: pl.Series) -> pl.Series:
    """The texts' letters and digits, in lower case, without anything between them or above them.

    An accent counts as little as what an emoji has behind it to be shown in colour: both are marks.
    """
    return texts.to_frame("text").select(_folded(pl.col("text"))).to_series()


@cache
def packaged_words() -> frozenset[str]:
    """The words of all languages, folded."""
    file = read(DATA_FOLDER / "stop_words.toml", StopWordsFile)
    return frozenset(folded(pl.Series([word for words in file.words.values() for word in words])))


def _folded(text: pl.Expr) -> pl.Expr:
    return _plain(text).str.replace_all(r"[^\p{L}\p{N}]+", "")


def _said_once(text: pl.Expr) -> pl.Expr:
    """The folded text with each word once: `stop stop STOP` is stop."""
    words = _plain(text).str.replace_all(r"[^\p{L}\p{N}]+", " ")
    return words.str.strip_chars(" ").str.split(" ").list.unique(maintain_order=True).list.join("")


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.to_lowercase()
