"""Names of places ready to be found in texts, made of the lists of places and of the cues of home."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from typing import NamedTuple

import polars as pl

from pipeline_lib.cleaners.phrase_index import FirstWords
from pipeline_lib.cleaners.place_cues import PlaceCues, Sides, cue_keys, place_cues
from pipeline_lib.cleaners.place_list import PlaceList, match_values, read_places
from pipeline_lib.cleaners.place_name_spellings import NameSpellings
from pipeline_lib.cleaners.spelling import Spelling, clause_keys, spelling_problems
from pipeline_lib.errors import ConfigError

ELSEWHERE = ""
"""Stands for every place outside the list: no code."""
_SHORTEST_WITHOUT_VOWEL = 6
"""A name with as many letters is hardly another word without one of its vowels; its spelling may have one less."""
_SHORTEST_BEHIND_INITIAL = 3
"""The least letters of a name that remain beside an initial (`h/bay`, `kuria e`)."""
_INITIALS = "bcdefghjklmnopqrstuvwxyz"
"""Letters that are no words in any of the languages, as `a` and `i` are."""
_USUAL_NAMES = 3
"""How many names of a town are looked for beside a neighbourhood."""
_BESIDE_TOWN = (
    *("{town} {name}", "{town}, {name}", "{name} {town}", "{name}, {town}", "{town} xaafada {name}"),
    *("xaafada {name} {town}", "xaafada {name} ee {town}", "degmada {name} ee {town}"),
)
"""How a neighbourhood and its town are named together."""
_CONSONANTS_OF_WORD = 3
"""A word is recognized without its vowels if it has as many consonants (`hwl wadaag`)."""


_WITHOUT_VOWELS = str.maketrans("", "", "aeiou")


class _Name(NamedTuple):
    phrase: str
    value: str | None
    where: str = "anywhere"
    is_listed: bool = True
    is_usual: bool = False


class PlaceNames(NamedTuple):
    """The names of a list of places, and how people write them."""

    file: PlaceList
    keys: pl.DataFrame
    """One row per spelling: `key`, the `phrase` that it spells, its `value` (null = ignored), `where` it counts."""


@dataclass(frozen=True)
class Gazetteer:
    """Names ready to be found."""

    spelling: Spelling
    short_text_words: int
    keys: pl.DataFrame
    """One row per `key`, longest first: what is looked for in a text of `prepared_clauses`. Of a place: `part` (the
    smaller place, or null), `whole` (the larger one; `ELSEWHERE`; null: ignored) and `where` it counts (null: a cue).
    Of a cue: `role`, `side` and `opens` as `cue_keys` has them."""
    cues_before: list[str]
    """What stands before a name that has another meaning, where it means the place."""
    cues_after: list[str]
    name_spellings: NameSpellings
    """The names of one word that count anywhere, and what else of names may be misspelt."""
    first_words: FirstWords
    """Those of `keys`."""
    glued: pl.DataFrame
    """Each `phrase` that turns a place beside it into another thing's name, longest first, and the same `together` with
    its neighbour; cues stay unchanged."""
    first_words_of_glued: FirstWords

    def keys_in(self, words: pl.Series) -> pl.DataFrame:
        """The `keys` that texts of these words may hold, in their order."""
        return self.keys[self.first_words.present(words)]

    def glued_in(self, words: pl.Series) -> pl.DataFrame:
        """What of `glued` texts of these words may hold, in its order."""
        return self.glued[self.first_words_of_glued.present(words)]


@cache
def gazetteer(of_wholes: str, of_parts: str | None = None, *, parts_in: str | None = None) -> Gazetteer:
    """The packaged names of places, and of their parts.

    Args:
        of_wholes: The list of the larger places, such as districts.
        of_parts: The list of smaller places in them; its spellings come before those of `of_wholes`.
        parts_in: The larger place in which all parts lie that `lies_in` doesn't name.
    """
    return build(packaged_names(of_wholes), packaged_names(of_parts) if of_parts else None, parts_in=parts_in)


@cache
def packaged_names(name: str) -> PlaceNames:
    """The names of the list `data/<name>.toml`: several gazetteers are made of one list."""
    return names_of(read_places(name), place=f"{name}.toml")


def build(of_wholes: PlaceNames, of_parts: PlaceNames | None = None, *, parts_in: str | None = None) -> Gazetteer:
    """The names ready to be found, as `gazetteer` takes them."""
    wholes = of_wholes.file
    cues, spelling = place_cues(), wholes.spelling
    lists = [names.file for names in (of_wholes, of_parts) if names is not None]
    named = of_wholes.keys.select("key", "where", "is_usual", part=pl.lit(None, pl.String), whole="value")
    if of_parts is not None:
        parts = of_parts.file
        larger = {part: each.whole for each in parts.lies_in for part in each.parts}
        whole = pl.col("value").replace_strict(
            {ELSEWHERE: ELSEWHERE} | larger, default=parts_in, return_dtype=pl.String
        )
        smaller = of_parts.keys.select(
            "key",
            "where",
            "is_usual",
            part=pl.col("value").replace(ELSEWHERE, None),
            whole=pl.when(pl.col("value").is_not_null()).then(whole),
        )
        if parts.also_neighbourhoods:
            named = pl.concat([named, _neighbourhoods(wholes, parts.also_neighbourhoods, except_in=parts_in)])
        named = pl.concat([smaller, named]).unique("key", keep="first", maintain_order=True)
    said = cue_keys(cues, spelling).join(named, on="key", how="anti")
    keys = pl.concat([named, said], how="diagonal").sort(
        pl.col("key").str.len_bytes(), descending=True, maintain_order=True
    )
    telling = (cues.home, cues.origin, cues.not_home, *(Sides(before=e.cues_before, after=e.cues_after) for e in lists))
    before = [cue for sides in telling for cue in (*sides.before, *sides.around)]
    after = [cue for sides in telling for cue in (*sides.after, *sides.around)]
    everyday = _spelt([word for each in lists for word in each.everyday], spelling)
    known = pl.concat([keys["key"], everyday]).str.extract_all(r"\p{L}+").explode().drop_nulls().unique()
    glued = _glued(cues, keys["key"], spelling)
    return Gazetteer(
        spelling=spelling,
        short_text_words=wholes.short_text_words,
        keys=keys.drop("is_usual"),
        first_words=FirstWords(keys["key"]),
        cues_before=_spelt(before, spelling).str.strip_chars(" ").to_list(),
        cues_after=_spelt(after, spelling).str.strip_chars(" ").to_list(),
        name_spellings=NameSpellings(_single_words(keys), known, spelling, _last_words(keys)),
        glued=glued,
        first_words_of_glued=FirstWords(glued["phrase"]),
    )


def _neighbourhoods(wholes: PlaceList, names: list[str], *, except_in: str | None) -> pl.DataFrame:
    """The `key`s of these names beside one of the places, in which such a neighbourhood then lies.

    The larger place that has them as parts is left out.
    """
    rows = [
        (pattern.format(town=town, name=name), value)
        for value, written in wholes.words.items()
        if value != except_in
        for town, name, pattern in product(written[:_USUAL_NAMES], names, _BESIDE_TOWN)
    ]
    phrases = pl.DataFrame(rows, schema=["phrase", "whole"], orient="row")
    return phrases.select(
        key=clause_keys(phrases["phrase"], wholes.spelling),
        where=pl.lit("anywhere"),
        is_usual=pl.lit(value=False),
        part=pl.lit(None, pl.String),
        whole="whole",
    )


def _single_words(keys: pl.DataFrame) -> pl.DataFrame:
    """The names of one word, and the long words of the usual names of several, each of which stands for itself.

    Only those that count anywhere are usual: one with another meaning is mended no further than in doubled letters.
    """
    of_places = keys.filter(pl.col("where").is_not_null(), pl.col("where") != "region", pl.col("whole") != ELSEWHERE)
    is_sure = pl.col("where") == "anywhere"
    named = of_places.select("part", "whole", "is_usual", is_sure=is_sure, name=pl.col("key").str.strip_chars(" "))
    named = named.with_columns(is_usual=pl.col("is_usual") & pl.col("is_sure"))
    several = named.filter("is_usual", pl.col("name").str.contains(" "), ~pl.col("name").str.contains(","))
    words = (
        several.select(name=pl.col("name").str.extract_all(r"\p{L}{5,}"))
        .explode("name")
        .unique("name", maintain_order=True)
    )
    inner = words.filter(pl.col("name").is_not_null()).select(
        part="name", whole=pl.lit(None, pl.String), is_usual=False, is_sure=True, name="name"
    )
    single = named.filter(~pl.col("name").str.contains("[ ,]"))
    return pl.concat([single, inner.join(single, on="name", how="anti").select(single.columns)])


def _last_words(keys: pl.DataFrame) -> list[str]:
    several = keys.filter("is_usual", pl.col("where") == "anywhere")["key"].str.extract(r"\S +(\p{L}{3,}) *$")
    return several.drop_nulls().unique().to_list()


def _glued(cues: PlaceCues, keys: pl.Series, spelling: Spelling) -> pl.DataFrame:
    before, after = (_spelt(each, spelling).to_list() for each in (cues.names_before, cues.names_after))
    glued = {f"{key} ": key.rstrip(" ") + "_" for key in before} | {f" {key}": "_" + key.lstrip(" ") for key in after}
    phrases = keys.filter(keys.str.contains(r"\S +\p{L}"))
    kept = phrases.filter(phrases.str.contains_any([key.strip(" ") for key in (*before, *after)]))
    together = {same: same for key in kept for same in (f"{key} ", f" {key}")} | glued
    longest_first = sorted(together.items(), key=lambda item: -len(item[0]))
    return pl.DataFrame(longest_first, schema={"phrase": pl.String, "together": pl.String}, orient="row")


def _spelt(phrases: list[str], spelling: Spelling) -> pl.Series:
    return clause_keys(pl.Series(phrases, dtype=pl.String), spelling)


def names_of(file: PlaceList, *, place: str) -> PlaceNames:
    """The names of a list with all of their spellings; `place` names the list in errors.

    A name is also found when its words are written as one, or with a comma between two of them.

    Raises:
        ConfigError: Names without letters, or spellings that two places share: all of them are named.
    """
    columns = {
        "phrase": pl.String,
        "value": pl.String,
        "where": pl.String,
        "is_listed": pl.Boolean,
        "is_usual": pl.Boolean,
    }
    listed = pl.DataFrame([*_names(file)], schema=columns, orient="row")
    spaced = listed.with_columns(key=clause_keys(listed["phrase"], file.spelling))
    single = listed.filter("is_listed")
    as_one = clause_keys(single["phrase"].str.replace_all(" ", "", literal=True), file.spelling)
    of_places = spaced.filter(pl.col("value").is_not_null())
    parted = of_places.with_columns(key=pl.col("key").str.replace(r"(\S)  (\S)", "$1  ,  $2"))
    keys = pl.concat([spaced, single.with_columns(key=as_one), parted])
    once = keys.unique(["key", "value"], keep="first", maintain_order=True)
    if problems := spelling_problems(once, place, without_value="no place of the list"):
        raise ConfigError(*problems)
    return PlaceNames(file, pl.concat([once, _shortened(once, file.same_word)]))


def _shortened(keys: pl.DataFrame, same_word: list[list[str]]) -> pl.DataFrame:
    """Names as people shorten them, if they are like no other.

    They lack a vowel (`bumla`) or all vowels of their words (`hwl wdg`), have two words as one (`homabay town`), or an
    initial for their first word (`t nithi`).
    """
    named = keys.filter("is_usual", pl.col("value") != ELSEWHERE).with_columns(name=pl.col("key").str.strip_chars(" "))
    letters = pl.col("phrase").str.replace_all(r"\PL", "").str.len_chars()
    words = named.filter(
        pl.col("name").str.contains(rf"^\p{{L}}{{{_SHORTEST_WITHOUT_VOWEL - 1},}}$"),
        letters >= _SHORTEST_WITHOUT_VOWEL,
        pl.col("where") == "anywhere",
    )
    several = named.filter(~pl.col("name").str.contains(","), pl.col("name").str.contains("  "))
    general = {word for words in same_word for word in words}
    rows = [(row["key"], cut) for row in words.iter_rows(named=True) for cut in _without_a_vowel(row["name"])]
    rows += [
        (row["key"], short)
        for row in several.iter_rows(named=True)
        for short in (*_with_two_as_one(row["name"]), *_abbreviated(row["name"], general))
    ]
    written = pl.DataFrame(rows, schema={"key": pl.String, "name": pl.String}, orient="row").unique(maintain_order=True)
    short = written.join(keys, on="key", maintain_order="left").with_columns(
        key=" " + pl.col("name") + " ", is_usual=pl.lit(value=False)
    )
    other = short.join(keys.select("key"), on="key", how="anti", maintain_order="left")
    return other.filter(pl.col("value").n_unique().over("key") == 1).unique("key", maintain_order=True)[keys.columns]


def _abbreviated(name: str, general: set[str]) -> list[str]:
    """A name of several words with an initial, and with some of its words without vowels.

    Args:
        name: Words with two spaces between them.
        general: Words that many names have, such as `north`: the other words may not be cut down to a letter.
    """
    first, *others = name.split()
    rest = "  ".join(others)
    short = []
    if first[0] in _INITIALS and len(rest) >= _SHORTEST_BEHIND_INITIAL and not general.intersection(others):
        short.append(f"{first[0]}  {rest}")
    bare = [word.translate(_WITHOUT_VOWELS) for word in (first, *others)]
    if len(bare[0]) >= _CONSONANTS_OF_WORD:
        short += ["  ".join([bare[0], *others])]
        short += ["  ".join(bare)] * all(len(word) >= _CONSONANTS_OF_WORD for word in bare)
    return short


def _without_a_vowel(word: str) -> list[str]:
    inner = range(1, len(word) - 1)
    return [word[:at] + word[at + 1 :] for at in inner if word[at] in "aeiou" and word[at + 1] not in "aeiou"]


def _with_two_as_one(name: str) -> list[str]:
    words = name.split()
    pairs = range(len(words) - 1) if words[2:] else ()
    return ["  ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]]) for at in pairs]


def _names(file: PlaceList) -> Iterator[_Name]:
    well_known = match_values(file.parts_list) if file.parts_list else set()
    for where, names in file.sections.items():
        for value, written in names.items():
            others = (other for name in written for other in _in_other_words(name, file.same_word))
            for name in dict.fromkeys([*written, *others]):
                yield _Name(name, value, where, name in written, name in {value, written[0]} | well_known)
    yield from (_Name(name, ELSEWHERE, "region") for name in file.regions)
    yield from (_Name(name, ELSEWHERE) for name in file.elsewhere)
    called = (
        said
        for name, other in product(file.also_persons, file.persons)
        for said in (f"{name} {other}", f"{name} iyo {other}", f"{other} iyo {name}")
    )
    greeted = (f"{word} {name}" for word, name in product(file.spoken_to, file.also_persons))
    said = (f"{name} {word}" for name, word in product(file.also_persons, file.said_of_persons))
    yield from (_Name(phrase, None) for phrase in dict.fromkeys([*file.ignored, *called, *greeted, *said]))


def _in_other_words(name: str, same_word: list[list[str]]) -> list[str]:
    """A name, and what it is called with other words for `north` or `town` in it, at either end.

    A letter for such a word (`tigania e`) ends a clause where it stands behind: `n` may also be "and".
    """
    names = [name]
    if set(name.split()).isdisjoint(chain.from_iterable(same_word)):
        return names
    for others in same_word:
        for known in tuple(names):
            words = known.split()
            for word in set(words) & set(others) if len(words) > 1 else ():
                rest = " ".join(each for each in words if each != word)
                said_so = [other for other in others if len(other) > 1 or len(rest) >= _SHORTEST_BEHIND_INITIAL]
                names += [said for other in said_so for said in (f"{other} {rest}", _ending(rest, other))]
                names += [known.replace(word, other) for other in others if len(other) > 1]
    return names


def _ending(rest: str, word: str) -> str:
    return f"{rest} {word}" if len(word) > 1 else f"{rest} {word},"
