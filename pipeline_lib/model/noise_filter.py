"""What is noise: a message that holds no answer, so that no coder needs to see it (semantics.md 13 and 14)."""

from dataclasses import dataclass
from enum import StrEnum


class NoiseWords(StrEnum):
    """Lists of greetings and fillers, each with the English ones."""

    ENGLISH = "english.noise"
    SOMALI = "somali.noise"
    SWAHILI = "swahili.noise"


class Recogniser(StrEnum):
    """What recognises an answer in a short text, beside the cleaners, and codes nothing."""

    AGE = "somali.age"
    AGE_11_TO_89 = "somali.age_11_to_89"
    """The same."""
    ONLY_YES_NO = "somali.only_yes_no"
    URBAN_RURAL = "somali.urban_rural"


@dataclass(frozen=True, kw_only=True)
class NoiseFilter:
    """Which messages to research questions are noise."""

    min_length: int = 0
    """Shorter texts are, in characters, blanks included."""
    words: tuple[NoiseWords, ...] = ()
    """Texts that are nothing but a word or phrase of these lists are, and those with hardly a letter."""
    unless_recognised_by: tuple[str, ...] = ()
    """Cleaners and recognisers: a text in which one of them finds something is not."""
