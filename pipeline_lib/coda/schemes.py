"""Code schemes in Coda and in the project: what is wrong with them, and where they differ."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline_lib.coda.base import CodaScheme
from pipeline_lib.coda.layout import is_usable_id
from pipeline_lib.coda.shown import is_shown, shown_id, shown_value

_MEANING = ("CodeType", "StringValue", "NumericValue", "ControlCode", "MetaCode")
"""What a code is: where these differ, labels mean something else."""

_UNIQUE = ("CodeID", "StringValue", "NumericValue")


class Difference(NamedTuple):
    """What differs about one scheme, in one segment."""

    scheme: str
    """Its name, where the project has it, and its id, for a person."""
    wrong: str
    right: str = ""


def codes_of(scheme: CodaScheme) -> list[Mapping[str, Any]]:
    """A scheme's codes, as far as they are any: each has an id."""
    return [code for code in _listed(scheme) if isinstance(code, Mapping) and _is_id(code.get("CodeID"))]


def invalid(schemes: Sequence[CodaScheme], wanted: Sequence[CodaScheme]) -> Iterator[Difference]:
    """What is wrong with schemes by themselves.

    Args:
        schemes: Of one segment.
        wanted: The project's: what these say may be quoted.
    """
    known = _said(wanted)
    ids = Counter(scheme_id for scheme in schemes if _is_id(scheme_id := scheme.get("SchemeID")))
    for scheme in schemes:
        called = _called(scheme, wanted)
        if not _is_id(scheme.get("SchemeID")):
            yield Difference(called, "has no SchemeID", "correct it in Coda, or remove it there")
        elif not is_usable_id(str(scheme.get("SchemeID"))):
            yield Difference(called, "has a SchemeID that cannot be a document's", "correct it in Coda")
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
            yield Difference(_called(scheme, wanted), "is missing here and not in the first segment", "add it here")
    known = _said(wanted)
    for scheme in found:
        project, called = _scheme_of_column(scheme, wanted), _called(scheme, wanted)
        if project is not None:
            differences = _of_codes(scheme, project, "the project", known)
        elif str(scheme.get("SchemeID")) in _by_id(first):
            differences = _of_codes(scheme, _by_id(first)[str(scheme.get("SchemeID"))], "the first segment", known)
        else:
            continue
        yield from (Difference(called, wrong, "bring the two together") for wrong in differences)


def unlike(wanted: Sequence[CodaScheme], found: Sequence[CodaScheme]) -> Iterator[Difference]:
    """Differences between the project's schemes and a segment's that change the meaning of no label."""
    for scheme in found:
        project = _scheme_of_column(scheme, wanted)
        if project is None:
            continue
        others = {code["CodeID"]: code for code in codes_of(project)}
        keys = {key for key in ("Name", "Version") if key in project and scheme.get(key) != project[key]}
        for code in codes_of(scheme):
            other = others.get(code["CodeID"], {})
            keys |= {key for key in other.keys() & code.keys() if key not in _MEANING and code[key] != other[key]}
        if keys:
            yield Difference(_called(scheme, wanted), f"differs from the project's in {', '.join(sorted(keys))}")


def _of_codes(scheme: CodaScheme, other: CodaScheme, owner: str, known: Container[str]) -> Iterator[str]:
    codes, others = ({code["CodeID"]: code for code in codes_of(each)} for each in (scheme, other))
    for code_id, code in codes.items():
        if code_id not in others:
            yield f"has the code {_shown_code(code, known)}, which that of {owner} lacks"
            continue
        for key in _MEANING:
            here, there = code.get(key), others[code_id].get(key)
            if here != there:
                is_here, is_there = shown_value(here, known), shown_value(there, known)
                yield f"{key} of the code {shown_id(code_id, known)} is {is_here}, and {is_there} in that of {owner}"
    for code_id, code in others.items():
        if code_id not in codes:
            yield f"lacks the code {_shown_code(code, known)}, which that of {owner} has"


def _shown_code(code: Mapping[str, Any], known: Container[str]) -> str:
    value, code_id = code.get("StringValue"), shown_id(code["CodeID"], known)
    return f'"{value}" ({code_id})' if isinstance(value, str) and is_shown(value, known) else code_id


def _said(schemes: Iterable[CodaScheme]) -> set[str]:
    """What schemes of the project say of their codes."""
    values = (code.get(key) for scheme in schemes for code in codes_of(scheme) for key in ("CodeID", *_MEANING))
    return {value for value in values if isinstance(value, str)}


def _scheme_of_column(scheme: CodaScheme, wanted: Sequence[CodaScheme]) -> CodaScheme | None:
    """The project's scheme that a scheme in Coda is, or is a further column of."""
    return next((each for each in wanted if str(scheme.get("SchemeID")).startswith(each["SchemeID"])), None)


def _is_further_column(scheme: CodaScheme, wanted: Sequence[CodaScheme]) -> bool:
    """Whether it is a scheme's duplicate, for second and third codes: how many there are is Coda's affair."""
    return any(
        scheme["SchemeID"] != each["SchemeID"] and scheme["SchemeID"].startswith(each["SchemeID"]) for each in wanted
    )


def _by_id(schemes: Iterable[CodaScheme]) -> dict[str, CodaScheme]:
    return {str(scheme.get("SchemeID")): scheme for scheme in schemes}


def _called(scheme: CodaScheme, wanted: Sequence[CodaScheme]) -> str:
    """Its name, where the project has it, and its id."""
    project = _scheme_of_column(scheme, wanted)
    shown = shown_id(scheme.get("SchemeID"), {each["SchemeID"] for each in wanted})
    return f'"{project.get("Name")}" ({shown})' if project is not None else shown


def _listed(scheme: CodaScheme) -> Sequence[object]:
    codes = scheme.get("Codes")
    return codes if isinstance(codes, (list, tuple)) else ()


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""
