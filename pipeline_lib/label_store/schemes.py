"""Code schemes in Coda and in the project: what is wrong with them, and where they differ."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline_lib.label_store.base import CodaScheme
from pipeline_lib.label_store.layout import is_usable_id
from pipeline_lib.label_store.quotable_values import is_shown, shown_id, shown_value

_MEANING = ("CodeType", "StringValue", "NumericValue", "ControlCode", "MetaCode")
"""The keys that define a code: if these differ, labels mean something else."""

_KNOWN_KEYS = {
    *("Name", "Version", "Documentation"),
    *("DisplayText", "VisibleInCoda", "Shortcut", "Color", "MatchValues"),
}
"""The other keys that Coda knows; any further key may be somebody's words."""

_UNIQUE = ("CodeID", "StringValue", "NumericValue")


class Difference(NamedTuple):
    """A difference of one scheme, in one segment."""

    scheme: str
    """Its name, if the project has the scheme, and its id, for a person."""
    wrong: str
    right: str = ""


def codes_of(scheme: CodaScheme) -> list[Mapping[str, Any]]:
    """A scheme's valid codes: each has an id."""
    return [code for code in _listed(scheme) if isinstance(code, Mapping) and _is_id(code.get("CodeID"))]


def invalid(schemes: Sequence[CodaScheme], wanted: Sequence[CodaScheme]) -> Iterator[Difference]:
    """What is wrong with schemes by themselves.

    Args:
        schemes: Of one segment.
        wanted: The project's: their values may be quoted.
    """
    known = _said(wanted)
    ids = Counter(scheme_id for scheme in schemes if _is_id(scheme_id := scheme.get("SchemeID")))
    for scheme in schemes:
        called = _called(scheme, wanted)
        if not _is_id(scheme.get("SchemeID")):
            yield Difference(called, "has no SchemeID", "correct it in Coda, or remove it there")
        elif not is_usable_id(str(scheme.get("SchemeID"))):
            yield Difference(called, "has a SchemeID that cannot be the id of a document", "correct it in Coda")
        elif ids[scheme["SchemeID"]] > 1:
            yield Difference(called, "is there more than once", "keep one of them")
        if len(codes_of(scheme)) < len(_listed(scheme)):
            yield Difference(called, "has a code without a CodeID")
        for key in _UNIQUE:
            values = (code.get(key) for code in _listed(scheme) if isinstance(code, Mapping))
            counts = Counter(value for value in values if isinstance(value, (str, int, float)))
            for value, count in counts.items():
                if count > 1:
                    shown = f"the {key} {shown_value(value, known)}" if is_shown(value, known) else f"one {key}"
                    yield Difference(called, f"has {count} codes of {shown}", "keep one of them")


def differing(
    wanted: Sequence[CodaScheme], first: Sequence[CodaScheme], found: Sequence[CodaScheme]
) -> Iterator[Difference]:
    """Where the schemes of a segment are not what they should be.

    Args:
        wanted: The project's. Coda may have other schemes beside them.
        first: Those of the dataset's first segment, which all others must have too.
        found: Those of the segment.
    """
    yield from invalid(found, wanted)
    by_id = _by_id(found)
    for scheme in wanted:
        if scheme["SchemeID"] not in by_id and not _is_further_column(scheme, wanted):
            wrong, right = "is missing in Coda", "add it there: the project codes with it"
            yield Difference(_called(scheme, wanted), wrong, right)
    for scheme in first:
        if str(scheme.get("SchemeID")) not in by_id.keys() | _by_id(wanted).keys():
            wrong = "is missing here, but is in the first segment"
            yield Difference(_called(scheme, wanted), wrong, "add it here")
    known = _said(wanted)
    for scheme in found:
        project, called = _scheme_of_column(scheme, wanted), _called(scheme, wanted)
        if project is not None:
            differences = _of_codes(scheme, project, "the project", known)
        elif str(scheme.get("SchemeID")) in _by_id(first):
            differences = _of_codes(scheme, _by_id(first)[str(scheme.get("SchemeID"))], "the first segment", known)
        else:
            continue
        yield from (Difference(called, wrong, "make the two the same") for wrong in differences)


