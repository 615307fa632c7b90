"""What cleaners find, and code schemes that have no code for it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from pipeline_lib.cleaners.match_values import codes_of_values, match_values
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import KEPT_FILES, ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.errors import listed_briefly
from pipeline_lib.model.code_scheme import CodeScheme

Schemes = Mapping[str, ReadModel[CodeScheme]]


def findings(plans: ReadModel[CodingPlansFile], schemes: Schemes) -> Iterator[Finding]:
    """What is missing, for each scheme all at once."""
    if plans.model is None:
        return
    found: dict[Finding, None] = {}  # a scheme may serve several datasets, and is reported once
    for placed in plans.model.datasets():
        for coding in placed.entry.codings:
            if coding.cleaner is not None and (read := schemes.get(coding.code_scheme)) is not None:
                found |= dict.fromkeys(of_cleaner(coding.cleaner, read))
    yield from found


@lru_cache(maxsize=KEPT_FILES)
def of_cleaner(cleaner: str, read: ReadModel[CodeScheme]) -> tuple[Finding, ...]:
    """What a scheme lacks of what a cleaner gives: once for all projects that have the same."""
    if read.model is None or "Codes" in read.damaged:
        return ()
    place, giver = read.file.at("Codes"), f"the cleaner {cleaner}"
    codes = codes_of_values(cleaner, read.model)
    lacking = [value for value in match_values(cleaner) if value not in codes]
    if not codes:
        wrong = f"no code has a match value that {giver} gives: {listed_briefly(lacking)}"
        return (error(place, wrong, "add each to the code that it stands for"),)
    if lacking:
        one = len(lacking) == 1
        wrong = f"no code has the match value{'' if one else 's'} {listed_briefly(lacking)}, which {giver} gives"
        right = f"add {'it' if one else 'each'} to the code that it stands for, or coders decide"
        return (warning(place, wrong, right),)
    return ()
