"""What cleaners find, and code schemes that have no code for it."""

from collections.abc import Iterator, Mapping

from pipeline_lib.cleaners.match_values import codes_of_values, match_values
from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile
from pipeline_lib.config.files import ReadModel
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
            found |= dict.fromkeys(_of_coding(coding, schemes.get(coding.code_scheme)))
    yield from found


def _of_coding(coding: CodingEntry, read: ReadModel[CodeScheme] | None) -> Iterator[Finding]:
    if coding.cleaner is None or read is None or read.model is None or "Codes" in read.damaged:
        return
    place, giver = read.file.at("Codes"), f"the cleaner {coding.cleaner}"
    codes = codes_of_values(coding.cleaner, read.model)
    lacking = [value for value in match_values(coding.cleaner) if value not in codes]
    if not codes:
        wrong = f"no code has a match value that {giver} gives: {listed_briefly(lacking)}"
        yield error(place, wrong, "add each to the code that it stands for")
    elif lacking:
        one = len(lacking) == 1
        wrong = f"no code has the match value{'' if one else 's'} {listed_briefly(lacking)}, which {giver} gives"
        yield warning(place, wrong, f"add {'it' if one else 'each'} to the code that it stands for, or coders decide")
