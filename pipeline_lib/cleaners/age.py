"""A person's age, written in digits, in digits and letters that look like digits, or in words.

Numbers that are something else are ruled out first: ranges and bounds, money, counts and measures, years of birth, the
ages of others. The words that show this are in `data/ages.toml`, the rules for how they combine are here.
"""

from functools import cache
from typing import NamedTuple

import polars as pl

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.gazetteer import packaged_names
from pipeline_lib.cleaners.misspellings import missing_or_mistaken, split, swapped_or_doubled
from pipeline_lib.cleaners.number_words import OTHER_NUMBER, in_digits
from pipeline_lib.cleaners.phrase_index import PhraseIndex
from pipeline_lib.cleaners.spelling import loose, phonetic_keys
from pipeline_lib.cleaners.word_list import READ_CHARACTERS, packaged

_LOOKALIKES = {"o": "0", "i": "1", "j": "1", "l": "1", "z": "2", "t": "7"}
_OTHER_DIGITS = {chr(first + digit): str(digit) for first in (0x0660, 0x06F0) for digit in range(10)}
_APOSTROPHES = dict.fromkeys("'`\u00b4\u02bc\u2018\u2019\u201b", "")
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
_SIGNS = {"$": " usd ", "%": " percent ", "+": " plus ", ">": " over ", "<": " under ", "/=": " sh ", "/-": " sh "}

_CHARACTERS = _OTHER_DIGITS | _APOSTROPHES | _DASHES | _SIGNS

_SELF, _OWN = "@", "%"
"""Replace phrases such as "I am" and "my age is": what follows is about the writer, or about the writer's age."""
_END = "."
"""Replaces the end of a sentence or a clause."""

_ANSWER, _UNKNOWN = "&", "?"
"""Replace words that answer another question about a person, and unknown words."""

_FEW = 2
"""With at most so many unknown words, years in a text are the writer's age, and not how long something took."""
_LONG = 5
"""From so many letters on, a word for an age is recognised with a typing slip."""

_EDGE = r"(?-u:\b)"
"""A word boundary between ASCII letters: one for all alphabets takes ten times as long."""

_ANY_ENDING = rf"[^ {_SELF}{_OWN}{_END}]*"
"""Any ending of a word; marks are not part of one."""

_NO_AGE = (
    r"\+?[0-9](?:[ -]?[0-9]){6,}"  # a phone number, also in groups
    r"|[0-9]+(?:[.,:/][0-9]+)+"  # a date, a time, a fraction, thousands
    r"|[0-9]+-[0-9]+(?:-[0-9]+)*"  # a range, a date
    rf"|[0-9]{{1,2}}[ .]?[ap][ .]?m{_EDGE}[ .]*$"  # a time
)
_TOKEN = rf"[0-9]+|\p{{L}}+|[.,;!?()\n\r]+|-+|{OTHER_NUMBER}"
_WHOLE_WITH_A_POINT = r"(^|[^\d.,:/-])(\d+)\.0+($|[^\d,:/-])"
"""A whole number as calculators and spreadsheets write it: `23.0`."""

_LISTS_OF_PLACES = ("kenya_county", "kenya_constituency", "somali_district", "somali_mogadishu_sub_district")
_SHORTEST_KEY = 5
"""How many letters a place's phonetic key needs at least; shorter ones are too similar to everyday words."""


class AgesFile(DataFile):
    """The words that say what a number beside them is: `data/ages.toml`."""

    asides: list[str]
    self: list[str]
    own_age: list[str]
    own: list[str]
    age_before: list[str]
    age_after: list[str]
    years_before: list[str]
    years_after: list[str]
    copulas: list[str]
    particles: list[str]
    persons: list[str]
    names: list[str]
    joiners: list[str]
    between: list[str]
    bound_before: list[str]
    bound_after: list[str]
    duration_before: list[str]
    duration_after: list[str]
    counted_before: list[str]
    counted_after: list[str]
    birth: list[str]
    others: list[str]
    others_after: list[str]
    past: list[str]
    past_after: list[str]
    at_age: list[str]
    present: list[str]
    goes_on: list[str]
    now_aged: list[str]
    negated_before: list[str]
    negated_after: list[str]
    ago: list[str]
    born_myself: list[str]
    focus_of_self: list[str]
    focus: list[str]
    statement: list[str]
    being: list[str]
    topics: list[str]
    alive: list[str]
    next_age: list[str]
    my: list[str]
    ordinals: list[str]
    birthdays: list[str]
    focus_of_age: list[str]
    focus_of_being: list[str]
    questions: list[str]


