"""What a word looks like after a slip of the thumb."""

from collections.abc import Iterator

_VOWELS = "aeiou"


def swapped_or_doubled(word: str) -> Iterator[str]:
    """The word with two neighbouring letters swapped, or a letter doubled; the first letter is right."""
    for n in range(1, len(word)):
        before, letter, after = word[:n], word[n], word[n + 1 :]
        if after:
            yield f"{before}{after[0]}{letter}{after[1:]}"
        yield before + letter * 2 + after


def missing_or_mistaken(word: str) -> Iterator[str]:
    """The word without a letter, or with another vowel in the place of one; the first letter is right."""
    for n in range(1, len(word)):
        before, letter, after = word[:n], word[n], word[n + 1 :]
        yield before + after
        if letter in f"{_VOWELS}y":
            yield from (before + vowel + after for vowel in _VOWELS if vowel != letter)


def split(word: str) -> Iterator[str]:
    """The word in two, of at least two letters each."""
    return (f"{word[:n]} {word[n:]}" for n in range(2, len(word) - 1))


_CONFUSED = (("l", "r"), ("t", "th"), ("th", "s"), ("t", "d"), ("b", "p"), ("f", "v"), ("k", "g"))


def misheard(word: str) -> Iterator[str]:
    """The word with a consonant written as another one that sounds like it to many ears."""
    for one, other in _CONFUSED:
        for heard, written in ((one, other), (other, one)):
            parts = word.split(heard)
            yield from (f"{heard.join(parts[:n])}{written}{heard.join(parts[n:])}" for n in range(1, len(parts)))
