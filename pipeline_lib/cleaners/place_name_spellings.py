"""Words that are a name of a place in another spelling: they sound like it, or differ in one letter."""

import polars as pl

from pipeline_lib.cleaners.spelling import Spelling, accented, phonetic_keys, simple

SHORTEST = 4
"""A name with as many letters in simple spelling is found with other doubled letters or another vowel length at its
end."""
SHORTEST_SOUND = 5
"""A name is found by a sound of at least as many letters; shorter ones are too like everyday words."""
SHORTEST_SLIP = 6
"""A name with as many letters is found with one letter wrong."""
_LONGEST_START = 9
"""The most letters of the first of two words that are a name together."""
SHORTEST_ACCENT = 5
"""A name with as many letters is found with r for l or s for th."""
_VOWELS = "aeiou"
_SUFFIX = "an"
"""What Somali adds to a place, in the loose spelling: `Muqdishaan joogaa`."""


class NameSpellings:
    """Names of places ready to be compared with the words of texts: prepared once, for any number of texts."""

    def __init__(
        self, names: pl.DataFrame, known: pl.Series, spelling: Spelling, last_words: list[str] | None = None
    ) -> None:
        """Prepare the names.

        Args:
            names: `name`s of one word in the texts' spelling, with what they stand for (`part`, `whole`), whether each
                `is_usual`: only those are found by their sound; and whether it `is_sure`, so that no other word is
                like it: only those are found with another vowel at their end.
            known: Words that are spelled right, or are no names.
            spelling: Of the texts.
            last_words: Of names of several words.
        """
        self._known, self._spelling = known.unique(), spelling
        self._last_words = pl.Series(last_words or [], dtype=pl.String)
        starts = (names["name"].str.head(length) for length in range(SHORTEST - 1, _LONGEST_START))
        self._starts = pl.concat([*starts]).unique()
        named = self._spelled(names.with_columns(written="name"))
        usual = named.filter("is_usual")
        self._by_letters = _at_least(named, "simple", SHORTEST_SOUND)
        sure = named.filter("is_sure")
        self._by_stem = _at_least(sure, "stem", SHORTEST_SOUND)
        self._by_stem_behind_suffix = _at_least(sure, "stem", SHORTEST)
        self._usual_by_letters = _at_least(usual, "simple", SHORTEST)
        self._usual_by_sound = _at_least(usual, "sound", SHORTEST_SOUND)
        self._usual_by_accent = _at_least(usual, "written", SHORTEST_ACCENT)
        self._usual_cut = _cut(_at_least(usual, "simple", SHORTEST_SLIP - 1))

    def mended(self, texts: pl.Series) -> pl.Series:
        """The texts with names as they are listed, wherever a word sounds like one or has one letter wrong.

        Two words that are a name together differ from it in doubled letters at most, unless the second is right.

        Args:
            texts: Of `prepared_clauses`.
        """
        found = self._alike(*self._said_in(texts))
        if found.is_empty():
            return texts
        patterns, listed = ((" " + found[each] + " ").to_list() for each in ("found", "name"))
        return texts.str.replace_many(patterns, listed, leftmost=True)

    def _said_in(self, texts: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The words of the texts that may be names, and the couples of words that may be one together.

        Couples that end as a name does (`ends`) are compared as single words are.
        """
        words = texts.str.extract_all(r"\p{L}+|,").explode().drop_nulls()
        said = pl.DataFrame({"found": words, "next": words.shift(-1)}).filter(
            pl.col("found").str.len_chars() >= SHORTEST - 1
        )
        ones = said.select("found").unique().join(self._known.to_frame("found"), on="found", how="anti")
        begins, ends = pl.col("found").is_in(self._starts.implode()), pl.col("next").is_in(self._last_words.implode())
        right = pl.all_horizontal(pl.col("found", "next").is_in(self._known.implode()))
        couples = said.filter(begins | ends, pl.col("next") != ",").unique().filter(~right)
        twos = couples.select(
            found=pl.col("found") + "  " + pl.col("next"), written=pl.col("found") + pl.col("next"), ends=ends
        )
        return self._spelled(ones.with_columns(written="found", ends=True)), self._spelled(twos)

    def _spelled(self, words: pl.DataFrame) -> pl.DataFrame:
        """The `written` words, or names, with what they are to be compared by."""
        written = words["written"]
        spelled = words.with_columns(simple=simple(written), sound=phonetic_keys(written, self._spelling))
        if self._spelling == "exact":
            spelled = spelled.with_columns(accent=accented(written))
        return spelled.with_columns(stem=pl.col("simple").str.strip_chars_end(_VOWELS))

    def _alike(self, ones: pl.DataFrame, twos: pl.DataFrame) -> pl.DataFrame:
        """What (`found`) is like names of one place, and of no other, each with one such `name`."""
        whole = pl.concat([ones, twos.filter("ends")])
        alike = [
            _equal(pl.concat([ones, twos]), self._by_letters, "simple"),
            _equal(ones, self._usual_by_letters, "simple"),
            _equal(ones, self._usual_by_sound, "sound"),
        ]
        if self._spelling == "exact":
            alike.append(_equal(whole, self._usual_by_accent, "accent"))
            ending_apart = ones.join(pl.concat(alike), on="found", how="anti")
            alike.append(_equal(ending_apart, self._by_stem, "stem"))
        else:
            bare = ones.filter(pl.col("simple").str.ends_with(_SUFFIX)).with_columns(
                stem=pl.col("simple").str.strip_suffix(_SUFFIX).str.strip_chars_end(_VOWELS)
            )
            alike.append(_equal(bare, self._by_stem_behind_suffix, "stem"))
        rest = whole.join(pl.concat(alike), on="found", how="anti")
        slips = _one_letter_wrong(_at_least(rest, "simple", SHORTEST_SLIP), self._usual_cut)
        found = pl.concat([*alike, slips]).with_columns(place=pl.struct("part", "whole"))
        one = found.group_by("found").agg(pl.col("name").first(), places=pl.col("place").n_unique())
        return one.filter(pl.col("places") == 1)


def _at_least(words: pl.DataFrame, spelled: str, letters: int) -> pl.DataFrame:
    return words.filter(pl.col(spelled).str.len_chars() >= letters)


def _equal(heard: pl.DataFrame, named: pl.DataFrame, spelled: str) -> pl.DataFrame:
    return heard.join(named, on=spelled).select("found", "name", "part", "whole")


def _one_letter_wrong(heard: pl.DataFrame, names_cut: pl.DataFrame) -> pl.DataFrame:
    """Words that differ from a name in one thing only, and not in the first letter.

    It has another vowel, two neighbours swapped, a second vowel beside one, or (if long) a letter more or less.
    """
    pairs = _cut(heard).join(names_cut, on="rest", suffix=" of name")
    cut, cut_of_name = pl.col("left_out"), pl.col("left_out of name")
    other = pl.col("letter").is_in([*_VOWELS]) & pl.col("letter of name").is_in([*_VOWELS]) & (cut == cut_of_name)
    swapped = ((cut - cut_of_name).abs() == 1) & (pl.col("letter") == pl.col("letter of name"))
    same_length = (pl.col("letters") == pl.col("letters of name")) & (pl.col("letters") >= SHORTEST_SLIP)
    is_long = pl.max_horizontal("letters", "letters of name") > SHORTEST_SLIP
    second_vowel = cut_of_name.is_null() & pl.col("letter").is_in([*_VOWELS]) & pl.col("is_beside_vowel")
    more_or_less = (cut.is_null() ^ cut_of_name.is_null()) & (is_long | second_vowel)
    return pairs.filter(more_or_less | (same_length & (other | swapped))).select("found", "name", "part", "whole")


def _cut(words: pl.DataFrame) -> pl.DataFrame:
    """Each word whole and with each `letter` but the first left out: the `rest`, and where it was `left_out`.

    `is_beside_vowel` says whether the letter stood beside one.
    """
    counted = words.with_columns(letters=pl.col("simple").str.len_chars().cast(pl.Int64))
    cut = (
        counted.with_columns(left_out=pl.int_ranges(1, pl.col("letters")))
        .explode("left_out")
        .with_columns(
            letter=pl.col("simple").str.slice(pl.col("left_out"), 1),
            rest=pl.col("simple").str.head(pl.col("left_out")) + pl.col("simple").str.slice(pl.col("left_out") + 1),
            is_beside_vowel=pl.any_horizontal(
                pl.col("simple").str.slice(pl.col("left_out") + by, 1).is_in([*_VOWELS]) for by in (-1, 1)
            ),
        )
    )
    whole = counted.with_columns(rest=pl.col("simple"), is_beside_vowel=pl.lit(value=False))
    return pl.concat([cut, whole], how="diagonal")
