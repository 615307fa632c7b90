"""The keys to look for in a text to find a word list's phrases: the phrases themselves, and common misspellings."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Literal

import polars as pl

from pipeline_lib.cleaners.misspellings import slips_on_keys
from pipeline_lib.cleaners.negation import Canceller, negations
from pipeline_lib.cleaners.spelling import (
    END_OF_CLAUSE,
    phrase_keys,
    prepared,
    run_together,
    spelling_problems,
    word_count,
)
from pipeline_lib.cleaners.word_list_file import Phrases, WordListFile
from pipeline_lib.errors import ConfigError

Where = Literal["anywhere", "short text", "opening", "edge", "whole text", "of oneself", "beginning"]
ANYWHERE, SHORT_TEXT, OPENING, EDGE, WHOLE_TEXT, OF_ONESELF, BEGINNING = range(7)
"""The places of `Where`, as numbers."""
CAN_BE_CUED = (SHORT_TEXT, OPENING, WHOLE_TEXT, BEGINNING)

_SHORTEST_SPLIT = 5
"""If a word has at least so many letters, its halves are hardly ever words by chance (`fe male`)."""
_LONGEST_RUN_TOGETHER = 14
"""How many letters a cue and its word may have together, written as one: `mimimwanamke`, `iamamarriedman`."""
_SHORTEST_RUN_TOGETHER = 6
"""If a cue and its word have at least so many letters together, they are hardly ever a word by chance (`iamaman`)."""
_SHORTEST_RESPELLED = 3
_MOST_WRITTEN_AS_ONE = 2
"""Within a text, phrases of up to so many words are also found written as one; longer ones only as the whole text."""
_MOST_PUT_TOGETHER = 3
"""Phrases of up to so many words are also found, split or run together, if a text says nothing else."""
_HEARD_ALIKE = (("x", "h"), ("h", "x"), ("q", "k"), ("k", "q"), ("q", "g"), ("dh", "d"), ("kh", "q"), ("c", ""))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
SAYS_OF_NEIGHBOUR = (
    *Canceller._fields[1:],
    "cues_next",
    "cues_previous",
    "may_be_between",
    "gives_no_answer",
    "greets",
    "contrasts",
)


def keys_of(file: WordListFile, phrases: pl.DataFrame, *, place: str) -> pl.DataFrame:
    """The keys to look for in a prepared text, for the list's `phrases_of`.

    Returns:
        One row per `key`, longest first: its `value` (null = none); `where` it counts; whether it has each flag of a
        `Canceller`, and whether it `cues_next`, `cues_previous`, `may_be_between`, `gives_no_answer`, `greets` or
        `contrasts`; its number of `words`, and the `first`, the `second` and the `last` of them, null where there is
        none or only the beginning of that word is looked for.

    Raises:
        ConfigError: Names all phrases without letters, and all spellings that two values share.
    """
    listed = _as_listed(phrases, file)
    alone = _as_listed(_alone(file), file)
    of_values = listed.filter(pl.col("value").is_not_null()).join(alone, on="key", how="semi", maintain_order="left")
    alone = pl.concat([of_values, alone]).unique(["key", "value"], keep="first", maintain_order=True)
    problems = [
        *spelling_problems(listed, place, without_value="ignored"),
        *spelling_problems(alone, place, without_value="ignored"),
    ]
    if problems:
        raise ConfigError(*dict.fromkeys(problems))
    neighbours = _neighbours(file)
    slips = (_respelled(phrases, file), _one_letter_off(phrases, file), _one_key_off(phrases, file))
    misspelt = pl.concat([_split(phrases), *slips])
    generated = _with_keys(misspelt, file).select("key", "value", "where")
    certain = (
        generated.unique(["key", "value"], keep="first", maintain_order=True)
        .filter(pl.len().over("key") == 1)
        .join(listed, on="key", how="anti", maintain_order="left")
        .join(neighbours, on="key", how="anti", maintain_order="left")
    )
    return _with_words(
        pl.concat([listed.select(certain.columns), certain])
        .join(neighbours, on="key", how="full", coalesce=True, maintain_order="left_right")
        .with_columns(pl.col("where").fill_null("anywhere"))
        .with_columns(pl.col(*SAYS_OF_NEIGHBOUR).fill_null(value=False))
        .sort(pl.col("key").str.len_bytes(), descending=True, maintain_order=True)
    )


def _with_words(keys: pl.DataFrame) -> pl.DataFrame:
    """The keys with their number of words and three of them, as `keys_of` has them."""
    parts, is_whole = pl.col("parts"), pl.col("key").str.ends_with(" ")
    said = keys.with_columns(parts=pl.col("key").str.strip_chars(" ").str.split("  "), words=word_count(pl.col("key")))
    return said.with_columns(
        first=pl.when(is_whole | (pl.col("words") > 1)).then(parts.list.first()),
        second=pl.when(is_whole | (pl.col("words") > 2)).then(parts.list.get(1, null_on_oob=True)),  # noqa: PLR2004
        last=pl.when(is_whole).then(parts.list.last()),
    ).drop("parts")


def spellings(file: WordListFile) -> dict[str, str]:
    """The `written_for` of a list, as `spelling.prepared` takes it."""
    written = file.written_for.items()
    return {f" {each} ": f" {word.upper()} " for word, others in written for each in (word, *others)}


def answer_words(file: WordListFile) -> list[str]:
    """The single words of a list that stand for a value; also phrases that do so before a comma, without the comma."""
    sections = (getattr(file, name) for name in type(file).model_fields if name.startswith("words"))
    phrases = {
        phrase for section in sections for phrase, _ in _spoken(section) if " " not in phrase or phrase[-1] == ","
    }
    return sorted(each for each in (phrase.removesuffix(",") for phrase in phrases) if each.replace(" ", "").isalpha())


def whole_texts(file: WordListFile, phrases: pl.DataFrame) -> pl.DataFrame:
    """The keys of texts that consist of one of the list's `phrases_of`, even with its words split or run together.

    Returns:
        One row per `key`, a prepared text without the spaces between its words, with its `value`.
    """
    phrase = pl.col("phrase")
    is_short = (_spaces(phrase) < _MOST_PUT_TOGETHER) & ~phrase.str.contains("[*,]$")
    keyed = pl.concat([phrases.filter(pl.col("value").is_not_null(), is_short), _alone(file)])
    letters = keyed["phrase"].str.replace_all(" ", "", literal=True)
    keys = pl.concat([run_together(keyed["key"], file.spelling), phrase_keys(letters, file.spelling)])
    together = pl.DataFrame({"key": keys, "value": pl.concat([keyed["value"], keyed["value"]])})
    meant = pl.concat([together, _run_together(file)]).group_by("key")
    once = meant.agg(pl.col("value").first(), values=pl.col("value").n_unique()).filter(pl.col("values") == 1)
    return once.drop("values")


def _spaces(phrase: pl.Expr) -> pl.Expr:
    return phrase.str.count_matches(" ", literal=True)


def phrases_of(file: WordListFile) -> pl.DataFrame:
    """Every `phrase` with its `value` (null = ignored), `where` it counts, and its `key`."""
    sections: dict[Where, Phrases] = {
        "of oneself": file.words_said_of_oneself,
        "anywhere": file.words,
        "opening": file.words_of_openings,
        "edge": file.words_of_edges,
        "beginning": file.words_of_beginnings,
        "short text": file.words_of_short_texts,
        "whole text": file.words_with_cue,
    }
    listed = [_listed(phrases, where) for where, phrases in sections.items()]
    ignored = pl.DataFrame({"phrase": pl.Series(file.ignored, dtype=pl.String)})
    without_value = ignored.with_columns(value=pl.lit(None, pl.String), where=pl.lit("anywhere"))
    return _with_keys(pl.concat([*listed, without_value]), file)


def _alone(file: WordListFile) -> pl.DataFrame:
    return _with_keys(_listed(file.words_of_whole_texts, "whole text"), file)


def _listed(phrases: Phrases, where: Where) -> pl.DataFrame:
    written = pl.Series("phrase", [*phrases.values()], dtype=pl.List(pl.String))
    listed = pl.DataFrame([pl.Series("value", [*phrases], dtype=pl.String), written]).explode("phrase")
    return listed.drop_nulls("phrase").select("phrase", "value", where=pl.lit(where))


def _run_together(file: WordListFile) -> pl.DataFrame:
    """The `key` and the `value` of each cue together with each word that it can accompany, written as one word."""
    cued = pl.concat([_listed(file.words_with_cue, "whole text"), _listed(file.words_of_short_texts, "short text")])
    words = pl.LazyFrame({"word": _letters(cued["phrase"]), "value": cued["value"]})
    before, after = (
        pl.LazyFrame({"cue": _letters(pl.Series(cues, dtype=pl.String))})
        for cues in (file.cues_before, file.cues_after)
    )
    length = pl.col("cue").str.len_bytes() + pl.col("word").str.len_bytes()
    few = length.is_between(_SHORTEST_RUN_TOGETHER, _LONGEST_RUN_TOGETHER)
    said = [
        words.join(cues, how="cross").filter(few).select("value", said=pl.concat_str(order))
        for cues, order in ((before, ("cue", "word")), (after, ("word", "cue")))
    ]
    together = pl.concat(said).collect()
    return together.select(run_together(together["said"], file.spelling).alias("key"), "value")


def _letters(phrases: pl.Series) -> pl.Series:
    return prepared(phrases, "exact").str.replace_all(" ", "", literal=True)


def _spoken(phrases: Phrases) -> Iterator[tuple[str, str]]:
    return ((phrase, value) for value, written in phrases.items() for phrase in written)


def _as_listed(rows: pl.DataFrame, file: WordListFile) -> pl.DataFrame:
    """The phrases, and the short ones also written as one word."""
    few = rows.filter(_spaces(pl.col("phrase")).is_between(1, _MOST_WRITTEN_AS_ONE - 1))
    as_one = few.with_columns(pl.col("phrase").str.replace_all(" ", "", literal=True))
    together = pl.concat([rows, _with_keys(as_one, file)])
    return together.unique(["key", "value"], keep="first", maintain_order=True)


def _with_keys(rows: pl.DataFrame, file: WordListFile) -> pl.DataFrame:
    return rows.with_columns(key=_keys(rows["phrase"], file))


def _keys(phrases: pl.Series, file: WordListFile) -> pl.Series:
    """As `phrase_keys`; the key of a phrase that ends in `*` leaves the end of its last word open."""
    marked = phrases.str.replace_all(",", f" {END_OF_CLAUSE} ")
    whole = phrase_keys(marked, file.spelling, spellings(file))
    return whole.zip_with(phrases.str.ends_with("*").not_(), whole.str.strip_suffix(" "))


def _split(rows: pl.DataFrame) -> pl.DataFrame:
    """Long words split in two, but not those that count only at some places: "hapana" is "no", "hapa na" "here and"."""
    words = rows.filter(pl.col("where").is_in(["anywhere", "short text"]), _is_word(_SHORTEST_SPLIT))
    return _misspelt(words, _halves)


def _is_word(least_letters: int) -> pl.Expr:
    phrase = pl.col("phrase")
    return (phrase.str.len_bytes() >= least_letters) & ~phrase.str.contains(r"\P{L}")


def _halves(word: str) -> list[str]:
    return [f"{word[:at]} {word[at:]}" for at in range(1, len(word))]


def _respelled(rows: pl.DataFrame, file: WordListFile) -> pl.DataFrame:
    words = rows.filter(file.also_heard_alike, pl.col("value").is_not_null(), _is_word(_SHORTEST_RESPELLED))
    return _misspelt(words, _heard_alike)


def _misspelt(rows: pl.DataFrame, written: Callable[[str], Iterable[str]]) -> pl.DataFrame:
    """The rows, with all misspellings of each phrase, as `written` returns them, in place of the phrase."""
    words = rows.drop("key")
    forms = [(form, value, where) for phrase, value, where in words.iter_rows() for form in written(phrase)]
    return pl.DataFrame(forms, schema=words.schema, orient="row")


def _heard_alike(word: str) -> set[str]:
    halves = [(word[:at], word[at:]) for at in range(len(word))]
    doubled = {a + b[0] + b for a, b in halves}
    single = {a + b[1:] for a, b in halves if b[:1] == b[1:2]}
    others = {a + there + b[len(here) :] for a, b in halves for here, there in _HEARD_ALIKE if b.startswith(here)}
    return (doubled | single | others) - {word}


def _one_letter_off(rows: pl.DataFrame, file: WordListFile) -> pl.DataFrame:
    return _misspelt(rows.filter(pl.col("phrase").is_in(file.one_letter_off)), _edits)


def _one_key_off(rows: pl.DataFrame, file: WordListFile) -> pl.DataFrame:
    """Typing slips on short words; they count only at an edge of a text, since most are words themselves."""
    words = rows.filter(pl.col("phrase").is_in(file.one_key_off)).with_columns(where=pl.lit("edge"))
    return _misspelt(words, slips_on_keys)


@cache
def _edits(word: str) -> set[str]:
    """The spellings at a Damerau distance of one, as in Norvig's spelling corrector."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return (
        {a + b[1:] for a, b in halves if b}
        | {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
        | {a + letter + b[1:] for a, b in halves if b for letter in _LETTERS}
        | {a + letter + b for a, b in halves for letter in _LETTERS}
    ) - {word}


