"""Dates and names as they are written in and around drawings, in English wherever the program runs."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.coverage import Coverage
from pipeline_lib.disclosure.release import Cell
from pipeline_lib.model.coding_plan import Dataset

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


_DAYS_OF_A_YEAR = 365


class About(NamedTuple):
    """What every drawing says of the project."""

    project: str
    start: datetime
    """Messages sent from then on, in the zone in which times are shown."""
    end: datetime
    """Messages sent before then."""
    as_of: datetime
    """What was known when the numbers were counted."""
    threshold: int | None = None
    """The smallest number that is released (perturbed); None if all numbers are released unchanged."""

    def caption(self, *sentences: str) -> tuple[str, ...]:
        """A drawing's own sentences, then project, source and date."""
        as_of = day(self.as_of.astimezone(self.start.tzinfo))
        source = f"{self.project}, {self.period}. Source: messages that the project had received by {as_of}."
        return (*(sentence for sentence in (*sentences, self.protection) if sentence), source)

    @property
    def protection(self) -> str:
        """How the numbers are protected, so that they do not reveal small groups of people; mostly empty."""
        if self.threshold is None:
            return ""
        return (
            f"To protect people, numbers are perturbed and need not add up; <{self.threshold} stands for fewer than "
            f"{self.threshold}."
        )

    @property
    def utc_offset(self) -> timedelta:
        """The UTC offset of the zone in which times are shown."""
        return self.start.utcoffset() or timedelta(0)

    @property
    def coverage(self) -> Coverage:
        """The time that numbers can cover."""
        return Coverage(self.start, min(self.end, self.as_of))

    @property
    def is_running(self) -> bool:
        """Whether messages could still come in when the numbers were counted."""
        return self.as_of < self.end

    @property
    def period(self) -> str:
        """The days of the project, as far as they are known."""
        end = min(self.end, self.as_of).astimezone(self.start.tzinfo)
        midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
        last = end.date() if end > midnight else date.fromordinal(end.toordinal() - 1)
        return period(self.start.date(), max(last, self.start.date()))


def day(when: date) -> str:
    """`6 September 2025`."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def short_day(when: date, *, with_year: bool = False) -> str:
    """`6 Sep`, or `6 Sep 2025`."""
    return f"{when.day} {_MONTHS[when.month - 1][:3]}{f' {when.year}' if with_year else ''}"


def hour(when: datetime, *, with_year: bool = False) -> str:
    """`6 Sep 14:30`, or `6 Sep 2025 14:30`."""
    return f"{short_day(when, with_year=with_year)} {when:%H:%M}"


def is_longer_than_a_year(first: date, last: date) -> bool:
    """Whether between them a day without its year could be either of two."""
    return (last - first).days >= _DAYS_OF_A_YEAR


def period(start: date, last: date) -> str:
    """`6 to 13 September 2025`: from a first day to a last one."""
    if start == last:
        return day(last)
    if start.year != last.year:
        return f"{day(start)} to {day(last)}"
    if start.month != last.month:
        return f"{start.day} {_MONTHS[start.month - 1]} to {day(last)}"
    return f"{start.day} to {day(last)}"


def numeral(cell: Cell) -> str:
    """A number with thousands separators, or the sign shown instead of it."""
    return cell.text if cell.count is None else f"{cell.count:,}"


def title_of(coding: Analysed) -> str:
    """What drawings call a coding: its dataset's title, else the dataset's name or, of a survey, the scheme's.

    Where a dataset has several codings, the scheme's name tells which it is.
    """
    dataset, scheme = coding.dataset, readable(coding.coding.code_scheme.name)
    if dataset.is_survey:
        return scheme if dataset.title is None or len(dataset.codings) > 1 else dataset.title
    is_one_of_several = sum(each.include_in_theme_distribution for each in dataset.codings) > 1
    return f"{episode_title(dataset)} ({scheme})" if is_one_of_several else episode_title(dataset)


def episode_title(dataset: Dataset) -> str:
    """What drawings call an episode, whatever its codings are."""
    return dataset.title or readable(dataset.name)


def readable(name: str) -> str:
    """A code's or a dataset's name, with spaces for the characters that replace them."""
    return " ".join(name.replace("_", " ").split())
