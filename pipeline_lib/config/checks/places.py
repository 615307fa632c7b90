"""Places that imputations take from one level to another: those that a table or a scheme lacks."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from pipeline_lib.config.checks.imputed_codes import Imputed, kinds_of, lacking_kinds
from pipeline_lib.config.files import KEPT_FILES
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.errors import listed_briefly, nearest
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Imputation
from pipeline_lib.model.places import PlaceTable, names_of
from pipeline_lib.model.somalia import ZONE, ZONE_OF_OPERATOR


@lru_cache(maxsize=KEPT_FILES)
def findings(
    schemes: tuple[Imputed, ...], table: PlaceTable, imputation: Imputation, *, zones_of_operators: bool
) -> tuple[Finding, ...]:
    """What is wrong or odd with the schemes of a dataset's places: once for all projects that have the same.

    Args:
        schemes: In the order of the codings.
        table: The places.
        imputation: What goes by them.
        zones_of_operators: Whether mobile networks give zones, too.
    """
    return tuple(_findings(schemes, table, imputation, zones_of_operators=zones_of_operators))


def _findings(
    schemes: Sequence[Imputed], table: PlaceTable, imputation: Imputation, *, zones_of_operators: bool
) -> Iterator[Finding]:
    giver = f"the imputation {imputation}"
    levels = table.levels_of([scheme.model for scheme in schemes])
    needed: dict[str, dict[str, None]] = {level: {} for level in levels}
    if imputation is Imputation.SOMALIA_LOCATION and ZONE in levels and zones_of_operators:
        needed[ZONE] |= dict.fromkeys(ZONE_OF_OPERATOR.values())
    known = [table.codes(level, scheme.model) for level, scheme in zip(levels, schemes, strict=True)]
    for level, scheme, has in zip(levels, schemes, known, strict=True):
        if not has:
            wrong = f"no code is a {_spoken(level)} that {giver} knows"
            yield error(scheme.place, wrong, "take the coding out, or give its codes usual names as match values")
            continue
        yield from _unknown(scheme, table, level, giver)
        for code in scheme.model.normal_codes:
            place = table.around(level, code)
            for wider, name in (place or {}).items():
                needed.setdefault(wider, {})[name] = None
    kinds = kinds_of(schemes) | {(kind, None): None for kind in _ALWAYS}
    kinds.pop((ControlCode.CODING_ERROR, None), None)  # asked for with all control codes
    for level, scheme, has in zip(levels, schemes, known, strict=True):
        lacking = [name for name in needed[level] if name not in has]
        if lacking:
            wrong = f"no code has the match value{'s' if len(lacking) > 1 else ''} {listed_briefly(lacking)}"
            outcome = f"which {giver} gives: such texts get NC instead"
            yield warning(scheme.place, f"{wrong}, {outcome}", "add what is missing in Coda and here")
        yield from lacking_kinds(scheme, kinds, giver)


_ALWAYS = (ControlCode.NOT_CODED, ControlCode.NOT_REVIEWED)


def _unknown(scheme: Imputed, table: PlaceTable, level: str, giver: str) -> Iterator[Finding]:
    names = [known for of, known in table.places if of == level]
    for index, code in enumerate(scheme.model.codes):
        if not code.is_normal or table.around(level, code) is not None:
            continue
        name = names_of(code)[0]
        meant = nearest(name, names, likeness=0.8) if len(names) < _MANY else None
        wrong = f'"{name}" is no {_spoken(level)} that {giver} knows: texts coded so get NC on every level'
        right = f'did you mean "{meant}"?' if meant else "if it is a place, give it the usual name as a match value"
        yield warning(f"{scheme.place}[{index}]", wrong, right)


_MANY = 2_000
"""Names among which looking for a similar one takes too long."""


def _spoken(level: str) -> str:
    return level.replace("_", " ")
