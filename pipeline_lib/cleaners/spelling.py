"""Normalises words that are spelled in several ways, in texts and in word lists alike.

A prepared text has its words in lower case, each with a space of its own on both sides: `  lab  ah  `. So a word list's
` lab ` is found as a whole word only, and two neighbouring words can both be found.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import polars as pl

from pipeline_lib.errors import Problem

Spelling = Literal["exact", "single", "loose"]
"""`exact` only shortens drawn-out letters to two (`haaaa` is `haa`), `single` doubled ones to one. `loose` makes one
spelling of the ways in which Somali is spelled by ear: letters doubled or not, x/h, q/k/kh, dh/d, y/i, ay/ey, aw/ow, c
written or not, u/o at the end."""

END_OF_CLAUSE = "\u01c0"
"""Stands, as a word, for the mark after an answer; a letter of no language that is spoken here."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST_RUN = 20
_ACCENTS = dict(zip("áàâäãéèêëíìîïóòôöõúùûü", "aaaaaeeeeiiiiooooouuuu", strict=True))
_APOSTROPHES = dict.fromkeys("'`\u00b4\u02bc\u2018\u2019\u201b", "")
_CLAUSE_MARKS = (
    _APOSTROPHES
    | _ACCENTS
    | {f" {short}.": f" {short} " for short in (*_LETTERS, "mt", "st")}
    | dict.fromkeys((". ", ".\n", *",;:!?()\n"), " , ")
)
_THREE = [letter * 3 for letter in _LETTERS]
_TWO_AT_MOST = {letter * run: letter * 2 for run in range(_LONGEST_RUN, 2, -1) for letter in _LETTERS}
_ONE_AT_MOST = {letter * run: letter for run in range(_LONGEST_RUN, 1, -1) for letter in _LETTERS}
_BY_EAR = {
    **dict.fromkeys(("ay", "ey", "ai", "ei"), "ei"),
    **dict.fromkeys(("aw", "ow", "au", "ou"), "ow"),
    **dict.fromkeys(("kh", "q", "k"), "k"),
    "x": "h",
    "dh": "d",
    "y": "i",
    "u ": "o ",
}

_ALIKE = {
    **dict.fromkeys(("ay", "ey", "ai", "ei", "ee"), "e"),
    **dict.fromkeys(("aw", "ow", "au", "ou"), "o"),
    **dict.fromkeys(("kh", "gh", "ck", "q", "k", "g"), "k"),
    **dict.fromkeys(("dh", "th", "d", "t"), "d"),
    **dict.fromkeys(("sh", "s", "z"), "s"),
    **dict.fromkeys(("mb", "mp", "nb", "np", "b", "p"), "b"),
    **dict.fromkeys(("ndh", "nd", "nt"), "d"),
    **dict.fromkeys(("ia", "ya", "iya"), "ia"),
    **dict.fromkeys(("ua", "wa", "uwa"), "ua"),
    "ah": "a",
    "eh": "e",
    "x": "h",
    "y": "i",
    "v": "w",
}
"""Letters that people confuse in names; of those that begin alike, the longer ones first."""


_BANTU = {"l": "r", "v": "b"}
_ACCENT = {"l": "r", "th": "s", "y": "i", "w": "u"}


_TEXT = pl.col("text")
_LOWER = _TEXT.str.to_lowercase()
_WORDS = "  " + _LOWER.str.replace_many(_APOSTROPHES).str.replace_all(r"\P{L}+", "  ").str.strip_chars(" ") + "  "
_CLAUSES = ((" " + _LOWER + " ").str.replace_many(_CLAUSE_MARKS, leftmost=True) + " , ").str.replace_all(
    r"[^\p{L}\d,]+", "  "
)
_SINGLE = _TEXT.str.replace_many(_ONE_AT_MOST, leftmost=True)
_SIMPLE = _SINGLE.str.replace(r"(.)h$", "$1").str.replace("y$", "i")
_LOOSE = (
    _TEXT.str.replace_all("c", "", literal=True)
    .str.replace_many(_ONE_AT_MOST, leftmost=True)
    .str.replace_many(_BY_EAR, leftmost=True)
    .str.replace_many(_ONE_AT_MOST, leftmost=True)
)
"""Each spelling is one expression: with few texts, a call per step would cost more than the work."""

NOTHING_WRITTEN_FOR: Mapping[str, str] = MappingProxyType({})


def prepared(texts: pl.Series, spelling: Spelling, written_for: Mapping[str, str] = NOTHING_WRITTEN_FOR) -> pl.Series:
    """The texts' words in one spelling, spaced so that a whole word can be found as ` word `.

    Anything but a letter separates words, except an apostrophe, which Somali has inside words (`da'da`).

    Args:
        texts: Strings without nulls.
        spelling: How words are spelled.
        written_for: From a variant, with a space on both sides, to the word that it stands for, in capitals, which no
            spelling changes.
    """
    words = _apply(_WORDS, _nfkc(texts))
    if not written_for:
        return _spelled(words, spelling)
    return _spelled(_exact(words).str.replace_many(written_for), spelling)


def _apply(steps: pl.Expr, texts: pl.Series) -> pl.Series:
    return texts.to_frame("text").select(steps).to_series().alias(texts.name)


def _nfkc(texts: pl.Series) -> pl.Series:
    """The texts in the normal form NFKC; those in ASCII are already."""
    is_beyond_ascii = texts.str.len_bytes() != texts.str.len_chars()
    return texts.scatter(is_beyond_ascii.arg_true(), texts.filter(is_beyond_ascii).str.normalize("NFKC"))


