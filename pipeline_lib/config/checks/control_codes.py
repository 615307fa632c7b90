"""Codes that the coding plans need their schemes to have (semantics.md 3, 6 and 7)."""

from collections.abc import Iterator, Mapping

from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile, DatasetEntry
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.errors import did_you_mean, listed
from pipeline_lib.model.code_scheme import CodeScheme, ControlCode

ALWAYS = (ControlCode.NOT_AVAILABLE, ControlCode.STOP)
"""The question was not answered; the participant withdrew."""

VERIFIED_BY_HAND = (ControlCode.NOT_CODED, ControlCode.NOT_REVIEWED)
"""What becomes of a message that nobody coded, or that nobody reviewed yet."""

CODING_ERRORS = (ControlCode.CODING_ERROR, ControlCode.WRONG_SCHEME)
"""Wrong scheme, and what becomes of a message whose labels contradict one another in that."""

Schemes = Mapping[str, ReadModel[CodeScheme]]


def findings(plans: ReadModel[CodingPlansFile], schemes: Schemes, *, moves_ws_messages: bool) -> Iterator[Finding]:
    """Codes that are missing, each scheme's once."""
    if plans.model is None:
        return
    needs: dict[str, set[ControlCode]] = {}
    for placed in plans.model.datasets():
        for coding in placed.entry.codings:
            needs.setdefault(coding.code_scheme, set()).update(_needed(coding, placed.entry, plans.model))
    if plans.model.ws_correct_dataset_scheme is not None:
        error_codes = {ControlCode.CODING_ERROR} if plans.model.coding_errors else set()
        needs.setdefault(plans.model.ws_correct_dataset_scheme, set()).update({ControlCode.NOT_REVIEWED}, error_codes)
    for name, controls in needs.items():
        scheme = schemes.get(name)
        if scheme is None or scheme.model is None or "Codes" in scheme.damaged:
            continue
        lacking = sorted(control for control in controls if not scheme.model.has_control(control))
        if lacking:
            wrong = f"lacks the control code{'s' if len(lacking) > 1 else ''} {listed(lacking)}"
            yield error(scheme.file.at("Codes"), wrong, "add what is missing in Coda and here")
    yield from _correct_dataset(plans.model, plans, schemes, moves_ws_messages=moves_ws_messages)


def _needed(coding: CodingEntry, dataset: DatasetEntry, plans: CodingPlansFile) -> set[ControlCode]:
    needed = set(ALWAYS) if dataset.derived_from is None else {ControlCode.NOT_AVAILABLE}
    if coding.requires_manual_verification:
        needed.update(VERIFIED_BY_HAND, CODING_ERRORS if plans.coding_errors else ())
    if dataset.imputation is not None and dataset.imputation.is_of_places:
        needed.add(ControlCode(plans.conflict_control_code))
    return needed


def _correct_dataset(
    plans: CodingPlansFile, read: ReadModel[CodingPlansFile], schemes: Schemes, *, moves_ws_messages: bool
) -> Iterator[Finding]:
    """The scheme that says which dataset a message in the wrong one belongs to, and each dataset's name in it."""
    if plans.ws_correct_dataset_scheme is None:
        if moves_ws_messages:
            yield error(read.file.at("WSCorrectDatasetScheme"), "is missing; MoveWSMessages needs it")
        return
    scheme = schemes.get(plans.ws_correct_dataset_scheme)
    first: dict[str, str] = {}
    for kind, index, entry in plans.datasets():
        value = entry.ws_code_match_value
        if value is None:
            continue
        place = read.file.at(kind, index, "WSCodeMatchValue")
        if value in first:
            yield error(place, f'"{value}" is already {first[value]}')
        first.setdefault(value, place.removeprefix(f"{read.file.name}: "))
        if scheme is None or scheme.model is None or "Codes" in scheme.damaged:
            continue
        code = scheme.model.by_match_value.get(value)
        if code is None:
            right = did_you_mean(value, scheme.model.by_match_value)
            yield error(place, f'no code of {scheme.file.name} has the match value "{value}"', right)
        elif not code.is_normal:
            yield error(place, f'"{value}" is a {code.code_type} code of {scheme.file.name}', "name a normal one")
