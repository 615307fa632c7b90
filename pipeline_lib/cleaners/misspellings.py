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


_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def slips_on_keys(word: str) -> Iterator[str]:
    """The word with a letter replaced by its neighbour on a phone's keyboard, or without one of its vowels."""
    for n, letter in enumerate(word):
        before, after = word[:n], word[n + 1 :]
        yield from (f"{before}{key}{after}" for key in _beside(letter))
        if letter in _VOWELS:
            yield before + after


def _beside(letter: str) -> Iterator[str]:
    row = next(at for at, keys in enumerate(_KEYBOARD) if letter in keys)
    column = _KEYBOARD[row].index(letter)
    # each row begins half a key to the right of the one above it
    for keys, columns in ((row, (-1, 1)), (row - 1, (0, 1)), (row + 1, (-1, 0))):
        if 0 <= keys < len(_KEYBOARD):
            there = _KEYBOARD[keys]
            yield from (there[column + by] for by in columns if 0 <= column + by < len(there))