class _Rule(NamedTuple):
    pattern: str
    becomes: str
    needs: tuple[tuple[str, ...], ...]
    """Names of lists: whatever matches has, for each tuple, a phrase from one of its lists."""


def age_10_to_99(texts: pl.Series, *, languages: tuple[str, ...]) -> pl.Series:
    """The age from 10 to 99 that each text says its writer is; null where it says none, or several.

    Number words are read in the `languages`, digits in any language.
    """
    tokens = _tokens(texts).rename("tokens")
    distinct = tokens.unique().to_frame()
    numbered = distinct.with_columns(numbered=in_digits(distinct["tokens"], languages))
    telling = numbered.filter(pl.col("numbered").str.contains(" [0-9]{2} | [0-9] [0-9] "))
    if telling.is_empty():
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
    told = telling.select("tokens", age=_ages_in(telling["numbered"]))
    return tokens.to_frame().join(told, on="tokens", how="left", maintain_order="left")["age"]


def _tokens(texts: pl.Series) -> pl.Series:
    """Words, digits and ends of sentences, with a space between any two and at both ends."""
    beginnings = texts.str.head(READ_CHARACTERS)
    is_beyond_ascii = beginnings.str.len_bytes() != beginnings.str.len_chars()
    normal = beginnings.filter(is_beyond_ascii).str.normalize("NFKC")
    plain = beginnings.scatter(is_beyond_ascii.arg_true(), normal).str.to_lowercase().str.replace_many(_CHARACTERS)
    has_digits = plain.str.contains("[0-9]")
    numbers = plain.filter(has_digits).str.replace_all(_WHOLE_WITH_A_POINT, "$1$2$3")
    numbers = _with_digits_for_lookalikes(numbers.str.replace_all(_NO_AGE, f" {OTHER_NUMBER} "))
    with_years = numbers.str.replace_all(rf"([0-9]) ?y(?:s|/?o)?{_EDGE}", "$1 years ")
    apart = plain.scatter(has_digits.arg_true(), with_years).str.extract_all(_TOKEN).list.join(" ")
    tokens = " " + apart + " "
    has_marks = tokens.str.contains(r"[-.,;!?()\n\r]")
    ended = (
        tokens.filter(has_marks)
        .str.replace_all(r" [.,;!?()\n\r][.,;!?()\n\r ]* ", f" {_END} ")
        .str.replace_all(r"([\p{L}0-9]) - (\p{L})", "$1 $2")
        .str.replace_all(r" -[ -]* ", " - ")
    )
    return tokens.scatter(has_marks.arg_true(), ended)


def _with_digits_for_lookalikes(texts: pl.Series) -> pl.Series:
    """Replaces a letter that looks like a digit, beside a digit, even if a word for an age is attached to both."""
    letters, glued = "".join(_LOOKALIKES), "((?:jir|jirka|j|sano|yrs|yr|y|years)?)"
    has_some = texts.str.contains(rf"{_EDGE}(?:[{letters}][0-9]|[1-9][{letters}]){glued}{_EDGE}")
    found = texts.filter(has_some)
    for letter, digit in _LOOKALIKES.items():
        found = found.str.replace_all(rf"{_EDGE}{letter}([0-9]){glued}{_EDGE}", f"{digit}$1$2")
        found = found.str.replace_all(rf"{_EDGE}([1-9]){letter}{glued}{_EDGE}", f"${{1}}{digit}$2")
    return texts.scatter(has_some.arg_true(), found)


