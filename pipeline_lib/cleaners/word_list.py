"""A list of words and the values that they stand for, held against texts."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from pipeline_lib.cleaners.cues import with_cues_heard
from pipeline_lib.cleaners.data_files import DATA_FOLDER, read
from pipeline_lib.cleaners.negation import with_values_cancelled
from pipeline_lib.cleaners.spelling import list_parts, phrase_keys, prepared, word_count
from pipeline_lib.cleaners.word_keys import keys_of, whole_texts
from pipeline_lib.cleaners.word_list_file import WordListFile, merged

READ_CHARACTERS = 2000
"""How far a text is read: an answer says what it says at its beginning, and each match costs its text's length."""
_LONGEST_PUT_TOGETHER = 60
"""Characters of the longest prepared text that is also read without its spaces."""
_MOST_WITHOUT_OPENING = 2
"""Words of a text that only lists two values (`hapana/ndio`): neither is its opening."""
_MARK = "|"
"""Stands beside the number of a found phrase; a prepared text has only letters and spaces."""


@dataclass(frozen=True)
class WordList:
    """A word list ready to be held against texts."""

    rules: WordListFile
    keys: pl.DataFrame
    """What `word_keys.keys_of` gives."""
    whole: pl.DataFrame
    """What `word_keys.whole_texts` gives."""


def load(path: Path) -> WordList:
    """The word list in a TOML file.

    Raises:
        ConfigError: The file is not a word list, or gives two values to one spelling.
    """
    return build(read(path, WordListFile), place=path.name)


def build(file: WordListFile, *, place: str) -> WordList:
    """The word list ready for use; `place` names it in errors.

    A phrase is also found when its words are written as one (`hawl wadaag`, `hawlwadaag`), a word with a cue is not;
    a word of five letters or more also where it is split (`fe male`).

    Raises:
        ConfigError: Phrases without letters, or spellings that two values share: all of them are named.
    """
    return WordList(file, keys_of(file, place=place), whole_texts(file))


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
    files = (read(DATA_FOLDER / f"{each}.toml", WordListFile) for each in (name, *others))
    return build(merged(*files), place=f"{' and '.join((name, *others))}.toml")


def match(texts: pl.Series, words: WordList) -> pl.Series:
    """The value that each text names, or null. The longest phrase at a place counts, and only whole words do."""
    beginnings = _without_numbering(texts.str.head(READ_CHARACTERS), words.rules.not_before_numbers)
    frame = pl.DataFrame({"text": prepared(beginnings, words.rules.spelling)}).with_row_index("row")
    named = _named(_found(frame, words), words.rules)
    values = frame.join(named, on="row", how="left", maintain_order="left")
    together = _put_together(values, words)
    value = values["value"].zip_with(values["value"].is_not_null(), together)
    return value.zip_with(value.is_not_null(), _listed(values.with_columns(value=value), beginnings, words.rules))


def _without_numbering(texts: pl.Series, words: list[str]) -> pl.Series:
    """The texts without these words where they only announce a number."""
    return texts.str.replace_all(rf"(?i)\b(?:{'|'.join(words)})\.? ?\d", " ") if words else texts


def _named(found: pl.DataFrame, rules: WordListFile) -> pl.DataFrame:
    """One row per `row` of a text that names a `value`; for rows of `_found`."""
    said = found.with_columns(counts=_counts(rules.short_text_words), is_certain=pl.col("where") == "anywhere")
    value, counts, is_certain = pl.col("value"), pl.col("counts"), pl.col("is_certain")
    named = said.group_by("row", maintain_order=True).agg(
        certain=value.filter(is_certain),
        counted=value.filter(counts),
        said=value.filter(counts | (pl.col("where") != "whole text")),
        opening=value.filter(counts & _opens() & (word_count(pl.col("text")) > _MOST_WITHOUT_OPENING)).first(),
    )
    if rules.when_several == "opening":
        one = pl.col("said").list.n_unique() == 1
        return named.select("row", value=pl.when(one).then(pl.col("counted").list.first()).otherwise("opening"))
    heard = named.select("row", values=pl.when(pl.col("certain").list.len() > 0).then("certain").otherwise("counted"))
    if rules.when_several == "none":
        heard = heard.filter(pl.col("values").list.n_unique() == 1)
    return heard.select("row", value=pl.col("values").list.first())


