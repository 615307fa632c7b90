"""A list of words and the values that they stand for, as `data/<name>.toml` has it, held against texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.spelling import Spelling, phrase_keys, prepared, word_count
from pipeline_lib.errors import ConfigError, Problem

Phrases = dict[str, list[str]]
WhenSeveral = Literal["first", "none"]


class WordListFile(DataFile):
    """A word list as its author writes it."""

    spelling: Spelling
    when_several: WhenSeveral
    """A text that names several values has the first one, or none."""
    words: Phrases
    """Value to the words and phrases that mean it."""
    words_of_short_texts: Phrases = Field(default_factory=dict)
    """As `words`, but they have another everyday meaning: they count only in a short text that has none of `words`."""
    short_text_words: int = 5
    """How many words a short text has at most."""
    ignored: list[str] = Field(default_factory=list)
    """Phrases that hold a word of the list but don't mean it."""


@dataclass(frozen=True)
class WordList:
    """A word list ready to be held against texts."""

    spelling: Spelling
    when_several: WhenSeveral
    short_text_words: int
    keys: pl.DataFrame
    """One row per `key`, longest first: what is looked for in a prepared text; its `value` (null = ignored); whether it
    counts in `short` texts only."""


def load(path: Path) -> WordList:
    """The word list in a TOML file.

    Raises:
        ConfigError: The file is not a word list, or gives two values to one spelling.
    """
    return build(read(path, WordListFile), place=path.name)


def build(file: WordListFile, *, place: str) -> WordList:
    """The word list ready for use; `place` names it in errors.

    A phrase is also found when its words are written as one (`hawl wadaag`, `hawlwadaag`).

    Raises:
        ConfigError: Phrases without letters, or spellings that two values share: all of them are named.
    """
    rows = [
        *_rows(file.words, short=False),
        *_rows(file.words_of_short_texts, short=True),
        *((phrase, None, False) for phrase in file.ignored),
    ]
    listed = pl.DataFrame(rows, schema={"phrase": pl.String, "value": pl.String, "short": pl.Boolean}, orient="row")
    spaced = listed.with_columns(key=phrase_keys(listed["phrase"], file.spelling))
    joined = listed.with_columns(
        key=phrase_keys(listed["phrase"].str.replace_all(" ", "", literal=True), file.spelling)
    )
    keys = pl.concat([spaced, joined]).unique(["key", "value", "short"], keep="first", maintain_order=True)
    if problems := [*_without_letters(keys, place), *_with_several_meanings(keys, place)]:
        raise ConfigError(*problems)
    by_length = keys.sort(pl.col("key").str.len_bytes(), descending=True, maintain_order=True)
    return WordList(file.spelling, file.when_several, file.short_text_words, by_length.select("key", "value", "short"))


def match(texts: pl.Series, words: WordList) -> pl.Series:
    """The value that each text names, or null. The longest phrase at a place counts, and only whole words do."""
    frame = pl.DataFrame({"text": prepared(texts, words.spelling)}).with_row_index("row")
    found = (
        frame.with_columns(key=pl.col("text").str.extract_many(words.keys["key"].implode(), leftmost=True))
        .filter(pl.col("key").list.len() > 0)
        .explode("key")
        .join(words.keys, on="key", how="left", maintain_order="left")
        .filter(
            pl.col("value").is_not_null(),
            pl.col("short").not_() | (word_count(pl.col("text")) <= words.short_text_words),
        )
    )
    named = found.group_by("row", maintain_order=True).agg(
        certain=pl.col("value").filter(pl.col("short").not_()), others=pl.col("value").filter("short")
    )
    heard = named.select("row", values=pl.when(pl.col("certain").list.len() > 0).then("certain").otherwise("others"))
    if words.when_several == "none":
        heard = heard.filter(pl.col("values").list.n_unique() == 1)
    values = heard.select("row", value=pl.col("values").list.first())
    return frame.select("row").join(values, on="row", how="left", maintain_order="left")["value"]


def first_value(name: str, texts: pl.Series) -> pl.Series:
    """The values that the word list `data/<name>.toml` gives to the texts."""
    return match(texts, _packaged(name))


@cache
def _packaged(name: str) -> WordList:
    return load(DATA_FOLDER / f"{name}.toml")


def _rows(phrases: Mapping[str, list[str]], *, short: bool) -> list[tuple[str, str | None, bool]]:
    return [(phrase, value, short) for value, written in phrases.items() for phrase in written]


def _without_letters(keys: pl.DataFrame, place: str) -> list[Problem]:
    """A phrase that leaves nothing to look for: it would be found in every text."""
    empty = keys.filter(pl.col("key").str.strip_chars() == "")["phrase"].unique(maintain_order=True)
    return [Problem(f'{place}: "{phrase}"', "has no letter to look for", "write a word") for phrase in empty]


def _with_several_meanings(keys: pl.DataFrame, place: str) -> list[Problem]:
    shared = keys.group_by("key", maintain_order=True).agg("phrase", "value").filter(pl.col("value").list.len() > 1)
    return [
        Problem(
            f"{place}: {', '.join(row['phrase'])}",
            f"one spelling, several meanings: {', '.join(value or 'ignored' for value in row['value'])}",
            "list it once",
        )
        for row in shared.iter_rows(named=True)
    ]