def _ages_in(numbered: pl.Series) -> pl.Series:
    """The age in texts whose numbers are in digits."""
    say, index = _phrases(), _index()
    spelled = loose(numbered)
    holds = index.bits_of_texts(spelled)
    marked = _marked(spelled, holds)
    asks = (holds & index.mask(["questions"])) > 0
    questions = spelled.filter(asks).str.contains(rf" (?:{say['questions']}) ")
    is_answer = (~asks).scatter(asks.arg_true(), ~questions)
    certain = marked.str.extract(r" a([1-9]\d) ")
    to_weigh = is_answer & certain.is_null() & marked.str.contains(rf" [sy]?[1-9]\d{_EDGE}")
    names_age = spelled.filter(to_weigh).str.contains(rf" (?:{say['own_age']}|{say['age_before']}) ")
    weighed = _ages_by_context(_with_classes(marked.filter(to_weigh)), names_age)
    return certain.set(~is_answer, None).scatter(to_weigh.arg_true(), weighed)


def _marked(spelled: pl.Series, holds: pl.Series) -> pl.Series:
    """The texts after all of `_rules`; a rule is tried only on texts with phrases of the lists that it needs."""
    index = _index()
    marked = spelled.clone()
    for rule in _rules():
        may_match = pl.Series([True]).new_from_index(0, len(holds))
        for names in rule.needs:
            may_match &= (holds & index.mask(names)) > 0
        if may_match.any():
            found = marked.filter(may_match).str.replace_all(rule.pattern, rule.becomes)
            marked = marked.scatter(may_match.arg_true(), found)
    return marked


def _ages_by_context(texts: pl.Series, names_age: pl.Series) -> pl.Series:
    """The age in texts where no word beside a number says that it is one, judged by the rest of the text.

    Args:
        texts: As `_rules` and `_with_classes` mark them.
        names_age: Whether each has a word for an age.
    """
    text = pl.col("text")
    known = rf"(?:[^{_UNKNOWN}{_END} ]+ )"
    years = _only(r" y([1-9]\d) ")
    years_of_somebody = _only(rf"(?:^ |[^{_UNKNOWN} ] )y([1-9]\d) ")
    own = _only(rf" s([1-9]\d) (?:[^{_UNKNOWN}]|$)")
    clause = _only(rf"(?:^|[{_END}]) {known}*([1-9]\d) {known}*(?:[{_END}]|$)")
    joined = _only(rf"(?:^|[{_END}]) {known}*([1-9]\d) (?:{_phrases()['joiners']}) ")
    alone = _only(rf" ([1-9]\d) (?:[^{_UNKNOWN}]|$)")
    beside_answer = _only(rf" {_ANSWER} ([1-9]\d) ")
    any_one = _only(r" [sy]?([1-9]\d) ")
    is_one = text.str.extract_all(rf" [sy]?[1-9]\d{_EDGE}").list.n_unique() <= 1
    unknown_count = text.str.count_matches(_UNKNOWN, literal=True)
    # Beside another of the writer's answers, one word may be a person's name.
    is_known = (unknown_count == 0) | ((unknown_count == 1) & text.str.contains(_ANSWER, literal=True))
    age = pl.coalesce(
        years_of_somebody,
        pl.when(unknown_count <= _FEW).then(years),
        own,
        pl.when(is_one).then(pl.coalesce(clause, joined)),
        pl.when(is_one & names_age).then(any_one),
        pl.when(is_one & is_known).then(pl.coalesce(alone, beside_answer)),
    )
    return texts.rename("text").to_frame().select(age=age).to_series()


def _only(pattern: str) -> pl.Expr:
    """The number that a pattern finds, if it finds only one."""
    found = pl.col("text").str.extract_all(pattern).list.eval(pl.element().str.extract(r"(\d\d)\D*$")).list.unique()
    return pl.when(found.list.len() == 1).then(found.list.first())