def unlike(
    wanted: Sequence[CodaScheme], found: Sequence[CodaScheme], first: Sequence[CodaScheme] = ()
) -> Iterator[Difference]:
    """Differences of a segment's schemes that change the meaning of no label.

    Args:
        wanted: The project's, as Coda's own clients would write them.
        found: Those of the segment.
        first: Those of the dataset's first segment.
    """
    firsts = _by_id(first)
    for scheme in found:
        called = _called(scheme, wanted)
        project = _scheme_of_column(scheme, wanted)
        if project is not None and (keys := _unlike_keys(scheme, project)):
            yield Difference(called, f"differs from the project's in {', '.join(sorted(keys))}")
        in_first = firsts.get(str(scheme.get("SchemeID")))
        if in_first is not None and (keys := _unlike_keys(scheme, in_first) | _unlike_order(scheme, in_first)):
            wrong = f"differs from the first segment's in {', '.join(sorted(keys))}"
            yield Difference(called, wrong, "make them the same: Coda's own tools refuse such a dataset")


def _unlike_keys(scheme: CodaScheme, other: CodaScheme) -> set[str]:
    """Keys whose values differ between two schemes or their codes without changing what a label means."""
    others = {code["CodeID"]: code for code in codes_of(other)}
    pairs = [(code, others[code["CodeID"]]) for code in codes_of(scheme) if code["CodeID"] in others]
    of_codes = {key for pair in pairs for key in _other_values(*pair) if key not in _MEANING}
    of_scheme = _other_values(scheme, other) - {"SchemeID", "Codes"}
    return {key if key in _KNOWN_KEYS else "keys that Coda does not know" for key in of_codes | of_scheme}


def _other_values(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {key for key in one.keys() | other.keys() if one.get(key, []) != other.get(key, [])}


def _unlike_order(scheme: CodaScheme, other: CodaScheme) -> set[str]:
    ids, other_ids = ([code["CodeID"] for code in codes_of(each)] for each in (scheme, other))
    return {"the order of its codes"} if ids != other_ids and sorted(ids) == sorted(other_ids) else set()


def _of_codes(scheme: CodaScheme, other: CodaScheme, owner: str, known: Container[str]) -> Iterator[str]:
    codes, others = ({code["CodeID"]: code for code in codes_of(each)} for each in (scheme, other))
    for code_id, code in codes.items():
        if code_id not in others:
            yield f"has the code {_shown_code(code, known)}, which the scheme of {owner} lacks"
            continue
        for key in _MEANING:
            here, there = code.get(key), others[code_id].get(key)
            if here != there:
                is_here, is_there = shown_value(here, known), shown_value(there, known)
                yield f"{key} of the code {shown_id(code_id, known)} is {is_here}, but {is_there} in {owner}"
    for code_id, code in others.items():
        if code_id not in codes:
            yield f"lacks the code {_shown_code(code, known)}, which the scheme of {owner} has"


def _shown_code(code: Mapping[str, Any], known: Container[str]) -> str:
    value, code_id = code.get("StringValue"), shown_id(code["CodeID"], known)
    return f'"{value}" ({code_id})' if isinstance(value, str) and is_shown(value, known) else code_id


def _said(schemes: Iterable[CodaScheme]) -> set[str]:
    """The values in the codes of the project's schemes."""
    values = (code.get(key) for scheme in schemes for code in codes_of(scheme) for key in ("CodeID", *_MEANING))
    return {value for value in values if isinstance(value, str)}


def _scheme_of_column(scheme: CodaScheme, wanted: Sequence[CodaScheme]) -> CodaScheme | None:
    """The project's scheme for a scheme in Coda, which may be a further column of it."""
    return next((each for each in wanted if str(scheme.get("SchemeID")).startswith(each["SchemeID"])), None)


def _is_further_column(scheme: CodaScheme, wanted: Sequence[CodaScheme]) -> bool:
    """Whether it duplicates a project's scheme for second and third codes; Coda decides how many duplicates it has."""
    return any(
        scheme["SchemeID"] != each["SchemeID"] and scheme["SchemeID"].startswith(each["SchemeID"]) for each in wanted
    )


def _by_id(schemes: Iterable[CodaScheme]) -> dict[str, CodaScheme]:
    return {str(scheme.get("SchemeID")): scheme for scheme in schemes}


def _called(scheme: CodaScheme, wanted: Sequence[CodaScheme]) -> str:
    """Its name, if the project has the scheme, and its id."""
    project = _scheme_of_column(scheme, wanted)
    shown = shown_id(scheme.get("SchemeID"), {each["SchemeID"] for each in wanted})
    return f'"{project.get("Name")}" ({shown})' if project is not None else shown


def _listed(scheme: CodaScheme) -> Sequence[object]:
    codes = scheme.get("Codes")
    return codes if isinstance(codes, (list, tuple)) else ()


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""
