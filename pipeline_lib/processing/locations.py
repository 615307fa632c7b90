"""The codes of places that follow from one another (semantics.md 6 and 14)."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.places import PlaceTable
from pipeline_lib.model.somalia import ZONE, ZONE_OF_OPERATOR, places
from pipeline_lib.processing.location_quirks import Around, around
from pipeline_lib.processing.same_code import meaning, same_code


class _Level(NamedTuple):
    """A coding of places."""

    name: str
    scheme: CodeScheme
    codes: Mapping[str, Code]
    """By the usual name of the place."""


def impute_locations(
    texts: pl.DataFrame, dataset: Dataset, table: PlaceTable, quirks: Collection[Quirk], *, as_predecessor: bool
) -> pl.DataFrame:
    """Texts whose location codes agree on every level: all that follows from what coders said on any level.

    Two different codes, even on two levels, are a conflict, mostly coded CE. Codes other than places are the same on
    every level. A place that the table does not have is not coded (NC), nor is one whose level is below that of the
    place that a coder named, or lacks it.

    Args:
        texts: Distinct texts with one code per coding.
        dataset: Theirs; the levels of its codings are in any order.
        table: What the places are.
        quirks: Those to keep.
        as_predecessor: Whether the quirks that all predecessors share are kept.
    """
    schemes = [coding.code_scheme for coding in dataset.codings]
    levels = [
        _Level(name, scheme, table.codes(name, scheme)) for name, scheme in zip(dataset.levels, schemes, strict=True)
    ]
    fields = [coding.coded_field for coding in dataset.codings]
    found = texts.select(pl.col(fields).list.first())
    combinations = found.unique()
    known = around(table, quirks, as_predecessor=as_predecessor)
    imputed = [_on_all_levels(codes, levels, known, dataset.conflict_code) for codes in combinations.iter_rows()]
    columns = [f"imputed {field}" for field in fields]
    derived = combinations.hstack(pl.DataFrame(imputed, schema=dict.fromkeys(columns, pl.String), orient="row"))
    joined = found.join(derived, on=fields, how="left", maintain_order="left")
    return texts.with_columns(joined.select(pl.concat_list(f"imputed {field}").alias(field) for field in fields))


def _on_all_levels(
    code_ids: Sequence[str], levels: Sequence[_Level], known: Around, conflict: ControlCode
) -> list[str]:
    found = [
        (level.name, level.scheme.by_id[code_id])
        for level, code_id in zip(levels, code_ids, strict=True)
        if level.scheme.by_id[code_id].control_code != ControlCode.NOT_REVIEWED
    ]
    if not found:
        return [level.scheme.control(ControlCode.NOT_REVIEWED).code_id for level in levels]
    name, code = found[0]
    if any(meaning(other) != meaning(code) for _, other in found):
        return [level.scheme.control(conflict).code_id for level in levels]
    if not code.is_normal:
        return [same_code(code, level.scheme).code_id for level in levels]
    place = known(name, code) or {}
    return [_code_of(place.get(level.name, ""), level).code_id for level in levels]


def _code_of(place: str, level: _Level) -> Code:
    return level.codes.get(place) or level.scheme.control(ControlCode.NOT_CODED)


def zones_of_operators(operators: pl.Expr, scheme: CodeScheme) -> pl.Expr:
    """The zone of Somalia that each mobile network serves, as CodeIDs.

    Null where it serves several or is unknown, and where the scheme lacks the zone.

    Args:
        operators: The first five digits of the numbers, or null.
        scheme: The code scheme of zones.
    """
    codes = places().codes(ZONE, scheme)
    zones = {operator: codes[zone].code_id for operator, zone in ZONE_OF_OPERATOR.items() if zone in codes}
    return operators.replace_strict(zones, default=None, return_dtype=pl.String)