def _with_classes(marked: pl.Series) -> pl.Series:
    """The marked texts, with words replaced that answer another question, or are unknown; others stay."""
    tokens = pl.DataFrame({"token": marked.str.strip_chars(" ").str.split(" ")}).with_row_index("row").explode("token")
    distinct = tokens["token"].drop_nulls().unique()
    index = _word_index()
    stay, answers = index.mask(["particles", "copulas"]), index.mask(["persons", "names"])
    bits = [index.bits_of(word) if word.isalpha() else stay for word in distinct]
    classes = pl.DataFrame({"token": distinct, "bits": pl.Series(bits, dtype=pl.Int64)}).select(
        "token",
        stands=pl.when((pl.col("bits") & stay) > 0)
        .then("token")
        .when(((pl.col("bits") & answers) > 0) | _is_answer(distinct))
        .then(pl.lit(_ANSWER))
        .otherwise(pl.lit(_UNKNOWN)),
    )
    told = tokens.join(classes, on="token", how="left", maintain_order="left")
    return " " + told.group_by("row", maintain_order=True).agg(pl.col("stands").str.join(" "))["stands"] + " "


def _is_answer(words: pl.Series) -> pl.Series:
    """Whether words in loose spelling are a gender or a place: asked for their age, people often say these as well."""
    known, known_keys = _answers()
    heard = phonetic_keys(words, "loose")
    return words.is_in(known.implode()) | (heard.is_in(known_keys.implode()) & (heard.str.len_chars() >= _SHORTEST_KEY))


@cache
def _answers() -> tuple[pl.Series, pl.Series]:
    """The words that are a gender or a place, in loose spelling; and the phonetic keys of the places."""
    genders = [_genders(f"{language}_gender") for language in ("english", "somali", "swahili")]
    listed = (packaged_names(name).keys for name in _LISTS_OF_PLACES)
    places = [keys.filter(pl.col("where") != "told home", pl.col("value").is_not_null())["key"] for keys in listed]
    named = loose(pl.concat(places)).str.strip_chars(" ")
    names = named.filter(~named.str.contains("[ ,]")).unique()
    return pl.concat([names, *genders]).unique(), phonetic_keys(names, "loose").unique()


def _genders(name: str) -> pl.Series:
    """The words of a list of genders that name a gender if they are the whole text, in loose spelling."""
    listed = packaged(name)
    keys, word = listed.keys, pl.col("key").str.strip_chars(" ")
    means_one = (pl.col("value") >= 0) | (" " + word + " ").is_in(listed.whole["key"].implode())
    words = keys.filter(means_one, ~word.str.contains(" ", literal=True)).select(word)["key"].unique()
    return loose(" " + words + " ").str.strip_chars(" ")


@cache
def _word_index() -> PhraseIndex:
    """An index of the words by which `_with_classes` tells what other words are."""
    kinds = ("particles", "copulas", "persons", "names")
    return PhraseIndex({kind: [word for word in _lists()[kind] if " " not in word] for kind in kinds})


@cache
def _lists() -> dict[str, list[str]]:
    """The phrases of each list in loose spelling; words for ages and years also with typing slips."""
    listed = read(DATA_FOLDER / "ages.toml", AgesFile)
    lists = {name: getattr(listed, name) for name in AgesFile.model_fields}
    of_age = ("age_before", "age_after", "years_before", "years_after")
    slips = [(name, slip) for name in of_age for word in lists[name] for slip in _slips(word)]
    phrases = [(name, phrase) for name, listed in lists.items() for phrase in listed]
    frame = pl.DataFrame([*phrases, *slips], schema=["name", "phrase"], orient="row")
    spelled = frame.with_columns(phrase=loose(" " + frame["phrase"] + " ").str.strip_chars(" "))
    by_name = spelled.group_by("name", maintain_order=True).agg(pl.col("phrase").unique().sort())
    return dict(by_name.iter_rows())


@cache
def _phrases() -> dict[str, str]:
    """A pattern for the phrases of each list."""
    return {name: _any_of(phrases) for name, phrases in _lists().items()}


@cache
def _index() -> PhraseIndex:
    others = {"digits": [str(digit) for digit in range(10)], "dash": ["-"]}
    # in loose spelling a u at the end of a word may also be an o
    phrases = {name: [phrase.replace("u*", "*") for phrase in listed] for name, listed in _lists().items()}
    return PhraseIndex(phrases | others)


