"""Mobile networks by the first digits of a number (sources.md A.7).

Where only a country is known, its calling code stands for all of its networks together.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class MobileOperator(NamedTuple):
    """The numbers that begin alike."""

    prefix: str
    """The first digits, with the country's calling code; five at most, which is all that raw data tells."""
    name: str
    """The match value of its code."""
    country: str


@cache
def mobile_operators() -> tuple[MobileOperator, ...]:
    """Every prefix that is known."""
    lines = files(__package__).joinpath("mobile_operators.csv").read_text(encoding="utf-8").splitlines()
    return tuple(MobileOperator(row["prefix"], row["operator"], row["country"]) for row in csv.DictReader(lines))


def operator_names() -> dict[str, str]:
    """Each operator's country, by the operator's name, in the order of the table."""
    return {each.name: each.country for each in mobile_operators()}


def operator_of(digits: str) -> str:
    """The operator of a number's first digits; what begins with no known prefix, such as `whatsapp`, names itself."""
    for length in range(len(digits), 0, -1):
        if (name := _by_prefix().get(digits[:length])) is not None:
            return name
    return digits


@cache
def _by_prefix() -> dict[str, str]:
    return {each.prefix: each.name for each in mobile_operators()}
