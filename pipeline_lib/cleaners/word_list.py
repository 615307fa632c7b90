"""A list of words and the values that they stand for, as `data/<name>.toml` has it, held against texts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.negation import Canceller, Language, negations, with_values_cancelled
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
    negated_in: list[Language] = Field(default_factory=list)
    """The languages whose `negations.toml` holds: a negated word doesn't count."""
    when_negated: dict[str, str] = Field(default_factory=dict)
    """Value to the one that its negated words stand for; without one they stand for none."""
    not_after: list[str] = Field(default_factory=list)
    """What shows that the word behind it is not said of the sender: `my`, `every`. A word beside its cue is."""
    not_before: list[str] = Field(default_factory=list)
    """As `not_after`, of what follows a word. A phrase that ends in `*` is the beginning of a word."""
    reach: int = 2
    """How many words on the side of a negation, `not_after`, or `not_before` are looked at."""


class _Row(NamedTuple):
    phrase: str
    value: str | None
    where: Where = "anywhere"
    has_cue: bool = False


_SAYS_OF_CANCELLER = Canceller._fields[1:]


@dataclass(frozen=True)
class WordList:
    """A word list ready to be held against texts."""

    spelling: Spelling
    when_several: WhenSeveral
    short_text_words: int
    reach: int
    when_negated: Mapping[str, str]
    keys: pl.DataFrame
    """One row per `key`, longest first: what is looked for in a prepared text; its `value` (null = none); `where` it
    counts; `has_cue`; and what a `Canceller` says, false where it is none."""


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
    words = keys.select("key", "value", "where", "has_cue")
    all_keys = (
        words.join(_cancellers(rules), on="key", how="full", coalesce=True, maintain_order="left_right")
        .with_columns(
            pl.col("where").fill_null("anywhere"), pl.col("has_cue", *_SAYS_OF_CANCELLER).fill_null(value=False)
        )
        .sort(pl.col("key").str.len_bytes(), descending=True, maintain_order=True)
    )
    return WordList(
        rules.spelling, rules.when_several, rules.short_text_words, rules.reach, rules.when_negated, all_keys
    )


def _cancellers(rules: WordListFile) -> pl.DataFrame:
    """One row per `key` of a phrase that takes away a word beside it."""
    listed = [
        *(each for language in rules.negated_in for each in negations(language)),
        *(Canceller(phrase, takes_next=True, takes_previous=False, negates=False) for phrase in rules.not_after),
        *(Canceller(phrase, takes_next=False, takes_previous=True, negates=False) for phrase in rules.not_before),
    ]
    columns = {"phrase": pl.String, **dict.fromkeys(_SAYS_OF_CANCELLER, pl.Boolean)}
    frame = pl.DataFrame(listed, schema=columns, orient="row")
    whole = phrase_keys(frame["phrase"], rules.spelling)
    keys = whole.zip_with(frame["phrase"].str.ends_with("*").not_(), whole.str.strip_suffix(" "))
    return frame.with_columns(key=keys).drop("phrase").group_by("key", maintain_order=True).agg(pl.all().any())


_MARK = "|"
"""Stands for a found phrase; a prepared text has only letters and spaces."""
READ_CHARACTERS = 2000
"""How far a text is read: an answer says what it says at its beginning, and each match costs its text's length."""


def match(texts: pl.Series, words: WordList) -> pl.Series:
    """The value that each text names, or null. The longest phrase at a place counts, and only whole words do."""
    beginnings = texts.str.head(READ_CHARACTERS)
    frame = pl.DataFrame({"text": prepared(beginnings, words.spelling)}).with_row_index("row")
    found = _found(frame, words).filter(_counts(words.short_text_words))
    named = found.group_by("row", maintain_order=True).agg(
        certain=pl.col("value").filter(pl.col("where") == "anywhere"),
        others=pl.col("value").filter(pl.col("where") != "anywhere"),
    )
    heard = named.select("row", values=pl.when(pl.col("certain").list.len() > 0).then("certain").otherwise("others"))
    if words.when_several == "none":
        heard = heard.filter(pl.col("values").list.n_unique() == 1)
    values = heard.select("row", value=pl.col("values").list.first())
    return frame.select("row").join(values, on="row", how="left", maintain_order="left")["value"]


def _found(frame: pl.DataFrame, words: WordList) -> pl.DataFrame:
    """The phrases with a value that the texts hold, in their order, but those whose value a neighbour takes away.

    Args:
        frame: One row per text: `row`, and the prepared `text`.
        words: What is looked for.

    Returns:
        As `frame`, one row per phrase, with `key`, `value`, `where`.
    """
    keys = words.keys["key"].implode()
    hits = frame.with_columns(key=pl.col("text").str.extract_many(keys, leftmost=True)).filter(
        pl.col("key").list.len() > 0
    )
    cancels = words.keys.filter(pl.col("takes_next") | pl.col("takes_previous"))
    has_canceller = hits["key"].list.eval(pl.element().is_in(cancels["key"].implode())).list.any()
    simple = hits.filter(~has_canceller).explode("key").join(words.keys, on="key", how="left", maintain_order="left")
    placed = _with_places(hits.filter(has_canceller), keys)
    uncertain = placed.join(words.keys, on="key", how="left", maintain_order="left")
    left = with_values_cancelled(uncertain, reach=words.reach, when_negated=words.when_negated)
    columns = ("row", "text", "key", "value", "where")
    return pl.concat([simple.filter(pl.col("value").is_not_null()).select(columns), left.select(columns)])


def _with_places(hits: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """One row per found key, with `start` and `end`: how many words stand before it, and with it."""
    between = pl.col("text").str.replace_many(keys, [_MARK], leftmost=True).str.split(_MARK)
    exploded = hits.with_columns(between=between.list.head(pl.col("key").list.len())).explode("key", "between")
    words_before, words = pl.col("between").str.count_matches(r" [^ ]"), word_count(pl.col("key"))
    end = (words_before + words).cum_sum().over("row")
    return exploded.with_columns(start=end - words, end=end).drop("between")


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
