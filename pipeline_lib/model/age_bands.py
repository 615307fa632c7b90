"""Groups of ages (semantics.md 6)."""

AGE_BANDS = ((10, 14), (15, 17), (18, 35), (36, 54), (55, 99))
"""Ages in years, both ends inclusive; a band's code has a match value such as `10 to 14`."""


def age_band(years: int) -> str | None:
    """The match value of the band that an age lies in, or none."""
    bands = (f"{youngest} to {oldest}" for youngest, oldest in AGE_BANDS if youngest <= years <= oldest)
    return next(bands, None)
