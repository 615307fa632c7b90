"""The codes of places in Somalia that follow from one another (semantics.md 6)."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.model.somalia import LEVELS, NOT_CODED, ZONE_OF_OPERATOR, name_of_place, places


def impute_locations(texts: pl.DataFrame, codings: Sequence[Coding], *, as_predecessor: bool) -> pl.DataFrame:
    """Texts whose location codes agree on every level: all that follows from what coders said on any level.

    Two different codes, even on two levels, are a coding error (CE). Codes other than places are the same on every
    level.

    Args:
        texts: Distinct texts with one code per coding.
        codings: The five codings, in the order of `LEVELS`.
        as_predecessor: Whether a text that names a zone only has no zone (Q15).

    Raises:
        ConfigError: The codings are not five, or a scheme's match value is not a known place.
    """
    if len(codings) != len(LEVELS):
        wrong = f"the imputation somalia_location needs {len(LEVELS)} codings, there are {len(codings)}"
        raise ConfigError(Problem("Codings", wrong, f"in this order: {', '.join(LEVELS)}"))
    fields = [coding.coded_field for coding in codings]
    found = texts.select(pl.col(fields).list.first())
    combinations = found.unique()
    imputed = [_on_all_levels(codes, codings, as_predecessor=as_predecessor) for codes in combinations.iter_rows()]
    table = combinations.hstack(
        pl.DataFrame(imputed, schema=[f"imputed {field}" for field in fields], orient="row", strict=True)
        if imputed
        else pl.DataFrame(schema={f"imputed {field}": pl.String for field in fields})
    )
    joined = found.join(table, on=fields, how="left", maintain_order="left")
    return texts.with_columns(joined.select(pl.concat_list(f"imputed {field}").alias(field) for field in fields))


def _on_all_levels(code_ids: Sequence[str], codings: Sequence[Coding], *, as_predecessor: bool) -> list[str]:
    schemes = [coding.code_scheme for coding in codings]
    found = [
        (level, scheme.by_id[code_id])
        for level, scheme, code_id in zip(LEVELS, schemes, code_ids, strict=True)
        if scheme.by_id[code_id].control_code != ControlCode.NOT_REVIEWED
    ]
    if not found:
        return [scheme.control(ControlCode.NOT_REVIEWED).code_id for scheme in schemes]
    level, code = found[0]
    if any(_meaning(other) != _meaning(code) for _, other in found):
        return [scheme.control(ControlCode.CODING_ERROR).code_id for scheme in schemes]
    if not code.is_normal:
        return [same_code(code, scheme).code_id for scheme in schemes]
    place = _place(level, code, codings)
    if level == "zone" and not as_predecessor:
        place = place | {"zone": name_of_place(code)}
    return [_code_of(place[level], scheme) for level, scheme in zip(LEVELS, schemes, strict=True)]


def _meaning(code: Code) -> tuple[str | None, ...]:
    """What a code says: a place is itself, any other code is the same on every level, whatever its id there."""
    return (code.code_id,) if code.is_normal else (code.control_code, code.meta_code)


def _place(level: str, code: Code, codings: Sequence[Coding]) -> dict[str, str]:
    name = name_of_place(code)
    if (level, name) not in places():
        scheme = codings[LEVELS.index(level)].code_scheme
        raise ConfigError(Problem(f'code scheme "{scheme.name}"', f'"{name}" is not a known {level.replace("_", " ")}'))
    return places()[level, name]


def _code_of(match_value: str, scheme: CodeScheme) -> str:
    if match_value == NOT_CODED:
        return scheme.control(ControlCode.NOT_CODED).code_id
    if match_value not in scheme.by_match_value:
        raise ConfigError(Problem(f'code scheme "{scheme.name}"', f'no code has the match value "{match_value}"'))
    return scheme.by_match_value[match_value].code_id


def same_code(code: Code, scheme: CodeScheme) -> Code:
    """The control or meta code of another scheme that says the same.

    Raises:
        ConfigError: The scheme has none.
    """
    for other in scheme.codes:
        if (other.code_type, other.control_code, other.meta_code) == (
            code.code_type,
            code.control_code,
            code.meta_code,
        ):
            return other
    meaning = code.control_code or code.meta_code
    raise ConfigError(
        Problem(f'code scheme "{scheme.name}"', f"has no code {meaning}, which a text has in a related scheme")
    )


def zones_of_operators(operators: pl.Series, scheme: CodeScheme) -> pl.Series:
    """The zone that each mobile network serves, as CodeIDs; null where it serves several or is unknown.

    Args:
        operators: The first five digits of the numbers, or null.
        scheme: The code scheme of zones.
    """
    zones = {operator: _code_of(zone, scheme) for operator, zone in ZONE_OF_OPERATOR.items()}
    return operators.replace_strict(zones, default=None, return_dtype=pl.String)
