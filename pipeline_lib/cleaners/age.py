"""A person's age, written in digits, in digits and letters that look like digits, or in words.

Numbers that are something else are set aside first: ranges and bounds, money, counts and measures, years of birth, the
ages of others. `data/ages.toml` has the words that tell; the rules for their order are here.
"""

from functools import cache
from typing import NamedTuple

import polars as pl

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.number_words import OTHER_NUMBER, in_digits
from pipeline_lib.cleaners.slips import missing_or_mistaken, split, swapped_or_doubled
from pipeline_lib.cleaners.spelling import loose
from pipeline_lib.cleaners.word_list import READ_CHARACTERS, first_value

_LOOKALIKES = {"o": "0", "i": "1", "j": "1", "l": "1", "z": "2", "t": "7"}
_OTHER_DIGITS = {chr(first + digit): str(digit) for first in (0x0660, 0x06F0) for digit in range(10)}
_APOSTROPHES = dict.fromkeys("'`\u00b4\u02bc\u2018\u2019\u201b", "")
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
_SIGNS = {"$": " usd ", "%": " percent ", "+": " plus ", ">": " over ", "<": " under ", "/=": " sh ", "/-": " sh "}

_SELF = "@"
"""Stands for who writes: the talk is of them from here on."""
_END = "."
"""Stands for the end of a sentence, or of a part of one."""

_ANSWER, _UNKNOWN = "&", "?"
"""Stand for words that answer another question about a person, and for words of which nothing is known."""

_FEW = 2
"""Unknown words of a text that is about its writer's years, and not about those that something took."""
_LONG = 5
"""Letters from which on a word for an age is known after a slip."""

_EDGE = r"(?-u:\b)"
"""Of a word of the Latin alphabet: looking for those of all alphabets takes ten times as long."""

_NO_AGE = (
    r"\+?[0-9](?:[ -]?[0-9]){6,}"  # a phone number, also in groups
    r"|[0-9]+(?:[.,:/][0-9]+)+"  # a date, a time, a fraction, thousands
    r"|[0-9]+-[0-9]+(?:-[0-9]+)*"  # a range, a date
    rf"|[0-9]{{1,2}}[ .]?[ap][ .]?m{_EDGE}[ .]*$"  # a time
)
_WHOLE_WITH_A_POINT = r"(^|[^\d.,:/-])(\d+)\.0+($|[^\d,:/-])"
"""A whole number as calculators and spreadsheets write it: `23.0`."""

_ANSWERS_TO_OTHER_QUESTIONS = (
    *("english_gender", "somali_gender", "swahili_gender"),
    *("somali_district", "kenya_county", "kenya_constituency"),
)
"""People who are asked who they are answer all at once: `25 male`, `25 hargeysa`."""


class AgesFile(DataFile):
    """What stands beside numbers, as `data/ages.toml` has it."""

    self: list[str]
    age_before: list[str]
    age_after: list[str]
    years_before: list[str]
    years_after: list[str]
    copulas: list[str]
    particles: list[str]
    between: list[str]
    bound_before: list[str]
    bound_after: list[str]
    duration_before: list[str]
    duration_after: list[str]
    counted_before: list[str]
    counted_after: list[str]
    birth: list[str]
    others: list[str]
    past: list[str]
    past_after: list[str]


class _Rule(NamedTuple):
    pattern: str
    becomes: str


def age_10_to_99(texts: pl.Series, *, languages: tuple[str, ...]) -> pl.Series:
    """The age from 10 to 99 that each text says its writer has; null where it says none, or several.

    Number words count in the `languages`, digits in any.
    """
    numbered = in_digits(_tokens(texts), languages)
    may_tell = numbered.str.contains(" [0-9]{2} | [0-9] [0-9] ")
    told = _told(numbered.filter(may_tell))
    ages = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
    return ages.scatter(may_tell.arg_true(), told)


