"""Age categories: the ages of each code, and ages that have none."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from pipeline_lib.config.checks.imputed_codes import Imputed, kinds_of, lacking_kinds
from pipeline_lib.config.files import KEPT_FILES
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.errors import counted
from pipeline_lib.model.age_bands import AgeBand, band_of, codes_of_bands
from pipeline_lib.model.code_scheme import Code, ControlCode

_GIVER = "the imputation age_category"
_NAME_THEM = 'begin its MatchValues with the ages, such as "15 to 17", or write AgeBands in the coding plans'


@lru_cache(maxsize=KEPT_FILES)
def findings(
    ages: Imputed, categories: Imputed, written: tuple[AgeBand, ...] | None, place: str
) -> tuple[Finding, ...]:
    """What is wrong or odd with the bands of a dataset: once for all projects that have the same.

    Args:
        ages: The scheme of ages.
        categories: The scheme of their categories.
        written: The bands that the coding plans give.
        place: Where they stand.
    """
    return tuple(_findings(ages, categories, written, place))


def _findings(ages: Imputed, categories: Imputed, written: Sequence[AgeBand] | None, place: str) -> Iterator[Finding]:
    yield from _years(ages)
    found = list(_bands(categories, written, place))
    yield from found
    if not any(finding.is_error for finding in found):
        bands = [band for band, _ in codes_of_bands(categories.model, written)]
        yield from _overlaps(bands, categories.place if written is None else place)
        yield from _ages_without_band(ages, bands)
    needed = kinds_of([ages]) | {(ControlCode.NOT_CODED, None): None}
    yield from lacking_kinds(categories, needed, _GIVER)


def _years(ages: Imputed) -> Iterator[Finding]:
    for index, code in enumerate(ages.model.codes):
        numbers = [value for value in code.match_values if value.isdecimal()] if code.is_normal else []
        if numbers and str(code.numeric_value) not in numbers:
            wrong = f'is {code.numeric_value} for the age "{numbers[0]}", and {_GIVER} goes by it'
            yield error(f"{ages.place}[{index}].NumericValue", wrong, "write the age in years")


def _bands(categories: Imputed, written: Sequence[AgeBand] | None, place: str) -> Iterator[Finding]:
    normal = [(index, code) for index, code in enumerate(categories.model.codes) if code.is_normal]
    if written is None:
        unnamed = [index for index, code in normal if band_of(code) is None]
        if len(unnamed) == len(normal):
            yield error(categories.place, "no code says which ages it stands for", _NAME_THEM)
        else:
            for index in unnamed:
                wrong = "does not say which ages it stands for: nobody has it"
                yield warning(f"{categories.place}[{index}]", wrong, _NAME_THEM)
        return
    if len(written) != len(normal):
        wrong = f"has {counted(len(written), 'band')} for {counted(len(normal), 'normal code')} of {_file(categories)}"
        yield error(place, wrong, "write one for each, in the order of the scheme")
        return
    for number, (band, (_, code)) in enumerate(zip(written, normal, strict=True)):
        if band.oldest is not None and band.oldest < band.youngest:
            yield error(f"{place}[{number}]", "ends before it begins", "write the youngest age first")
        elif not _may_mean(code, band):
            wrong = f'is "{band}", and code {number + 1} of {_file(categories)} says "{band_of(code)}"'
            yield error(
                f"{place}[{number}]", wrong, "write the bands in the order of the scheme, or leave AgeBands out"
            )


def _may_mean(code: Code, band: AgeBand) -> bool:
    """Whether nothing in a code's names speaks against a band: the oldest may be `55 to 99`, whoever is older."""
    named = band_of(code)
    if named is None or named == band:
        return True
    return None in {named.oldest, band.oldest} and named.youngest == band.youngest


def _overlaps(bands: Sequence[AgeBand], place: str) -> Iterator[Finding]:
    for one, other in pairwise(sorted(bands, key=lambda band: band.youngest)):
        if one.oldest is None or other.youngest <= one.oldest:
            yield error(place, f'the ages "{one}" and "{other}" overlap', "let each age belong to one band")


def _file(scheme: Imputed) -> str:
    return scheme.place.partition(":")[0]


def _ages_without_band(ages: Imputed, bands: Sequence[AgeBand]) -> Iterator[Finding]:
    years = sorted({code.numeric_value for code in ages.model.normal_codes})
    without = [age for age in years if not any(band.has(age) for band in bands)]
    if len(without) == len(years):
        wrong = "has no code of an age in years in any band, by its NumericValue: every age category would be NC"
        yield error(ages.place, wrong, f"add a code for each age, or leave {_GIVER} out")
    elif without:
        breaks = [number for number, (one, next_) in enumerate(pairwise(without), start=1) if next_ != one + 1]
        runs = [without[start:end] for start, end in pairwise([0, *breaks, len(without)])]
        said = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
        wrong = f"the ages {said} are in no band: their age category is NC"
        yield warning(ages.place, wrong, "add a code for them to the age categories")
