"""Which lists of phrases a text may hold, by one word of each phrase, so that the others need not be looked for."""

from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import or_

import polars as pl


class PhraseIndex:
    """Lists of phrases, 63 at most, by the word of each phrase that tells it best."""

    def __init__(self, lists: Mapping[str, Collection[str]]) -> None:
        """Lists of phrases by name; a star in a word stands for any letters."""
        self._bits = {name: 1 << number for number, name in enumerate(lists)}
        self._whole: dict[str, int] = {}
        self._beginnings: dict[str, int] = {}
        self._inside: dict[str, int] = {}
        for name, phrases in lists.items():
            for anchor in map(_anchor, phrases):
                starts, _, rest = anchor.partition("*")
                inside = rest.strip("*") if not starts else ""
                known = self._inside if inside else self._beginnings if "*" in anchor else self._whole
                known[inside or starts] = known.get(inside or starts, 0) | self._bits[name]

    def mask(self, names: Iterable[str]) -> int:
        """The bits of these lists."""
        return reduce(or_, (self._bits[name] for name in names), 0)

    def bits_of(self, word: str) -> int:
        """The bits of the lists with a phrase that a word may belong to."""
        beginnings = (self._beginnings.get(word[:length], 0) for length in range(len(word) + 1))
        inside = (bits for part, bits in self._inside.items() if part in word)
        return reduce(or_, (*beginnings, *inside), self._whole.get(word, 0))

    def bits_of_texts(self, texts: pl.Series) -> pl.Series:
        """For each text, the bits of the lists with a phrase that it may hold; texts have spaces between words."""
        words = pl.DataFrame({"word": texts.str.split(" ")}).with_row_index("row").explode("word")
        distinct = words["word"].drop_nulls().unique()
        bits = pl.DataFrame({"word": distinct, "bits": pl.Series(map(self.bits_of, distinct), dtype=pl.Int64)})
        held = words.join(bits.filter(pl.col("bits") > 0), on="word").group_by("row").agg(pl.col("bits").bitwise_or())
        rows = pl.DataFrame({"row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
        return rows.join(held, on="row", how="left", maintain_order="left")["bits"].fill_null(0)


def _anchor(phrase: str) -> str:
    """The word of a phrase that tells it best: a whole one if there is any, the longest of those."""
    return max(phrase.split(), key=lambda word: ("*" not in word, len(word)))


class FirstWords:
    """Phrases to look for, by their first words: of thousands of phrases, few begin with a word that some text has."""

    def __init__(self, phrases: pl.Series) -> None:
        """Phrases of words with spaces around them, in the order in which they are to be looked for."""
        self._firsts = phrases.str.strip_chars(" ").str.splitn(" ", 2).struct[0]

    def present(self, words: pl.Series) -> pl.Series:
        """The numbers of the phrases, in their order, whose first word is one of the words."""
        return self._firsts.is_in(words.implode()).arg_true()
