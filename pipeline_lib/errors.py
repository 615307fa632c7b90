"""Every deliberate error, grouped by what to do next.

    PipelineError
    ├── ConfigError                 correct the file that is named, then run again
    ├── DataError                   a promise about data is broken: look at the named place in the data
    └── SourceError                 an external system failed or refused
        ├── RetriableSourceError    wait and try again: Airflow does so by itself
        │   └── StorageConflictError    somebody else wrote the same thing meanwhile; a retry sees theirs
        └── FatalSourceError        trying again will not help: a person must act

A problem names *place: what is wrong; what would be right*. It never quotes a message's text, an address, a name, a
token, a query string or a body.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong, where, and what would be right."""

    place: str
    """A file, a line, a key, in the author's own spelling: `pipeline.json: RawDataSources[1].SourceType`."""
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong}" + (f"; {self.right}" if self.right else "")


class PipelineError(Exception):
    """A deliberate error; its text is for the person who must act."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.tell(*problems)

    def tell(self, *problems: Problem) -> None:
        """Has these problems told in place of what the error told before, such as by places that people know."""
        self.problems = problems
        self.args = ("\n".join(map(str, problems)),)


class ConfigError(PipelineError):
    """A config file, a code scheme or a setting is wrong: correct it and run again."""


class DataError(PipelineError):
    """A promise about data is broken: look at the named place in the data."""


class SourceError(PipelineError):
    """An external system failed or refused."""


class RetriableSourceError(SourceError):
    """An external system failed temporarily: wait and try again."""


class StorageConflictError(RetriableSourceError):
    """Somebody else wrote the same artifact or state meanwhile; a retry starts from theirs."""


class FatalSourceError(SourceError):
    """An external system refuses, and will go on refusing until a person acts."""


def nearest(unknown: str, known: Iterable[str], likeness: float = 0.6, parts: str = "") -> str | None:
    """The known name that is most similar to an unknown one, ignoring case; None where none is similar enough.

    Args:
        unknown: What was written.
        known: What could have been meant.
        likeness: The least similarity, from 0 to 1, where 1 is identical (difflib's ratio).
        parts: What separates the parts of a name. The last part says what is meant (`swahili.county` asks for
            counties), so names with a similar last part come first, however different the rest is.
    """
    names = {name.casefold(): name for name in sorted(set(known), reverse=True)}
    written = unknown.casefold()
    if parts:
        meant = {name: _likeness(written.rpartition(parts)[2], name.rpartition(parts)[2]) for name in names}
        alike = [name for name in names if meant[name] >= _ALIKE]
        if alike:
            return names[max(alike, key=lambda name: (meant[name], _likeness(written, name)))]
    found = difflib.get_close_matches(written, names, n=1, cutoff=likeness)
    return names[found[0]] if found else None


_ALIKE = 0.8
_SHORT = 3


def _likeness(one: str, other: str) -> float:
    """Difflib's ratio; if one word begins with the other, as `age` and `age_10_to_99`, at least `_ALIKE`.

    Other words of up to three letters are similar only by chance: 0, unless they are equal.
    """
    ratio = difflib.SequenceMatcher(None, one, other).ratio()
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _SHORT and longer.startswith(shorter):
        return max(ratio, _ALIKE)
    return ratio if len(shorter) > _SHORT or one == other else 0.0


def did_you_mean(unknown: str, known: Iterable[str], parts: str = "") -> str:
    """`did you mean "x"?` for the nearest known name, else the known names while they are few, else nothing."""
    names = sorted(set(known))
    meant = nearest(unknown, names, parts=parts)
    if meant is not None:
        return f'did you mean "{meant}"?'
    return f"known: {listed(names)}" if 0 < len(names) <= 12 else ""  # noqa: PLR2004 - what one line can hold


def listed(names: Sequence[str]) -> str:
    """Names quoted and joined for a sentence."""
    return ", ".join(f'"{name}"' for name in names)


_FEW = 12


def listed_briefly(names: Sequence[str]) -> str:
    """As `listed`; of many names the first dozen, and how many more there are."""
    more = len(names) - _FEW
    return listed(names) if more <= 0 else f"{listed(names[:_FEW])} and {more:,} more"


def counted(count: int, noun: str) -> str:
    """`1 page`, `1,245 pages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
