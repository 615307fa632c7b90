"""What checks find: errors, which stop a project from running, and warnings, which do not."""

from typing import NamedTuple

from pipeline_lib.errors import Problem


class Finding(NamedTuple):
    """A problem and how bad it is."""

    problem: Problem
    is_error: bool


def error(place: str, wrong: str, right: str = "") -> Finding:
    """Something that cannot run, or that would silently give wrong outputs."""
    return Finding(Problem(place, wrong, right), is_error=True)


def warning(place: str, wrong: str, right: str = "") -> Finding:
    """Something odd that runs."""
    return Finding(Problem(place, wrong, right), is_error=False)


def as_warning(finding: Finding) -> Finding:
    """The finding as a warning, for something that a run can do without."""
    return finding._replace(is_error=False)