def word_count(prepared_texts: pl.Expr) -> pl.Expr:
    """The number of words in a prepared text or a key; 1 if it has none."""
    return prepared_texts.str.strip_chars(" ").str.count_matches("  ", literal=True) + 1


def run_together(prepared_texts: pl.Series, spelling: Spelling) -> pl.Series:
    """Prepared texts with all their words run together as one."""
    letters = prepared_texts.str.replace_many({" ": "", END_OF_CLAUSE: ""})
    return " " + _spelled(letters, spelling) + " "


def phrase_keys(
    phrases: pl.Series, spelling: Spelling, written_for: Mapping[str, str] = NOTHING_WRITTEN_FOR
) -> pl.Series:
    """The keys to look for in a prepared text to find these words or phrases."""
    inner = prepared(phrases, spelling, written_for).str.strip_chars(" ")
    lost_a_word = inner.str.contains("   ", literal=True)
    if lost_a_word.any():
        inner = inner.scatter(lost_a_word.arg_true(), inner.filter(lost_a_word).str.replace_all(r" +", "  "))
    return " " + inner + " "


def _spelled(words: pl.Series, spelling: Spelling) -> pl.Series:
    if spelling == "single":
        return _apply(_SINGLE, words)
    return _exact(words) if spelling == "exact" else loose(words)


def _exact(words: pl.Series) -> pl.Series:
    is_long_drawn = words.str.contains_any(_THREE)
    if not is_long_drawn.any():
        return words
    shortened = words.filter(is_long_drawn).str.replace_many(_TWO_AT_MOST, leftmost=True)
    return words.scatter(is_long_drawn.arg_true(), shortened)


def loose(words: pl.Series) -> pl.Series:
    """The words in loose spelling, as `Spelling` has it; they are in lower case, with spaces between them."""
    return _apply(_LOOSE, words)


def list_parts(texts: pl.Series) -> pl.Series:
    """The parts of each text between numbers and signs, in lower case; `5 a.m.` has no part `m`."""
    bare = texts.str.normalize("NFKC").str.to_lowercase().str.replace_many(_APOSTROPHES)
    abbreviated = bare.str.replace_all(r"(\p{L})\.(\p{L})", "$1$2")
    separated = abbreviated.str.replace_all(r"[^\p{L} ]+", ",").str.replace_all(r" *, *", ",")
    return separated.str.strip_chars(" ").str.split(",")


def prepared_clauses(texts: pl.Series, spelling: Spelling) -> pl.Series:
    """As `prepared`, but numbers are words too, and so is a comma, which is put where a clause or the text ends."""
    words = _apply(_CLAUSES, _nfkc(texts))
    runs_on = words.str.contains(r"[\p{L},]\d|\d[\p{L},]")
    numbered = words.filter(runs_on).str.replace_all(r"(\d+)", "  $1  ").str.replace_all(r"   +", "  ")
    return _spelled(words.scatter(runs_on.arg_true(), numbered), spelling)


def clause_keys(phrases: pl.Series, spelling: Spelling) -> pl.Series:
    """The keys to look for in a text of `prepared_clauses`; a phrase that ends with a comma has to end a clause."""
    inner = prepared_clauses(phrases, spelling).str.strip_chars(" ,")
    return (
        " "
        + inner
        + pl.select(pl.when(phrases.str.ends_with(",")).then(pl.lit("  , ")).otherwise(pl.lit(" "))).to_series()
    )


def simple(words: pl.Series) -> pl.Series:
    """Words without doubled letters, and at the end without h and with i for y."""
    return _apply(_SIMPLE, words)


def phonetic_keys(words: pl.Series, spelling: Spelling) -> pl.Series:
    """Phonetic keys: equal for names that sound alike.

    They are coarser than "loose" spelling: they ignore whether a consonant is voiced, an h after another letter, nasals
    before a consonant, and the vowel at the end; where the spelling isn't "loose" they also treat l and r, and v and b,
    as the same letter, as Bantu languages do.
    """
    alike = simple(words).str.replace_many(_ALIKE if spelling == "loose" else _ALIKE | _BANTU, leftmost=True)
    return simple(alike).str.replace(r"(.)[aeiou]+$", "$1")


def accented(words: pl.Series) -> pl.Series:
    """Words in simple spelling, with letters unified that an accent confuses: l and r, th and s, y and i, w and u.

    So `sika` is `thika`, and `kitwi` is `kitui`.
    """
    return simple(words).str.replace_many(_ACCENT, leftmost=True)


def spelling_problems(keys: pl.DataFrame, place: str, *, without_value: str) -> list[Problem]:
    """Problems of a list: phrases without letters, which would be found in every text, and phrases of two values.

    Args:
        keys: A row per `phrase`, with its `key` and its `value`.
        place: How errors name the list.
        without_value: What errors write in place of a value where a phrase has none.
    """
    empty = keys.filter(pl.col("key").str.strip_chars() == "")["phrase"].unique(maintain_order=True)
    shared = keys.filter(pl.col("key").is_duplicated()).group_by("key", maintain_order=True).agg("phrase", "value")
    return [
        *(Problem(f'{place}: "{phrase}"', "has no letter to look for", "write a word") for phrase in empty),
        *(
            Problem(
                f"{place}: {', '.join(row['phrase'])}",
                f"one spelling, several meanings: {', '.join(value or without_value for value in row['value'])}",
                "list it once",
            )
            for row in shared.iter_rows(named=True)
        ),
    ]
