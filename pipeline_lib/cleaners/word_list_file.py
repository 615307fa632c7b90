"""A word list as its author writes it: `data/<name>.toml`."""

import re
from itertools import product
from typing import Any, Literal

from pydantic import Field, model_validator

from pipeline_lib.cleaners.data_files import DataFile
from pipeline_lib.cleaners.negation import Language
from pipeline_lib.cleaners.spelling import Spelling

Phrases = dict[str, list[str]]
WhenSeveral = Literal["first", "opening", "none"]


class WordListFile(DataFile):
    """A word list as its author writes it.

    A phrase that ends in `*` is the beginning of a word, or of several; one that ends in a comma stands before a mark
    (only where `when_several` is `opening`, and of words of the list). `{name}` in a phrase stands for each phrase of
    that one of `groups`, so that `{girls} should {learn}` is all that they make together.
    """

    spelling: Spelling
    written_for: Phrases = Field(default_factory=dict)
    """Word to the other ways in which people write it ("dont" to "dnt"): all of them are that word, in texts and in the
    list's phrases. No `spelling` changes it, so a word may stand here alone."""
    when_several: WhenSeveral
    """What a text that names several values gets: the first one, the one that it begins with (else none), or none. For
    `opening`, words of short texts, openings and edges name a value wherever they stand."""
    words: Phrases
    """Value to the words and phrases that mean it."""
    words_said_of_oneself: Phrases = Field(default_factory=dict)
    """As `words`, but they hold their cue ("I am pregnant"): only a negation takes them away."""
    words_of_short_texts: Phrases = Field(default_factory=dict)
    """As `words`, but they have another everyday meaning: they count only in a short text that has none of `words`."""
    words_of_openings: Phrases = Field(default_factory=dict)
    """As `words_of_short_texts`, and they also count where a longer text begins with them."""
    words_of_beginnings: Phrases = Field(default_factory=dict)
    """As `words`, but they count only where a text begins with them, behind its greetings."""
    words_of_edges: Phrases = Field(default_factory=dict)
    """As `words_of_short_texts`, but they count only where a text of any length begins or ends with them."""
    words_with_cue: Phrases = Field(default_factory=dict)
    """As `words`, but they mean something else in most texts: they count beside a cue, and where they are all of a
    text."""
    words_of_whole_texts: Phrases = Field(default_factory=dict)
    """What counts only where it is all of a text, and hides nothing in others: "I have not", in "I have not moved"."""
    words_of_lists: Phrases = Field(default_factory=dict)
    """Abbreviations that count in a short text where nothing but numbers and signs is beside them: `F, 23, Wajir`."""
    cues_before: list[str] = Field(default_factory=list)
    """What stands before a word of `words_with_cue` where it means its value. A word of `words_of_short_texts` counts
    beside a cue in any text."""
    cues_after: list[str] = Field(default_factory=list)
    """As `cues_before`, of what stands after it."""
    may_be_between: list[str] = Field(default_factory=list)
    """What may stand between a cue and its word: "I am a *poor old* man"."""
    short_text_words: int = 5
    """How many words a short text has at most."""
    ignored: list[str] = Field(default_factory=list)
    """Phrases that hold a word of the list but don't mean it."""
    also_heard_alike: bool = False
    """Whether words of three letters or more also count with one letter doubled or single, or as it is heard: x/h,
    q/k/g, dh/d, c written or not. Words that would match so and mean something else belong in `ignored`."""
    one_letter_off: list[str] = Field(default_factory=list)
    """Long words of the list that no other word is like: they also count with one letter missing, too many, wrong, or
    changed with its neighbour."""
    one_key_off: list[str] = Field(default_factory=list)
    """Short words that also count with a neighbouring key hit, or a vowel left out, where a text begins or ends with
    them. Words that would be mistaken for one belong in `ignored`."""
    negated_in: list[Language] = Field(default_factory=list)
    """The languages whose `negations.toml` holds: a negated word doesn't count."""
    when_negated: dict[str, str] = Field(default_factory=dict)
    """Value to the one that its negated words stand for; without one they stand for none."""
    not_after: list[str] = Field(default_factory=list)
    """Phrases that show that the word right behind them, if it has no cue, is not said of the sender: `my`, `every`."""
    not_before: list[str] = Field(default_factory=list)
    """As `not_after`, of what follows a word."""
    not_before_numbers: list[str] = Field(default_factory=list)
    """Words that announce a number where one follows: `no. 5`."""
    reach: int = 2
    """How many words on the side of a negation are looked at."""
    gives_no_answer: list[str] = Field(default_factory=list)
    """What shows that a text asks, doubts or tells what others say, wherever it stands: no word of it counts, or for
    `opening` only one that opens it."""
    contrasts: list[str] = Field(default_factory=list)
    """What turns a text round ("but"): a word that opens it says nothing if a word of another value comes behind."""
    greetings: list[str] = Field(default_factory=list)
    """What a text may begin with before the word that opens it."""
    groups: dict[str, list[str]] = Field(default_factory=dict)
    """Name to the phrases that it stands for in the others; an empty one may be left out there."""

    @model_validator(mode="before")
    @classmethod
    def _with_groups_written_out(cls, content: dict[str, Any]) -> dict[str, Any]:
        groups = content.get("groups", {})
        return content | {
            name: _written_out(section, groups) for name, section in content.items() if name not in _WITHOUT_PHRASES
        }


_WITHOUT_PHRASES = ("groups", "when_negated")
_GROUP = re.compile(r"\{(\w+)\}")


def _written_out(section: Any, groups: dict[str, list[str]]) -> Any:
    """A section of a file with all phrases that those with groups stand for; what is no section as it is."""
    if isinstance(section, dict):
        return {value: _written_out(phrases, groups) for value, phrases in section.items()}
    if not isinstance(section, list) or not all(isinstance(phrase, str) for phrase in section):
        return section
    return [each for phrase in section for each in _phrases(phrase, groups)]


def _phrases(phrase: str, groups: dict[str, list[str]]) -> list[str]:
    parts = _GROUP.split(phrase)
    if len(parts) == 1:
        return [phrase]
    if unknown := set(parts[1::2]) - groups.keys():
        raise ValueError(f'"{phrase}" names an unknown group: {", ".join(sorted(unknown))}')
    choices = [groups[part] if at % 2 else [part] for at, part in enumerate(parts)]
    return [" ".join("".join(chosen).split()) for chosen in product(*choices)]


def merged(first: WordListFile, *others: WordListFile) -> WordListFile:
    """The first list with the words, cues and neighbours of the others: people mix languages. Its other rules hold."""
    together: dict[str, object] = {}
    for name, value in first:
        others_values = [getattr(other, name) for other in others]
        if isinstance(value, list):
            together[name] = list(dict.fromkeys(sum(others_values, value)))
        elif isinstance(value, dict) and name not in _WITHOUT_PHRASES:
            keys = dict.fromkeys(key for each in (value, *others_values) for key in each)
            together[name] = {
                key: [phrase for each in (value, *others_values) for phrase in each.get(key, [])] for key in keys
            }
    return first.model_copy(update=together)