def _tokens(texts: pl.Series) -> pl.Series:
    """Words, digits and ends of sentences, with a space between any two and at both ends."""
    plain = texts.str.head(READ_CHARACTERS).str.normalize("NFKC").str.to_lowercase()
    plain = plain.str.replace_many({**_OTHER_DIGITS, **_APOSTROPHES, **_DASHES}).str.replace_many(_SIGNS)
    numbers = plain.str.replace_all(_WHOLE_WITH_A_POINT, "$1$2$3").str.replace_all(_NO_AGE, f" {OTHER_NUMBER} ")
    for pattern, digits in _lookalike_rules():
        numbers = numbers.str.replace_all(pattern, digits)
    apart = (
        numbers.str.replace_all(rf"([0-9]) ?y(?:s|/?o)?{_EDGE}", "$1 years ")
        .str.replace_all("[0-9]+", " $0 ")
        .str.replace_all(r"[.,;!?()\n\r]+", f" {_END} ")
        .str.replace_all(rf"[^\p{{L}}\d{OTHER_NUMBER}{_END}-]+", " ")
        .str.replace_all(r"(\p{L})-(\p{L})", "$1 $2")
        .str.replace_all(r"-+", " - ")
    )
    return (" " + apart + " ").str.replace_all(" +", " ")


@cache
def _lookalike_rules() -> list[tuple[str, str]]:
    """Letters that stand for a digit beside another one, alone or with a word for an age against them."""
    glued = "jir|jirka|j|sano|yrs|yr|y|years"
    return [
        rule
        for letter, digit in _LOOKALIKES.items()
        for rule in (
            (rf"{_EDGE}{letter}([0-9])((?:{glued})?){_EDGE}", f"{digit}$1$2"),
            (rf"{_EDGE}([1-9]){letter}((?:{glued})?){_EDGE}", f"${{1}}{digit}$2"),
        )
    ]


def _told(numbered: pl.Series) -> pl.Series:
    """The age in texts whose numbers are in digits."""
    marked = loose(numbered)
    for rule in _rules():
        marked = marked.str.replace_all(rule.pattern, rule.becomes)
    text = pl.col("text")
    ages = text.str.extract(r" a([1-9]\d) ")
    years = _only(r" y([1-9]\d) ")
    years_of_somebody = _only(rf"(?:^ |[^{_UNKNOWN} ] )y([1-9]\d) ")
    own = _only(rf" s([1-9]\d) (?:[^{_UNKNOWN}]|$)")
    alone = _only(rf" ([1-9]\d) (?:[^{_UNKNOWN}]|$)")
    clause = _only(rf"(?:^|[{_END}]) ([1-9]\d) (?:[{_END}]|$)")
    is_one = text.str.extract_all(rf" [1-9]\d{_EDGE}").list.n_unique() <= 1
    unknown_count = text.str.count_matches(_UNKNOWN, literal=True)
    # Beside another answer of theirs one word may be a person's name.
    is_answer = (unknown_count == 0) | ((unknown_count == 1) & text.str.contains(_ANSWER, literal=True))
    told = pl.coalesce(
        ages,
        years_of_somebody,
        pl.when(unknown_count <= _FEW).then(years),
        own,
        pl.when(is_one).then(clause),
        pl.when(is_one & is_answer).then(alone),
    )
    return pl.DataFrame({"text": _with_classes(marked, numbered)}).select(told).to_series()


def _only(pattern: str) -> pl.Expr:
    """What a pattern finds, if that is one number and no other."""
    found = pl.col("text").str.extract_all(pattern).list.eval(pl.element().str.extract(r"(\d\d)\D*$")).list.unique()
    return pl.when(found.list.len() == 1).then(found.list.first())


def _with_classes(marked: pl.Series, numbered: pl.Series) -> pl.Series:
    """The marked texts with words replaced by what they are: an answer to another question, or unknown; others stay."""
    tokens = pl.DataFrame({"token": marked.str.strip_chars(" ").str.split(" ")}).with_row_index("row").explode("token")
    classes = pl.DataFrame({"token": tokens["token"].unique()}).select(
        "token",
        stands=pl.when(~pl.col("token").str.contains(r"^\p{L}+$") | pl.col("token").str.contains(_particles()))
        .then("token")
        .when(pl.col("token").is_in(_loose_answers(numbered).implode()))
        .then(pl.lit(_ANSWER))
        .otherwise(pl.lit(_UNKNOWN)),
    )
    told = tokens.join(classes, on="token", how="left", maintain_order="left")
    return " " + told.group_by("row", maintain_order=True).agg(pl.col("stands").str.join(" "))["stands"] + " "


def _loose_answers(numbered: pl.Series) -> pl.Series:
    """The words of the texts that answer another question, in loose spelling."""
    words = numbered.str.extract_all(r"\p{L}+").explode().drop_nulls().unique()
    is_answer = pl.repeat(value=False, n=words.len(), dtype=pl.Boolean, eager=True)
    for name in _ANSWERS_TO_OTHER_QUESTIONS:
        is_answer |= first_value(name, words).is_not_null()
    return loose(" " + words.filter(is_answer) + " ").str.strip_chars(" ")


