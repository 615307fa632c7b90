"""Imputations: their codings, and codes that they give and schemes lack (semantics.md 6 and 14)."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline_lib.config.checks import age_categories, places
from pipeline_lib.config.checks.imputed_codes import Imputed
from pipeline_lib.config.coding_plans import CodingPlansFile, DatasetEntry, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.model.age_bands import AgeBand
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CodingMode, Imputation, place_table_of
from pipeline_lib.model.places import PlaceTable

Schemes = Mapping[str, ReadModel[CodeScheme]]


def findings(
    plans: ReadModel[CodingPlansFile], schemes: Schemes, own_places: PlaceTable | None, *, as_predecessor: bool
) -> Iterator[Finding]:
    """What is wrong or odd with each dataset's imputation, and with its schemes for it.

    Args:
        plans: The coding plans.
        schemes: Their code schemes.
        own_places: The project's own table of places.
        as_predecessor: Whether the quirks that all predecessors share are kept.
    """
    if plans.model is None:
        return
    whole = {
        name: Imputed(read, read.model)
        for name, read in schemes.items()
        if read.model is not None and "Codes" not in read.damaged
    }
    found: dict[Finding, None] = {}  # a scheme may serve several datasets, and is reported once
    for placed in plans.model.datasets():
        found |= dict.fromkeys(_of_dataset(placed, plans, whole, own_places, as_predecessor=as_predecessor))
    yield from found


def _of_dataset(
    placed: Placed,
    plans: ReadModel[CodingPlansFile],
    whole: Mapping[str, Imputed],
    own_places: PlaceTable | None,
    *,
    as_predecessor: bool,
) -> Iterator[Finding]:
    entry, place = placed.entry, plans.file.at(placed.kind, placed.number)
    if entry.age_bands is not None and entry.imputation is not Imputation.AGE_CATEGORY:
        yield warning(f"{place}.AgeBands", f"has no effect without the Imputation {Imputation.AGE_CATEGORY}")
    if entry.imputation is None:
        return
    for number, coding in enumerate(entry.codings):
        if coding.coding_mode is CodingMode.MULTIPLE:
            wrong = (
                f'"{CodingMode.MULTIPLE}" has no place beside the imputation "{entry.imputation}": it takes one code'
            )
            yield error(f"{place}.Codings[{number}].CodingMode", wrong, f'write "{CodingMode.SINGLE}"')
    schemes = tuple(whole[coding.code_scheme] for coding in entry.codings if coding.code_scheme in whole)
    table = place_table_of(entry.imputation, own_places)
    if not entry.imputation.is_of_places:
        bands = None if placed.kind in plans.damaged else entry.bands()
        yield from _of_ages(entry, schemes, bands, place)
    elif table is not None:
        by_operator = entry.impute_zone_from_operator and not as_predecessor
        yield from _of_places(entry, schemes, table, place, zones_of_operators=by_operator)
    elif plans.model is not None and plans.model.locations is None and "Locations" not in plans.damaged:
        wrong = f'"{entry.imputation}" needs a table of places'
        yield error(f"{place}.Imputation", wrong, "name it by the key Locations of the coding plans")


_AGE_CODINGS = ("age", "age category")


def _of_ages(
    entry: DatasetEntry, schemes: tuple[Imputed, ...], bands: Sequence[AgeBand] | None, place: str
) -> Iterator[Finding]:
    count = len(entry.codings)
    if count != len(_AGE_CODINGS):
        wrong = f'the imputation "{entry.imputation}" needs {len(_AGE_CODINGS)} codings, there are {count}'
        yield error(f"{place}.Codings", wrong, f"in this order: {', '.join(_AGE_CODINGS)}")
    elif len(schemes) == count:
        ages, categories = schemes
        written = tuple(bands) if bands is not None else None
        yield from age_categories.findings(ages, categories, written, f"{place}.AgeBands")


def _of_places(
    entry: DatasetEntry, schemes: tuple[Imputed, ...], table: PlaceTable, place: str, *, zones_of_operators: bool
) -> Iterator[Finding]:
    count = len(entry.codings)
    if count > len(table.levels):
        wrong = f'the imputation "{entry.imputation}" has a coding for each level at most, there are {count}'
        yield error(f"{place}.Codings", wrong, f"the levels are: {', '.join(table.levels).replace('_', ' ')}")
    elif len(schemes) == count and entry.imputation is not None:
        yield from places.findings(schemes, table, entry.imputation, zones_of_operators=zones_of_operators)
