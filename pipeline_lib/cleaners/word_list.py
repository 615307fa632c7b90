"""Matches texts against a word list: words, and the values that they stand for."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl

from pipeline_lib.cleaners.cues import with_cues_heard
from pipeline_lib.cleaners.data_files import DATA_FOLDER, read
from pipeline_lib.cleaners.negation import with_values_cancelled
from pipeline_lib.cleaners.phrases_found import Flags, Numbers, PhrasesFound
from pipeline_lib.cleaners.spelling import END_OF_CLAUSE, list_parts, prepared, run_together, word_count
from pipeline_lib.cleaners.word_keys import (
    ANYWHERE,
    BEGINNING,
    EDGE,
    OF_ONESELF,
    OPENING,
    SAYS_OF_NEIGHBOUR,
    SHORT_TEXT,
    WHOLE_TEXT,
    Where,
    answer_words,
    keys_of,
    phrases_of,
    spellings,
    whole_texts,
)
from pipeline_lib.cleaners.word_list_file import WordListFile, merged

READ_CHARACTERS = 2000
"""How far a text is read: answers come at the beginning, and matching takes time in proportion to the length."""
_MANY_TEXTS = 3
"""With more texts than so many times the keys, all keys are looked for."""
_LETTERS_LOST = 5
"""How many letters a list's spelling drops at most when words are run together: `a a b` is `ab`."""
_MOST_WITHOUT_OPENING = 2
"""A text of up to so many words may just list two values (`hapana/ndio`), of which neither is its opening."""
_MOST_GREETINGS = 4
"""So many greetings in a row are skipped before what a text says: "asc walaal, habari yenu"."""
_LONGEST_ADDRESS = 3
"""So many words may say who is greeted before an answer: "hello mr presenter, yes"."""
_MARK = "|"
"""Delimits the number of a found phrase; a prepared text has only letters and spaces."""


@dataclass(frozen=True)
class WordList:
    """A word list ready to be matched against texts."""

    rules: WordListFile
    values: pl.Series
    """What its words stand for; everywhere else a value is an index of this."""
    keys: pl.DataFrame
    """As from `word_keys.keys_of`, with `value` (-1 = none) and `where` as numbers."""
    whole: pl.DataFrame
    """As from `word_keys.whole_texts`, in the order of `key`, with `value` as a number."""
    longest_whole: int
    """The number of letters of the longest of these keys."""
    written_for: dict[str, str]
    """As from `word_keys.spellings`."""
    answer_before_mark: str
    """A pattern for a word of the list with a punctuation mark after it."""
    addressed: str
    """A pattern for a greeting, whom it greets, and a punctuation mark before a word of the list."""


def load(path: Path) -> WordList:
    """Reads a word list from a TOML file.

    Raises:
        ConfigError: The file is not a word list, or gives two values to one spelling.
    """
    return build(read(path, WordListFile), place=path.name)


def build(file: WordListFile, *, place: str) -> WordList:
    """Prepares a word list for matching; `place` names it in errors.

    A short phrase is also found with its words written as one (`hawl wadaag`, `hawlwadaag`), and a word of five letters
    or more also split in two (`fe male`).

    Raises:
        ConfigError: Names all phrases without letters, and all spellings that two values share.
    """
    phrases = phrases_of(file)
    keys, whole = keys_of(file, phrases, place=place), whole_texts(file, phrases)
    values = pl.concat([keys["value"], whole["value"]]).drop_nulls().unique(maintain_order=True)
    number = pl.col("value").replace_strict(values, range(len(values)), default=-1, return_dtype=pl.Int64)
    places = get_args(Where)
    where = pl.col("where").replace_strict(places, range(len(places)), return_dtype=pl.Int64)
    answer = "|".join(f"{word}{word[-1]}*" for word in answer_words(file))
    greeting = "|".join(file.greetings)
    return WordList(
        file,
        values,
        keys.with_columns(number, where),
        whole.with_columns(number).sort("key"),
        whole.select(pl.col("key").str.len_chars().max().fill_null(0)).item(),
        spellings(file),
        rf"(?i)\b({answer})(?:\s*[,.!;:\n]+|\s+-+\s)",
        rf"(?i)^\W*(?:{greeting})(?:\s+\p{{L}}+){{1,{_LONGEST_ADDRESS}}}\s*[,.!;:\n]\W*((?:{answer})\b)",
    )


def first_value(name: str, texts: pl.Series, *, and_in: tuple[str, ...] = ()) -> pl.Series:
    """The values that the word list `data/<name>.toml` gives to the texts.

    Args:
        name: The list, whose rules apply: its spelling, what several values mean, what a short text is.
        texts: Strings without nulls.
        and_in: Lists whose words count as well, such as those of a language that people mix with it.
    """
    return match(texts, packaged(name, *and_in))


@cache
def packaged(name: str, *others: str) -> WordList:
    """The word list `data/<name>.toml`, with the words of other such lists; it is built once per process."""
    files = map(_packaged_file, (name, *others))
    return build(merged(*files), place=f"{' and '.join((name, *others))}.toml")