def _neighbours(file: WordListFile) -> pl.DataFrame:
    """One row per `key` of a phrase that says something about a word beside it, with a flag for each thing it says."""
    says = [
        (each.phrase, {name for name in Canceller._fields[1:] if getattr(each, name)}) for each in _cancellers(file)
    ]
    says += [(phrase, {"cues_next"}) for phrase in file.cues_before]
    says += [(phrase, {"cues_previous"}) for phrase in file.cues_after]
    says += [(phrase, {"may_be_between"}) for phrase in file.may_be_between]
    says += [(phrase, {"gives_no_answer"}) for phrase in file.gives_no_answer]
    says += [(phrase, {"greets"}) for phrase in file.greetings]
    says += [(phrase, {"contrasts"}) for phrase in file.contrasts]
    columns = {"phrase": pl.String, **dict.fromkeys(SAYS_OF_NEIGHBOUR, pl.Boolean)}
    rows = [(phrase, *(name in said for name in SAYS_OF_NEIGHBOUR)) for phrase, said in says]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    keyed = frame.with_columns(key=_keys(frame["phrase"], file)).drop("phrase")
    return keyed.group_by("key", maintain_order=True).agg(pl.all().any())


def _cancellers(file: WordListFile) -> Iterator[Canceller]:
    for language in file.negated_in:
        yield from negations(language)
    after, before = set(file.not_after), set(file.not_before)
    for phrase in dict.fromkeys([*file.not_after, *file.not_before]):
        words = phrase.split()  # "is the" cancels on both sides, if "is" alone cancels the previous word
        yield Canceller(phrase, phrase in after or words[-1] in after, phrase in before or words[0] in before)
