"""Words that are a name of a place in another spelling: they sound like it, or differ in one letter."""

import polars as pl

from pipeline_lib.cleaners.spelling import Spelling, accented, simple, sounds

SHORTEST = 4
"""Letters of a name, spelled simply, that is found with other doubled letters or another vowel length at its end."""
SHORTEST_SOUND = 5
"""Letters of the sound of a name that is found by its sound; shorter ones are too like everyday words."""
SHORTEST_SLIP = 6
"""Letters of a name that is found with one letter wrong."""
_LONGEST_START = 9
"""Up to how many letters the first of two words that are a name together has."""
SHORTEST_ACCENT = 5
"""Letters of a name that is found with r for l or s for th."""
_VOWELS = "aeiou"
_SUFFIX = "an"
"""What Somali adds to a place, in the loose spelling: `Muqdishaan joogaa`."""


def respelt(
    texts: pl.Series, names: pl.DataFrame, known: pl.Series, spelling: Spelling, last_words: list[str] | None = None
) -> pl.Series:
    """The texts with names as they are listed, wherever a word sounds like one or has one letter wrong.

    Two words that are a name together differ from it in doubled letters at most, unless the second is right.

    Args:
        texts: Of `prepared_clauses`.
        names: `name`s of one word in the texts' spelling, with what they stand for (`part`, `whole`), and whether each
            `is_usual`: only those are found by their sound.
        known: Words that are spelled right, or are no names.
        spelling: Of the texts.
        last_words: Of names of several words.
    """
    words = texts.str.extract_all(r"\p{L}+|,").explode().drop_nulls()
    named = _spelled(names.with_columns(written="name"), spelling)
    said = pl.DataFrame({"found": words, "next": words.shift(-1)}).filter(
        pl.col("found").str.len_chars() >= SHORTEST - 1
    )
    ones = said.select("found", written="found").unique("found").filter(~pl.col("found").is_in(known.implode()))
    starts = pl.concat([names["name"].str.head(length) for length in range(SHORTEST - 1, _LONGEST_START)]).unique()
    right = pl.all_horizontal(pl.col("found", "next").is_in(known.implode()))
    begins, ends = pl.col("found").is_in(starts.implode()), pl.col("next").is_in(last_words or [])
    couples = said.filter(begins | ends, pl.col("next") != ",").unique().filter(~right)
    twos = couples.select(
        found=pl.col("found") + "  " + pl.col("next"),
        written=pl.col("found") + pl.col("next"),
        ends=pl.col("next").is_in(last_words or []),
    )
    found = _alike(_spelled(ones.with_columns(ends=True), spelling), _spelled(twos, spelling), named, spelling)
    if found.is_empty():
        return texts
    patterns, listed = ((" " + found[each] + " ").to_list() for each in ("found", "name"))
    return texts.str.replace_many(patterns, listed, leftmost=True)


def _spelled(words: pl.DataFrame, spelling: Spelling) -> pl.DataFrame:
    """The `written` words, or names, with what they are to be compared by."""
    spelled = words.with_columns(simple=simple(words["written"]), sound=sounds(words["written"], spelling))
    return spelled.with_columns(stem=pl.col("simple").str.strip_chars_end(_VOWELS))


def _alike(ones: pl.DataFrame, twos: pl.DataFrame, named: pl.DataFrame, spelling: Spelling) -> pl.DataFrame:
    """What is `found` to be like the names of one place, and of no other, with one such `name`.

    Of `twos`, those that end as a name does (`ends`) are compared as single words are.
    """
    usual = named.filter("is_usual")
    whole = pl.concat([ones, twos.filter("ends")])
    alike = [
        _equal(pl.concat([ones, twos]), named, "simple", SHORTEST_SOUND),
        _equal(ones, usual, "simple", SHORTEST),
        _equal(ones, usual, "sound", SHORTEST_SOUND),
    ]
    if spelling == "exact":
        heard, meant = (each.with_columns(accent=accented(each["written"])) for each in (whole, usual))
        long_enough = meant.filter(pl.col("written").str.len_chars() >= SHORTEST_ACCENT)
        alike.append(_equal(heard, long_enough, "accent"))
    if spelling == "loose":
        bare = ones.filter(pl.col("simple").str.ends_with(_SUFFIX)).with_columns(
            stem=pl.col("simple").str.strip_suffix(_SUFFIX).str.strip_chars_end(_VOWELS)
        )
        alike.append(_equal(bare, named, "stem", SHORTEST))
    rest = whole.join(pl.concat(alike), on="found", how="anti")
    found = pl.concat([*alike, _one_letter_wrong(rest, usual)]).with_columns(place=pl.struct("part", "whole"))
    one = found.group_by("found").agg(pl.col("name").first(), places=pl.col("place").n_unique())
    return one.filter(pl.col("places") == 1)


def _equal(heard: pl.DataFrame, named: pl.DataFrame, spelled: str, shortest: int = 0) -> pl.DataFrame:
    long_enough = named.filter(pl.col(spelled).str.len_chars() >= shortest)
    return heard.join(long_enough, on=spelled).select("found", "name", "part", "whole")


def _one_letter_wrong(heard: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """What has, behind the first letter, another vowel, two neighbours swapped, or (if long) a letter more or less."""
    names = _shortened(named.filter(pl.col("simple").str.len_chars() >= SHORTEST_SLIP))
    words = _shortened(heard.filter(pl.col("simple").str.len_chars() >= SHORTEST_SLIP))
    pairs = words.join(names, on="rest", suffix=" of name")
    cut, cut_of_name = pl.col("left_out"), pl.col("left_out of name")
    other = pl.col("letter").is_in([*_VOWELS]) & pl.col("letter of name").is_in([*_VOWELS]) & (cut == cut_of_name)
    swapped = ((cut - cut_of_name).abs() == 1) & (pl.col("letter") == pl.col("letter of name"))
    same_length = pl.col("letters") == pl.col("letters of name")
    is_long = pl.max_horizontal("letters", "letters of name") > SHORTEST_SLIP
    more_or_less = (cut.is_null() ^ cut_of_name.is_null()) & is_long
    return pairs.filter(more_or_less | (same_length & (other | swapped))).select("found", "name", "part", "whole")


def _shortened(words: pl.DataFrame) -> pl.DataFrame:
    """Each word whole and with each `letter` but the first left out: the `rest`, and where it was `left_out`."""
    counted = words.with_columns(letters=pl.col("simple").str.len_chars().cast(pl.Int64))
    cut = (
        counted.with_columns(left_out=pl.int_ranges(1, pl.col("letters")))
        .explode("left_out")
        .with_columns(
            letter=pl.col("simple").str.slice(pl.col("left_out"), 1),
            rest=pl.col("simple").str.head(pl.col("left_out")) + pl.col("simple").str.slice(pl.col("left_out") + 1),
        )
    )
    whole = counted.with_columns(left_out=pl.lit(None, pl.Int64), letter=pl.lit(None, pl.String), rest=pl.col("simple"))
    return pl.concat([cut, whole])