@cache
def _particles() -> str:
    listed = read(DATA_FOLDER / "ages.toml", AgesFile)
    return rf"^(?:{_any_of([*listed.particles, *listed.copulas])})$"


@cache
def _rules() -> list[_Rule]:
    """In their order. `#` is a number that is no age, `a25` an age, `y25` years, `s25` of who writes, `25` any one."""
    listed = read(DATA_FOLDER / "ages.toml", AgesFile)
    lists = {name: getattr(listed, name) for name in AgesFile.model_fields}
    of_age = ("age_before", "age_after", "years_before", "years_after")
    slips = {name: [slip for word in lists[name] for slip in _slips(word)] for name in of_age}
    say = {name: _any_of([*phrases, *slips.get(name, [])]) for name, phrases in lists.items()}
    units = "|".join(say[name] for name in of_age)
    two, number, unit = r"[1-9][0-9]", "[0-9]+", rf"(?: (?:{units}))"
    copula = rf"(?: (?:{say['copulas']}|{_SELF}))"
    word = rf"(?: [^0-9.{OTHER_NUMBER}{_SELF} ]+)"
    other = f" {OTHER_NUMBER} "

    def none_of(*patterns: str) -> list[_Rule]:
        return [_Rule(rf" (?:{pattern}) ", other) for pattern in patterns]

    return [
        _Rule(r"^ ([1-9]) ([0-9]) $", " $1$2 "),
        _Rule(rf" ((?:{units}|{say['self']}){copula}?) ([1-9]) ([0-9]) ", " $1 $2$3 "),
        _Rule(rf" ([1-9]) ([0-9]) ({units}) ", " $1$2 $3 "),
        *none_of(
            rf"{two}{unit}*(?: is)? (?:-|{say['between']})(?: (?:-|{say['between']}))*{unit}* {two}{unit}*",
            rf"(?:{say['bound_before']}){unit}*{copula}* {number}",
            rf"{number}{unit}* (?:{say['bound_after']})",
            rf"(?:{say['past']}){word}{{0,2}} {number}{unit}*",
            rf"{number} (?:{say['past_after']})",
        ),
        _Rule(rf"(?: (?:{say['self']}))+ ", f" {_SELF} "),
        *none_of(
            rf"(?:{say['birth']}){word}{{0,3}} {number}",
            rf"{number}{word}{{0,2}} (?:{say['birth']})",
            rf"(?:{say['others']}){word}{{0,5}} {number}{unit}*",
        ),
        _Rule(rf" (?:{say['years_before']}){copula}* ({number}) ", " y$1 "),
        _Rule(rf" ({number}) (?:{say['years_after']}) ", " y$1 "),
        _Rule(rf" ({number}) (?:{say['years_before']}) ", " y$1 "),
        _Rule(rf" (?:{say['years_after']}){copula}* ({number}) ", " y$1 "),
        _Rule(rf" y?({number}) (?:{say['age_after']}) ", " a$1 "),
        _Rule(rf" (?:{say['age_before']}){copula}* y?({number}) ", " a$1 "),
        _Rule(rf" (?:{say['age_after']}){copula}* y?({number}) ", " a$1 "),
        *none_of(
            rf"(?:{say['duration_before']}){word}{{0,1}} y{number}",
            rf"y{number} (?:{say['duration_after']})",
            rf"(?:{say['counted_before']})(?: [{_END}])? {number}",
            rf"{number} (?:{say['counted_after']})",
        ),
        _Rule(rf" {_SELF}{copula}* y({number}) ", " a$1 "),
        _Rule(rf" {_SELF}(?: [{_END}]{copula})?{copula}* ({number}) ", f" {_SELF} s$1 "),
    ]


def _slips(word: str) -> list[str]:
    """What a word of some letters looks like after a slip."""
    if len(word) < _LONG or not word.isalpha():
        return []
    return [*swapped_or_doubled(word), *missing_or_mistaken(word), *split(word)]


def _any_of(phrases: list[str]) -> str:
    """A pattern for any of the phrases, the longest first, in loose spelling; a star is any ending."""
    spelled = loose(" " + pl.Series(phrases) + " ").str.strip_chars(" ")
    by_length = sorted(set(spelled), key=lambda phrase: -len(phrase))
    return "|".join(phrase.replace("u*", "[uo]*").replace("*", r"[^ ]*") for phrase in by_length)