@cache
def _rules() -> list[_Rule]:
    """The rules, in order. `#` is no age, `a25` an age, `y25` years, `s25` the writer's number, `25` still undecided.

    Rules that rule numbers out come before rules that make them ages, unless a word right beside the number leaves no
    doubt.
    """
    say = _phrases()
    own = f"{say['own_age']}|{say['own']}"
    units = "|".join(say[name] for name in ("age_before", "age_after", "years_before", "years_after"))
    two, number, unit = r"[1-9][0-9]", "[0-9]+", rf"(?: (?:{units}))"
    copula = rf"(?: (?:{say['copulas']}|{_SELF}|{_OWN}))"
    word = rf"(?: [^0-9.{OTHER_NUMBER}{_SELF}{_OWN} ]+)"
    between = rf"(?: (?:-|{say['between']}))"
    age = rf"(?: (?:{say['own_age']}|{say['age_before']}))"
    focus = f"{say['focus_of_self']}|{say['focus']}"
    other = f" {OTHER_NUMBER} "

    ages, years = ("age_before", "age_after"), ("years_before", "years_after")
    selves, owns = ("self",), ("own_age", "own")

    def none_of(pattern: str, *needs: tuple[str, ...]) -> _Rule:
        return _Rule(rf"(?: (?:{pattern}))+ ", other, needs)

    return [
        _Rule(rf" (?:{say['asides']}) ", " ", (("asides",),)),
        _Rule(r"^ ([1-9]) ([0-9]) $", " $1$2 ", (("digits",),)),
        _Rule(
            rf" ((?:{units}|{say['self']}|{own}){copula}?) ([1-9]) ([0-9]) ",
            " $1 $2$3 ",
            (("digits",), (*ages, *years, *selves, *owns)),
        ),
        _Rule(rf" ([1-9]) ([0-9]) ({units}) ", " $1$2 $3 ", (("digits",), (*ages, *years))),
        _Rule(rf" ({two}){unit}* (?:{say['next_age']}) {two}{unit}* ", " $1 ", (("next_age",),)),
        _Rule(
            rf" (?:{say['my']}) ({number}) (?:{say['ordinals']}) (?:{say['birthdays']}) ", " a$1 ", (("birthdays",),)
        ),
        _Rule(rf" ({number}){unit}* (?:{say['focus_of_age']}) ", " $1 ", (("focus_of_age",),)),
        _Rule(rf"^ ({two}){unit}* (?:{say['goes_on']}) ", f" a$1 {_SELF} ", (("goes_on",),)),
        none_of(rf"(?:{say['negated_before']})(?:{unit}|{copula})* {number}{unit}*", ("negated_before",)),
        none_of(rf"{number}{unit}*{copula}* (?:{say['negated_after']})", ("negated_after",)),
        _Rule(
            rf"(^|[{_END}]) (?:{say['at_age']}){age}*{copula}*{unit}* ({two}){unit}*{copula}* (?:{say['present']}) ",
            f"$1 a$2 {_SELF} ",
            (("at_age",), ("present",)),
        ),
        _Rule(rf"^ (?:{say['born_myself']}){unit}* ({two}){unit}* (?:{say['ago']}) ", " a$1 ", (("ago",),)),
        none_of(rf"{two}{unit}*{copula}*{between}+{copula}*{unit}* {two}{unit}*", ("between", "dash")),
        none_of(rf"(?:{say['bound_before']})(?:{unit}|{copula})* {number}", ("bound_before",)),
        none_of(rf"{number}{unit}*{copula}*(?: (?:{focus}))? (?:{say['bound_after']})", ("bound_after",)),
        none_of(rf"(?:{say['past']}){word}{{0,2}}{age}*{copula}*{unit}* {number}{unit}*", ("past",)),
        none_of(rf"{number}{unit}* (?:{say['past_after']})", ("past_after",)),
        _Rule(rf" ({number}){unit}* (?:{say['focus_of_being']}) (?:{say['being']}) ", " a$1 ", (("focus_of_being",),)),
        _Rule(rf" (?:{say['now_aged']}) ({two}){unit}* ", " a$1 ", (("now_aged",),)),
        _Rule(rf"(?: (?:{say['self']}))+ ", f" {_SELF} ", (selves,)),
        none_of(
            rf"(?:{say['others']}){word}{{0,2}}{age}{copula}*{unit}* {number}{unit}*",
            ("others",),
            ("own_age", "age_before"),
        ),
        none_of(rf"{number}{unit}*{word}? (?:{say['others_after']})", ("others_after",)),
        none_of(
            rf"(?:{say['topics']}){word}?{age}(?:{unit}|{copula})* {number}{unit}*",
            ("topics",),
            ("own_age", "age_before"),
        ),
        none_of(
            rf"(?:{say['own_age']}|{units}){word}? (?:{say['topics']}){word}{{0,2}} {number}{unit}*",
            ("topics",),
            ("own_age", *ages, *years),
        ),
        none_of(
            rf"{number}{unit}*{copula}*(?: the)?(?: (?:{say['topics']}))?{age}{word}? (?:{say['topics']})",
            ("topics",),
            ("own_age", "age_before"),
        ),
        _Rule(
            rf" ({number}){unit}*(?: ah| o)? (?:{say['focus_of_self']}) (?:{say['being']}) ",
            " a$1 ",
            (("focus_of_self",), ("being",)),
        ),
        none_of(rf"{number}{unit}*(?: ah| o)? (?:{focus}){word}", ("focus_of_self", "focus")),
        _Rule(rf"(?: (?:{own}))+ ", f" {_OWN} ", (owns,)),
        none_of(rf"(?:{say['birth']}){word}{{0,3}} {number}", ("birth",)),
        none_of(rf"{number}{word}{{0,2}} (?:{say['birth']})", ("birth",)),
        none_of(rf"(?:{say['others']}){word}{{0,5}} {number}{unit}*", ("others",)),
        _Rule(rf" ({number}){unit}*{word}{{0,2}} (?:{say['alive']}) ", " a$1 ", (("alive",),)),
        _Rule(rf" (?:{say['alive']}){word}{{0,2}} ({number}){unit}* ", " a$1 ", (("alive",),)),
        _Rule(rf" (?:{say['years_before']}){copula}* ({number}) ", " y$1 ", (("years_before",),)),
        _Rule(rf" ({number}) (?:{say['years_after']}) ", " y$1 ", (("years_after",),)),
        _Rule(rf" ({number}) (?:{say['years_before']}) ", " y$1 ", (("years_before",),)),
        _Rule(rf" (?:{say['years_after']}){copula}* ({number}) ", " y$1 ", (("years_after",),)),
        _Rule(rf" y?({number}) (?:{say['age_after']}) ", " a$1 ", (("age_after",),)),
        _Rule(rf" (?:{say['age_before']}){copula}* y?({number}) ", " a$1 ", (("age_before",),)),
        _Rule(rf" (?:{say['age_after']}){copula}* y?({number}) ", " a$1 ", (("age_after",),)),
        none_of(rf"(?:{say['statement']}){word}{{1,2}} y{number}", ("statement",), years),
        none_of(rf"(?:{say['duration_before']}){word}{{0,1}} y{number}", ("duration_before",), years),
        none_of(rf"y{number} (?:{say['duration_after']})", ("duration_after",), years),
        none_of(rf"(?:{say['counted_before']})(?: [{_END}])? {number}", ("counted_before",)),
        none_of(rf"{number} (?:{say['counted_after']})", ("counted_after",)),
        _Rule(rf" {_OWN}(?: [{_END}])?{copula}* y?({number}) ", " a$1 ", (owns,)),
        _Rule(rf" {_SELF}{copula}* y({number}) ", " a$1 ", (selves, years)),
        _Rule(rf" {_SELF}(?: [{_END}]{copula})?{copula}* ({number}) ", f" {_SELF} s$1 ", (selves,)),
    ]


def _slips(word: str) -> list[str]:
    """A word with typing slips, if it is long enough."""
    if len(word) < _LONG or not word.isalpha():
        return []
    return [*swapped_or_doubled(word), *missing_or_mistaken(word), *split(word)]


def _any_of(phrases: list[str]) -> str:
    """A pattern for any of the phrases, the longest first; `*` stands for any ending."""
    by_length = sorted(phrases, key=lambda phrase: -len(phrase))
    return "|".join(phrase.replace("u*", "[uo]*").replace("*", _ANY_ENDING) for phrase in by_length)
