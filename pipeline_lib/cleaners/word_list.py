"""A list of words and the values that they stand for, as `data/<name>.toml` has it, held against texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.spelling import Spelling, phrase_keys, prepared, word_count
from pipeline_lib.errors import ConfigError, Problem

Phrases = dict[str, list[str]]
WhenSeveral = Literal["first", "none"]
Where = Literal["anywhere", "short text", "opening", "whole text"]


class WordListFile(DataFile):
    """A word list as its author writes it."""

    spelling: Spelling
    when_several: WhenSeveral
    """A text that names several values has the first one, or none."""
    words: Phrases
    """Value to the words and phrases that mean it."""
    words_of_short_texts: Phrases = Field(default_factory=dict)
    """As `words`, but they have another everyday meaning: they count only in a short text that has none of `words`."""
    words_of_openings: Phrases = Field(default_factory=dict)
    """As `words_of_short_texts`, and they also count where a longer text begins with them."""
    words_with_cue: Phrases = Field(default_factory=dict)
    """As `words`, but they mean something else in most texts: they count beside a cue, and where they are all of a
    text."""
    cues_before: list[str] = Field(default_factory=list)
    """What stands before a word of `words_with_cue` where it means its value."""
    cues_after: list[str] = Field(default_factory=list)
    """As `cues_before`, of what stands after it."""
    short_text_words: int = 5
    """How many words a short text has at most."""
    ignored: list[str] = Field(default_factory=list)
    """Phrases that hold a word of the list but don't mean it."""


class _Row(NamedTuple):
    phrase: str
    value: str | None
    where: Where = "anywhere"
    has_cue: bool = False


@dataclass(frozen=True)
class WordList:
    """A word list ready to be held against texts."""

    spelling: Spelling
    when_several: WhenSeveral
    short_text_words: int
    keys: pl.DataFrame
    """One row per `key`, longest first: what is looked for in a prepared text; its `value` (null = ignored); `where` it
    counts."""


def load(path: Path) -> WordList:
    """The word list in a TOML file.

    Raises:
        ConfigError: The file is not a word list, or gives two values to one spelling.
    """
    return build(read(path, WordListFile), place=path.name)


def build(file: WordListFile, *, place: str) -> WordList:
    """The word list ready for use; `place` names it in errors.

    A phrase is also found when its words are written as one (`hawl wadaag`, `hawlwadaag`), a word with a cue is not.

    Raises:
        ConfigError: Phrases without letters, or spellings that two values share: all of them are named.
    """
    return _built(_rows(file), file, place=place)


def _built(rows: list[_Row], rules: WordListFile, *, place: str) -> WordList:
    columns = {"phrase": pl.String, "value": pl.String, "where": pl.String, "has_cue": pl.Boolean}
    listed = pl.DataFrame(rows, schema=columns, orient="row")
    spaced = listed.with_columns(key=phrase_keys(listed["phrase"], rules.spelling))
    joinable = listed.filter(pl.col("has_cue").not_())  # "a m" is a man, "am" is not
    joined = joinable.with_columns(
        key=phrase_keys(joinable["phrase"].str.replace_all(" ", "", literal=True), rules.spelling)
    )
    keys = pl.concat([spaced, joined]).unique(["key", "value", "where"], keep="first", maintain_order=True)
    if problems := [*_without_letters(keys, place), *_with_several_meanings(keys, place)]:
        raise ConfigError(*problems)
    by_length = keys.sort(pl.col("key").str.len_bytes(), descending=True, maintain_order=True)
    return WordList(
        rules.spelling, rules.when_several, rules.short_text_words, by_length.select("key", "value", "where")
    )


READ_CHARACTERS = 2000
"""How far a text is read: an answer says what it says at its beginning, and each match costs its text's length."""


def match(texts: pl.Series, words: WordList) -> pl.Series:
    """The value that each text names, or null. The longest phrase at a place counts, and only whole words do."""
    beginnings = texts.str.head(READ_CHARACTERS)
    frame = pl.DataFrame({"text": prepared(beginnings, words.spelling)}).with_row_index("row")
    found = (
        frame.with_columns(key=pl.col("text").str.extract_many(words.keys["key"].implode(), leftmost=True))
        .filter(pl.col("key").list.len() > 0)
        .explode("key")
        .join(words.keys, on="key", how="left", maintain_order="left")
        .filter(pl.col("value").is_not_null(), _counts(words.short_text_words))
    )
    named = found.group_by("row", maintain_order=True).agg(
        certain=pl.col("value").filter(pl.col("where") == "anywhere"),
        others=pl.col("value").filter(pl.col("where") != "anywhere"),
    )
    heard = named.select("row", values=pl.when(pl.col("certain").list.len() > 0).then("certain").otherwise("others"))
    if words.when_several == "none":
        heard = heard.filter(pl.col("values").list.n_unique() == 1)
    values = heard.select("row", value=pl.col("values").list.first())
    return frame.select("row").join(values, on="row", how="left", maintain_order="left")["value"]


def first_value(name: str, texts: pl.Series, *, and_in: tuple[str, ...] = ()) -> pl.Series:
    """The values that the word list `data/<name>.toml` gives to the texts.

    Args:
        name: The list whose rules hold: spelling, several values, short texts.
        texts: Strings without nulls.
        and_in: Lists whose words count as well, such as those of a language that people mix with it.
    """
    return match(texts, _packaged(name, *and_in))


@cache
def _packaged(name: str, *others: str) -> WordList:
    first, *more = (read(DATA_FOLDER / f"{each}.toml", WordListFile) for each in (name, *others))
    rows = [row for file in (first, *more) for row in _rows(file)]
    return _built(rows, first, place=f"{' and '.join((name, *others))}.toml")


def _rows(file: WordListFile) -> list[_Row]:
    """Every phrase with its value (null = ignored) and where it counts."""
    sections: dict[Where, Phrases] = {
        "anywhere": file.words,
        "short text": file.words_of_short_texts,
        "opening": file.words_of_openings,
        "whole text": file.words_with_cue,
    }
    cued = (
        _Row(said, value, has_cue=True)
        for phrase, value in _spoken(file.words_with_cue)
        for said in (*(f"{cue} {phrase}" for cue in file.cues_before), *(f"{phrase} {cue}" for cue in file.cues_after))
    )
    listed = (_Row(phrase, value, where) for where, phrases in sections.items() for phrase, value in _spoken(phrases))
    return [*listed, *cued, *(_Row(phrase, None) for phrase in file.ignored)]


def _spoken(phrases: Phrases) -> Iterator[tuple[str, str]]:
    return ((phrase, value) for value, written in phrases.items() for phrase in written)


def _counts(short_text_words: int) -> pl.Expr:
    """Whether a found key counts where it was found; for rows of `text`, `key`, `where`."""
    text, key, where = pl.col("text"), pl.col("key"), pl.col("where")
    return (
        (where == "anywhere")
        | (where.is_in(["short text", "opening"]) & (word_count(text) <= short_text_words))
        | ((where == "opening") & text.str.starts_with(pl.concat_str(pl.lit(" "), key)))
        | ((where == "whole text") & (text.str.strip_chars(" ") == key.str.strip_chars(" ")))
    )


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