@cache
def _packaged_file(name: str) -> WordListFile:
    return read(DATA_FOLDER / f"{name}.toml", WordListFile)


def match(texts: pl.Series, words: WordList) -> pl.Series:
    """The value that each text names, or null. Only whole words count, and of overlapping phrases the longest."""
    beginnings = _without_numbering(texts.str.head(READ_CHARACTERS), words.rules.not_before_numbers)
    said = _with_clauses_ended(beginnings, words) if words.rules.when_several == "opening" else beginnings
    prepared_texts = prepared(said, words.rules.spelling, words.written_for)
    frame = pl.DataFrame({"written": beginnings, "text": prepared_texts}).with_row_index("row")
    marks = pl.col("text").str.count_matches(END_OF_CLAUSE, literal=True)
    frame = frame.with_columns(words=word_count(pl.col("text")), marks=marks)
    values = np.full(len(frame), -1)
    for find in (_named, _put_together, _listed):
        left = frame.filter(pl.Series(values < 0))
        if not left.is_empty():
            rows, found = find(left, words)
            values[rows] = found
    return words.values.gather(pl.Series(values).set(pl.Series(values < 0), None)).rename(texts.name)


def _without_numbering(texts: pl.Series, words: list[str]) -> pl.Series:
    """The texts without these words where they are followed by a number."""
    return texts.str.replace_all(rf"(?i)\b(?:{'|'.join(words)})\.? ?\d", " ") if words else texts


def _with_clauses_ended(texts: pl.Series, words: WordList) -> pl.Series:
    """The texts without greetings of somebody before an answer, and with a word in place of the mark after an answer.

    So "no, fuel is taxed already" is not "no fuel".
    """
    marked = texts.str.contains(r"\p{L}(?:\s*[,.!;:\n]|\s+-).*\p{L}")
    ended = (
        texts.filter(marked)
        .str.replace(words.addressed, "$1")
        .str.replace_all(words.answer_before_mark, f"$1 {END_OF_CLAUSE} ")
        .str.replace(rf"{END_OF_CLAUSE}\P{{L}}*$", "")
    )
    return texts.scatter(marked.arg_true(), ended)


def _named(frame: pl.DataFrame, words: WordList) -> tuple[Numbers, Numbers]:
    """The rows of the texts that name a value, each once, and the values."""
    found = with_cues_heard(_found(frame, words))
    left = with_values_cancelled(found, reach=words.rules.reach, when_negated=_numbered(words))
    numbers = frame["row"].to_numpy()
    beginning = _behind_greetings(found, numbers)
    opens = left.start == beginning[np.searchsorted(numbers, left.row)]
    answers = ~np.isin(left.row, found.row[found.says["gives_no_answer"]])
    if words.rules.when_several == "opening":
        answers |= opens
    left, opens = left.only(answers), opens[answers]
    text = np.searchsorted(numbers, left.row)
    length, marks = frame["words"].to_numpy()[text], frame["marks"].to_numpy()[text]
    is_short = length - marks <= words.rules.short_text_words
    counts = _counts(left, length, is_short=is_short, opens=opens)
    several, certain = words.rules.when_several, left.where == ANYWHERE
    if several == "opening":
        said = left.only(counts | ~np.isin(left.where, (BEGINNING, WHOLE_TEXT)))
        one = np.isin(left.row, _rows_of_one_value(said))
        opens &= (length - marks > _MOST_WITHOUT_OPENING) & ~np.isin(left.row, found.row[found.says["contrasts"]])
        return _firsts(left.only(counts & (one | opens)))
    heard = left.only(counts & (certain | ~np.isin(left.row, left.row[certain])))
    if several == "none":
        heard = heard.only(np.isin(heard.row, _rows_of_one_value(heard)))
    return _firsts(heard)


def _behind_greetings(found: PhrasesFound, numbers: Numbers) -> Numbers:
    """How many words at the beginning of each text are greetings."""
    text = np.searchsorted(numbers, found.row)
    beginning = np.zeros(len(numbers), dtype=np.int64)
    for _ in range(_MOST_GREETINGS):
        greets = found.says["greets"] & (found.start == beginning[text])
        beginning[text[greets]] = found.end[greets]
    return beginning


def _numbered(words: WordList) -> dict[int, int]:
    """`when_negated` with values as numbers, without values that no word of the list stands for."""
    number = {value: at for at, value in enumerate(words.values)}
    turned = words.rules.when_negated.items()
    return {number[said]: number[meant] for said, meant in turned if said in number and meant in number}


def _firsts(found: PhrasesFound) -> tuple[Numbers, Numbers]:
    """Each row in which something was found, and its first value."""
    rows, first = np.unique(found.row, return_index=True)
    return rows, found.value[first]


def _rows_of_one_value(found: PhrasesFound) -> Numbers:
    """The rows whose phrases all have the same value."""
    rows, first, at = np.unique(found.row, return_index=True, return_inverse=True)
    differ = found.value != found.value[first][at]
    of_one_value: Numbers = rows[np.bincount(at[differ], minlength=len(rows)) == 0]
    return of_one_value