def _put_together(values: pl.DataFrame, words: WordList) -> pl.Series:
    """The value of each short text that is a phrase of the list if its spaces are left out, null for the others."""
    longest = words.whole["key"].str.len_bytes().max()
    unnamed = values.filter(pl.col("value").is_null(), pl.col("text").str.len_bytes() <= _LONGEST_PUT_TOGETHER)
    letters = unnamed.select("row", letters=pl.col("text").str.replace_all(" ", "", literal=True))
    short = letters.filter(pl.col("letters").str.len_bytes() <= longest)
    together = phrase_keys(short["letters"], words.rules.spelling)
    found = short.select("row", key=together).join(words.whole, on="key", how="inner").select("row", "value")
    return values.select("row").join(found, on="row", how="left", maintain_order="left")["value"]


def _listed(values: pl.DataFrame, texts: pl.Series, rules: WordListFile) -> pl.Series:
    """The value of each short text that lists what its sender is (`F, 23, Wajir`), null for the others."""
    short = word_count(pl.col("text")) <= rules.short_text_words
    unnamed = values.with_columns(written=texts).filter(pl.col("value").is_null() & short).select("row", "written")
    parts = list_parts(unnamed["written"])
    known = pl.DataFrame(
        [(phrase, value) for value, phrases in rules.words_of_lists.items() for phrase in phrases],
        schema={"part": pl.String, "value": pl.String},
        orient="row",
    )
    listed = pl.DataFrame([unnamed["row"], parts.alias("part")]).explode("part").join(known, on="part")
    one = listed.select("row", "value").unique().filter(pl.len().over("row") == 1)
    return values.select("row").join(one, on="row", how="left", maintain_order="left")["value"]


def _found(frame: pl.DataFrame, words: WordList) -> pl.DataFrame:
    """The phrases with a value that the texts hold, in their order, but those whose value a neighbour takes away.

    Args:
        frame: One row per text: `row`, and the prepared `text`.
        words: What is looked for.

    Returns:
        As `frame`, one row per phrase, with what `words.keys` says of it.
    """
    numbers = [f"{_MARK}{number}{_MARK}" for number in range(len(words.keys))]
    marked = frame["text"].str.replace_many(words.keys["key"].implode(), numbers, leftmost=True)
    parts = pl.DataFrame([frame["row"], marked.str.split(_MARK).alias("part")]).filter(pl.col("part").list.len() > 1)
    # what stands before each phrase, and its number, in turn; what stands behind the last one is left out
    in_turn = parts.with_columns(pl.col("part").list.head(pl.col("part").list.len() - 1)).explode("part")
    before, number = in_turn.gather_every(2), in_turn["part"].gather_every(2, offset=1)
    placed = before.hstack(words.keys[number.cast(pl.UInt32)]).with_columns(words=word_count(pl.col("key")))
    end = (pl.col("part").str.count_matches(r" [^ ]") + pl.col("words")).cum_sum()
    ordered = placed.select(pl.exclude("part", "words"), start=end - pl.col("words"), end=end)
    heard = with_cues_heard(ordered)
    left = with_values_cancelled(heard, reach=words.rules.reach, when_negated=words.rules.when_negated)
    return left.with_columns(text=frame["text"][left["row"]])


def _counts(short_text_words: int) -> pl.Expr:
    """Whether a found key counts where it was found; for rows of `text`, `key`, `where`."""
    text, key, where = pl.col("text"), pl.col("key"), pl.col("where")
    return (
        (where == "anywhere")
        | (where.is_in(["short text", "opening"]) & (word_count(text) <= short_text_words))
        | (where.is_in(["opening", "edge"]) & _opens())
        | ((where == "edge") & text.str.ends_with(pl.concat_str(key, pl.lit(" "))))
        | ((where == "whole text") & (text.str.strip_chars(" ") == key.str.strip_chars(" ")))
    )


def _opens() -> pl.Expr:
    """Whether a text begins with the key."""
    return pl.col("text").str.starts_with(pl.concat_str(pl.lit(" "), pl.col("key")))
