"""Match values and codes that cleaners and imputations give, which a run would miss in a scheme that lacks them.

A run misses some of them at once, others only when somebody gives that answer: then it fails one night.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline_lib.cleaners.match_values import match_values
from pipeline_lib.config.checks.control_codes import CODINGS_OF
from pipeline_lib.config.coding_plans import CodingPlansFile, DatasetEntry
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.errors import listed
from pipeline_lib.model.age_bands import age_band
from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Imputation
from pipeline_lib.model.somalia import LEVELS, NOT_CODED, ZONE_OF_OPERATOR, name_of_place, places

Schemes = Mapping[str, ReadModel[CodeScheme]]
_Kind = tuple[str | None, str | None]
"""The ControlCode and the MetaCode of a code that is not normal: what it says, whichever scheme it is in."""


class _Scheme(NamedTuple):
    model: CodeScheme
    place: str
    """Where its codes stand."""


@dataclass
class _Needs:
    """What one imputation needs of a scheme, each thing once, in order."""

    values: dict[str, None] = field(default_factory=dict)
    kinds: dict[_Kind, None] = field(default_factory=dict)

    def add(self, value: str) -> None:
        """A match value, or the control code that stands for no place."""
        if value == NOT_CODED:
            self.kinds[ControlCode.NOT_CODED, None] = None
        else:
            self.values[value] = None


def findings(plans: ReadModel[CodingPlansFile], schemes: Schemes, *, as_predecessor: bool) -> Iterator[Finding]:
    """What is missing, for each scheme all at once."""
    if plans.model is None:
        return
    whole = {
        name: _Scheme(read.model, read.file.at("Codes"))
        for name, read in schemes.items()
        if read.model is not None and "Codes" not in read.damaged
    }
    found: dict[Finding, None] = {}  # a scheme may serve several datasets, and is reported once
    for placed in plans.model.datasets():
        found |= dict.fromkeys(_of_dataset(placed.entry, whole, as_predecessor=as_predecessor))
    yield from found


def _of_dataset(entry: DatasetEntry, whole: Mapping[str, _Scheme], *, as_predecessor: bool) -> Iterator[Finding]:
    for coding in entry.codings:
        if coding.code_scheme in whole and coding.cleaner is not None:
            needs = _Needs(dict.fromkeys(match_values(coding.cleaner)))
            yield from _lacking(whole[coding.code_scheme], needs, f"the cleaner {coding.cleaner}")
    names = [coding.code_scheme for coding in entry.codings]
    if len(names) != CODINGS_OF.get(entry.imputation) or not set(names) <= whole.keys():
        return
    schemes = [whole[name] for name in names]
    if entry.imputation is Imputation.AGE_CATEGORY:
        yield from _age_category(*schemes)
    else:
        yield from _somalia_location(schemes, as_predecessor=as_predecessor)


def _lacking(scheme: _Scheme, needs: _Needs, giver: str) -> Iterator[Finding]:
    values = [value for value in needs.values if value not in scheme.model.by_match_value]
    if values:
        wrong = f"no code has the match value{'s' if len(values) > 1 else ''} {listed(values)}, which {giver} gives"
        yield error(scheme.place, wrong, f"add {'each' if len(values) > 1 else 'it'} to the code that it stands for")
    kinds = {_kind(code) for code in scheme.model.codes}
    lacking = [control or meta or "" for control, meta in needs.kinds if (control, meta) not in kinds]
    if lacking:
        wrong = f"lacks the code{'s' if len(lacking) > 1 else ''} {listed(lacking)}, which {giver} gives"
        yield error(scheme.place, wrong, "add what is missing in Coda and here")


def _age_category(ages: _Scheme, categories: _Scheme) -> Iterator[Finding]:
    normal = [(index, code) for index, code in enumerate(ages.model.codes) if code.is_normal]
    for index, code in normal:
        numbers = [value for value in code.match_values if value.isdecimal()]
        if numbers and str(code.numeric_value) not in numbers:
            wrong = f'is {code.numeric_value} for the age "{numbers[0]}", and the imputation age_category goes by it'
            yield error(f"{ages.place}[{index}].NumericValue", wrong, "write the age in years")
    needs = _Needs()
    bands = [age_band(code.numeric_value) for _, code in normal]
    for band in bands:
        needs.add(band or NOT_CODED)
    if not any(bands):
        wrong = "has no code of an age in years, 10 to 99, by its NumericValue: every age category would be NC"
        yield error(ages.place, wrong, "add a code for each age, or leave the imputation age_category out")
    needs.kinds |= _kinds_of(ages.model.codes)
    yield from _lacking(categories, needs, "the imputation age_category")


def _somalia_location(schemes: Sequence[_Scheme], *, as_predecessor: bool) -> Iterator[Finding]:
    """What places of one level need on the other levels, and every code of any level that is no place."""
    needs = {level: _Needs() for level in LEVELS}
    kinds = {kind: None for scheme in schemes for kind in _kinds_of(scheme.model.codes)}
    kinds[ControlCode.NOT_REVIEWED, None] = kinds[ControlCode.CODING_ERROR, None] = None
    zones = [NOT_CODED] if as_predecessor else [*dict.fromkeys(ZONE_OF_OPERATOR.values()), NOT_CODED]
    for zone in zones:
        needs["zone"].add(zone)
    for level, scheme in zip(LEVELS, schemes, strict=True):
        for index, code in enumerate(scheme.model.codes):
            if not code.is_normal:
                continue
            name = name_of_place(code)
            place = places().get((level, name))
            if place is None:
                wrong = f'"{name}" is no {level.replace("_", " ")} that the imputation somalia_location knows'
                right = "take the code out, or begin its MatchValues with the usual name"
                yield error(f"{scheme.place}[{index}]", wrong, right)
                continue
            if level == "zone" and not as_predecessor:
                place = place | {"zone": name}
            for other in LEVELS:
                needs[other].add(place[other])
    for level, scheme in zip(LEVELS, schemes, strict=True):
        needs[level].kinds |= kinds
        yield from _lacking(scheme, needs[level], "the imputation somalia_location")


def _kinds_of(codes: Iterable[Code]) -> dict[_Kind, None]:
    return {_kind(code): None for code in codes if not code.is_normal}


def _kind(code: Code) -> _Kind:
    return code.control_code, code.meta_code
