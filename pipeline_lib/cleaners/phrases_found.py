"""The phrases of a word list that were found in texts, as arrays: one entry per phrase, in the texts' order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
AnyArray = TypeVar("AnyArray", bound=Array)


@dataclass(frozen=True)
class PhrasesFound:
    """The phrases found in texts; all arrays are of one length."""

    row: Numbers
    """The number of the text."""
    start: Numbers
    """How many words of the text stand before the phrase."""
    end: Numbers
    """How many words of the text end with the phrase."""
    value: Numbers
    """The number of what the phrase stands for, -1 where that is nothing."""
    where: Numbers
    """Where it counts: the number of a `word_keys.Where`."""
    has_cue: Flags
    """Whether it stands beside a cue."""
    says: Mapping[str, Flags]
    """What it says of a neighbour, by the names of `word_keys.SAYS_OF_NEIGHBOUR`."""

    def only(self, kept: Flags) -> "PhrasesFound":
        """Those that are kept."""
        return replace(
            self,
            **{name: getattr(self, name)[kept] for name in ("row", "start", "end", "value", "where", "has_cue")},
            says={name: flags[kept] for name, flags in self.says.items()},
        )


def of_previous(array: AnyArray) -> AnyArray:
    """For each entry, that of the one before it; false or 0 for the first."""
    shifted = np.zeros_like(array)
    shifted[1:] = array[:-1]
    return shifted


def of_next(array: AnyArray) -> AnyArray:
    """For each entry, that of the one behind it; false or 0 for the last."""
    shifted = np.zeros_like(array)
    shifted[:-1] = array[1:]
    return shifted


def words_between(found: PhrasesFound) -> Numbers:
    """How many words stand between each phrase and the one before it, a great many where that is of another text."""
    between = found.start - of_previous(found.end)
    same_text = found.row == of_previous(found.row)
    same_text[:1] = False
    return np.where(same_text, between, np.iinfo(np.int64).max)
