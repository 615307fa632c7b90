"""What a stage has done, in lines for people: its task's log ends with them, and its command prints them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline_lib.model.step_counts import Outcome, StepCount, in_words


class Line(NamedTuple):
    """One thing that was counted."""

    number: int
    words: str
    is_warning: bool = False
    """Whether a person should look at it: something could not be used."""

    def __str__(self) -> str:
        """The number, so that those of several lines stand below each other, and the words.

        A flow's name may hold signs that cannot be printed: these become `?`.
        """
        return f"{self.number:>9,}  {''.join(sign if sign.isprintable() else '?' for sign in self.words)}"


def summary(
    rows: Mapping[str, int],
    counts: Iterable[StepCount],
    waiting: Iterable[Mapping[str, int | str | None]] = (),
    noun: str = "rows",
) -> list[Line]:
    """The lines of a stage.

    Args:
        rows: How much the stage has written, by the file.
        counts: What its steps counted.
        waiting: Figures of each `dataset`, of which `not_reviewed` says how many messages wait for a coder.
        noun: What the rows are called.
    """
    known = tuple(counts)
    set_aside = in_words(each for each in known if each.outcome is Outcome.QUARANTINED)
    waiting_counts = ((facts.get("dataset"), facts.get("not_reviewed")) for facts in waiting)
    return [
        *(Line(count, f"{name}: {noun}") for name, count in rows.items()),
        *(Line(count, words, words in set_aside and count > 0) for words, count in in_words(known).items()),
        *(
            Line(count, f"messages that wait for a coder, {dataset}")
            for dataset, count in waiting_counts
            if isinstance(count, int) and count
        ),
    ]
