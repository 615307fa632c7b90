"""Names of places and the match values that they stand for, as their author writes them in `data/<name>.toml`."""

from functools import cache

from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.spelling import Spelling

Names = dict[str, list[str]]
"""From a match value to names; the usual one stands first."""


class LargerPlace(DataFile):
    """Which places of a list lie in which place of the list of larger ones."""

    whole: str
    parts: list[str]


class PlaceList(DataFile):
    """Names of places as their author writes them; each table leads from a match value to names."""

    spelling: Spelling
    short_text_words: int = 5
    """How many words a short text has at most."""
    parts_list: str = ""
    """The list of the smaller places, whose names are as well known as those of this one."""
    words: Names
    words_of_short_texts: Names = Field(default_factory=dict)
    """Names that mean something else as well: they count only in a short text that has none of `words`."""
    words_of_endings: Names = Field(default_factory=dict)
    """Names that begin a clause as everyday words: they count beside a cue of home (`place_cues.toml`) or of these
    `cues`, and where a clause ends with them."""
    words_with_cue: Names = Field(default_factory=dict)
    """Names that mean something else in most texts: they count beside a cue, in a text that names the larger place in
    which they lie, and where they are all of a text."""
    words_of_homes: Names = Field(default_factory=dict)
    """Names of smaller places: they count in a text that says that somebody lives somewhere or is from there, beside a
    cue, and where they are all of a text."""
    cues_before: list[str] = Field(default_factory=list)
    cues_after: list[str] = Field(default_factory=list)
    lies_in: list[LargerPlace] = Field(default_factory=list)
    regions: list[str] = Field(default_factory=list)
    """Larger areas, which have no match value: who says only that they live there gets no code."""
    elsewhere: list[str] = Field(default_factory=list)
    """Other places that have no match value; one beside a place of the list is a second place."""
    same_word: list[list[str]] = Field(default_factory=list)
    """Words of names that stand for each other, such as `north` in two languages: such a word also stands at the other
    end of a name."""
    ignored: list[str] = Field(default_factory=list)
    """Phrases that hold a name but don't mean the place."""
    also_persons: list[str] = Field(default_factory=list)
    """Names of places that are names of persons as well: they mean no place right before one of `persons`, or behind
    one of `spoken_to`."""
    persons: list[str] = Field(default_factory=list)
    spoken_to: list[str] = Field(default_factory=list)
    said_of_persons: list[str] = Field(default_factory=list)
    """What stands right behind such a name where it means a person."""
    also_neighbourhoods: list[str] = Field(default_factory=list)
    """Parts that share their names with neighbourhoods of other towns: beside such a town they lie in it."""
    everyday: list[str] = Field(default_factory=list)
    """Words that are like a name and are no misspelling of it."""

    @property
    def sections(self) -> dict[str, Names]:
        """The names by where they count."""
        return {
            "anywhere": self.words,
            "short text": self.words_of_short_texts,
            "ending": self.words_of_endings,
            "whole text": self.words_with_cue,
            "told home": self.words_of_homes,
        }


@cache
def read_places(name: str) -> PlaceList:
    """The packaged list of names `data/<name>.toml`, read once in a process."""
    return read(DATA_FOLDER / f"{name}.toml", PlaceList)


def match_values(name: str) -> set[str]:
    """The match values that the packaged list `data/<name>.toml` gives."""
    return {value for names in read_places(name).sections.values() for value in names}