def _put_together(frame: pl.DataFrame, words: WordList) -> tuple[Numbers, Numbers]:
    """The rows of texts that consist of one phrase of the list, spaces aside, and the values."""
    known = words.whole["key"]
    letters = pl.col("text").str.len_bytes() - len("  ") * (pl.col("words") + 1)
    short = frame.filter(letters <= words.longest_whole + _LETTERS_LOST)
    key = run_together(short["text"], words.rules.spelling)
    at = known.search_sorted(key).clip(upper_bound=len(known) - 1)
    is_known = known.gather(at) == key
    return short["row"].filter(is_known).to_numpy(), words.whole["value"].gather(at.filter(is_known)).to_numpy()


def _listed(frame: pl.DataFrame, words: WordList) -> tuple[Numbers, Numbers]:
    """The rows of short texts that list facts about their sender (`F, 23, Wajir`), and the values."""
    known = {phrase: value for value, phrases in words.rules.words_of_lists.items() for phrase in phrases}
    some = pl.col("text").str.contains_any([f" {phrase} " for phrase in known])
    listing = frame.filter((pl.col("words") <= words.rules.short_text_words) & some) if known else frame.clear()
    parts = pl.DataFrame([listing["row"], list_parts(listing["written"]).alias("part")]).explode("part")
    listed = parts.join(_abbreviations(words), on="part").unique(["row", "value"]).filter(pl.len().over("row") == 1)
    return listed["row"].to_numpy(), listed["value"].to_numpy()


def _abbreviations(words: WordList) -> pl.DataFrame:
    """The list's `words_of_lists`: `part`, and `value` as a number."""
    number = {value: at for at, value in enumerate(words.values)}
    written = words.rules.words_of_lists.items()
    rows = [(phrase, number[value]) for value, phrases in written for phrase in phrases]
    return pl.DataFrame(rows, schema={"part": pl.String, "value": pl.Int64}, orient="row")


def _found(frame: pl.DataFrame, words: WordList) -> PhrasesFound:
    """The phrases in the texts; the frame has `row` and the prepared `text`."""
    keys = _keys_within(frame["text"], words.keys)
    numbers = pl.Series([f"{_MARK}{number}{_MARK}" for number in range(len(keys))], dtype=pl.String)
    marked = frame["text"].str.replace_many(keys["key"].implode(), numbers.implode(), leftmost=True)
    # by turns the text before a phrase and the phrase's number; the text after the last phrase is dropped
    parts = pl.DataFrame([frame["row"], marked.str.split(_MARK).alias("part")]).lazy()
    placed = (
        parts.filter(pl.col("part").list.len() > 1)
        .with_columns(pl.col("part").list.head(pl.col("part").list.len() - 1))
        .explode("part")
        .select(
            pl.col("row").gather_every(2),
            # each word has a space on both sides, and a text begins with one more
            before=pl.col("part").gather_every(2).str.count_matches(" ", literal=True) // 2,
            number=pl.col("part").gather_every(2, offset=1).cast(pl.Int64),
        )
        .collect()
    )
    row, number = placed["row"].to_numpy().astype(np.int64), placed["number"].to_numpy()
    length = keys["words"].to_numpy().astype(np.int64)[number]
    end = np.cumsum(placed["before"].to_numpy().astype(np.int64) + length)
    _, first, at = np.unique(row, return_index=True, return_inverse=True)
    end -= np.concatenate([[0], end])[first][at]
    where = keys["where"].to_numpy()[number]
    return PhrasesFound(
        row=row,
        start=end - length,
        end=end,
        value=keys["value"].to_numpy()[number],
        where=np.where(where == OF_ONESELF, ANYWHERE, where),
        has_cue=where == OF_ONESELF,
        says={name: keys[name].to_numpy()[number] for name in SAYS_OF_NEIGHBOUR},
    )


def _keys_within(texts: pl.Series, keys: pl.DataFrame) -> pl.DataFrame:
    """The keys that the texts can contain: those whose first two words and last word are words of the texts.

    With many texts, finding those takes longer than looking for all keys.
    """
    if len(texts) > _MANY_TEXTS * len(keys):
        return keys
    said = texts.str.split("  ").explode().unique().implode()
    return keys.filter(*(pl.col(end).is_null() | pl.col(end).is_in(said) for end in ("first", "second", "last")))


def _counts(found: PhrasesFound, length: Numbers, *, is_short: Flags, opens: Flags) -> Flags:
    """Whether each phrase counts where it was found; `length` is its text's number of words."""
    begins, closes = found.start == 0, found.end == length
    at = {number: found.where == number for number in range(len(get_args(Where)))}
    counts_in_short = (at[SHORT_TEXT] | at[OPENING]) & is_short
    counts_at_edge = ((at[OPENING] | at[EDGE] | at[BEGINNING]) & opens) | (at[EDGE] & closes)
    counts: Flags = at[ANYWHERE] | counts_in_short | counts_at_edge | (at[WHOLE_TEXT] & begins & closes)
    return counts
