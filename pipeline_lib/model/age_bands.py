"""Groups of ages, as code schemes name them: `15 to 17`, `18-35`, `55+` (semantics.md 6)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from pipeline_lib.model.code_scheme import Code, CodeScheme

_BETWEEN = re.compile(r"(\d{1,3})\s*(?:to|-|\N{EN DASH}|\N{EM DASH}|until)\s*(\d{1,3})")
_AT_LEAST = re.compile(
    r"(?:>=|\N{GREATER-THAN OR EQUAL TO}|from)\s*(\d{1,3})|(\d{1,3})\s*(?:\+|(?:and|or) (?:above|over|older|more|up))"
)
_AT_MOST = re.compile(
    r"(?:<=|\N{LESS-THAN OR EQUAL TO}|up to)\s*(\d{1,3})|(\d{1,3})\s*(?:and|or) (?:below|under|younger|less)"
)
_MORE_THAN = re.compile(r"(?:>|above|over|older than|more than)\s*(\d{1,3})()")
_LESS_THAN = re.compile(r"(?:<|below|under|younger than|less than)\s*(\d{1,3})()")


class AgeBand(NamedTuple):
    """Ages in years, both ends inclusive."""

    youngest: int
    oldest: int | None
    """None: there is no end."""

    def has(self, years: int) -> bool:
        """Whether somebody of this age belongs to it."""
        return self.youngest <= years and (self.oldest is None or years <= self.oldest)

    def __str__(self) -> str:
        return f"{self.youngest} and above" if self.oldest is None else f"{self.youngest} to {self.oldest}"


def read_age_band(name: str) -> AgeBand | None:
    """The ages that a name means, or none: `15 to 17`, `15-17`, `>=55`, `55+`, `under 18`, `18 and above`."""
    plain = " ".join(name.casefold().replace("_", " ").removesuffix("years").removesuffix("yrs").split())
    if between := _BETWEEN.fullmatch(plain):
        youngest, oldest = map(int, between.groups())
        return AgeBand(youngest, oldest) if youngest <= oldest else None
    for pattern, correction in ((_AT_LEAST, 0), (_MORE_THAN, 1)):
        if found := pattern.fullmatch(plain):
            return AgeBand(int(found[1] or found[2]) + correction, None)
    for pattern, correction in ((_AT_MOST, 0), (_LESS_THAN, -1)):
        if found := pattern.fullmatch(plain):
            oldest = int(found[1] or found[2]) + correction
            return AgeBand(0, oldest) if oldest >= 0 else None
    return None


def band_of(code: Code) -> AgeBand | None:
    """The ages that a code of an age category stands for, by its match values, else by its other names."""
    if not code.is_normal:
        return None
    names = (*code.match_values, code.string_value, code.display_text)
    return next((band for band in map(read_age_band, names) if band is not None), None)


def codes_of_bands(scheme: CodeScheme, bands: Sequence[AgeBand] | None) -> list[tuple[AgeBand, Code]]:
    """The bands of a scheme of age categories with their codes.

    Args:
        scheme: The scheme.
        bands: One for each normal code, in the scheme's order; None: the codes' own names say them.
    """
    normal = scheme.normal_codes
    if bands is not None:
        return list(zip(bands, normal, strict=False))
    named = ((band_of(code), code) for code in normal)
    return [(band, code) for band, code in named if band is not None]


def are_in_order(scheme: CodeScheme) -> bool:
    """Whether a scheme's codes have an order that everybody sees: all normal ones are ages, or begin with a number."""
    normal = scheme.normal_codes
    begin_with_numbers = ((code.display_text or code.string_value)[:1].isdigit() for code in normal)
    return bool(normal) and all(
        is_number or band_of(code) is not None for code, is_number in zip(normal, begin_with_numbers, strict=True)
    )
