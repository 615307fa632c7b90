"""Code schemes in Coda and in the project: what is wrong with them, and where they differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline_lib.coda.base import CodaScheme

_MEANING = ("CodeType", "StringValue", "NumericValue", "ControlCode", "MetaCode")
"""What a code is: where these differ, labels mean something else."""

_UNIQUE = ("CodeID", "StringValue", "NumericValue")


class Difference(NamedTuple):
    """What differs about one scheme, in one segment."""

    scheme: str
    """Its name and id, for a person."""
    wrong: str
    right: str = ""


def codes_of(scheme: CodaScheme) -> list[Mapping[str, Any]]:
    """A scheme's codes, as far as they are any: each has an id."""
    return [code for code in _listed(scheme) if isinstance(code, Mapping) and _is_id(code.get("CodeID"))]


def invalid(schemes: Iterable[CodaScheme]) -> Iterator[Difference]:
    """What is wrong with schemes by themselves."""
    for scheme in schemes:
        if not _is_id(scheme.get("SchemeID")):
            yield Difference(_called(scheme), "has no SchemeID", "correct it in Coda, or remove it there")
        if len(codes_of(scheme)) < len(_listed(scheme)):
            yield Difference(_called(scheme), "has a code without a CodeID")
        for key in _UNIQUE:
            values = (code.get(key) for code in _listed(scheme) if isinstance(code, Mapping))
            counts = Counter(value for value in values if isinstance(value, (str, int, float)))
            for value, count in counts.items():
                if count > 1:
                    yield Difference(_called(scheme), f"has {count} codes of the {key} {value!r}", "keep one of them")


def differing(
    wanted: Sequence[CodaScheme], first: Sequence[CodaScheme], found: Sequence[CodaScheme]
) -> Iterator[Difference]:
    """Where the schemes of a segment are not what they should be.

    Args:
        wanted: The project's. Coda may have other schemes beside them.
        first: Those of the dataset's first segment, which all others must have too.
        found: Those of the segment.
    """
    yield from invalid(found)
    by_id = _by_id(found)
    for scheme in wanted:
        if scheme["SchemeID"] not in by_id and not _is_further_column(scheme, wanted):
            yield Difference(_called(scheme), "is missing in Coda", "add it there: the project codes with it")
    for scheme in first:
        if scheme.get("SchemeID") not in by_id and scheme.get("SchemeID") not in _by_id(wanted):
            yield Difference(_called(scheme), "is missing here and not in the first segment", "add it here")
    for scheme in found:
        project = _scheme_of_column(scheme, wanted)
        if project is not None:
            yield from _of_codes(scheme, project, "the project")
        elif str(scheme.get("SchemeID")) in _by_id(first):
            yield from _of_codes(scheme, _by_id(first)[str(scheme.get("SchemeID"))], "the first segment")


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
            yield Difference(_called(scheme), f"differs from the project's in {', '.join(sorted(keys))}")


def _of_codes(scheme: CodaScheme, other: CodaScheme, owner: str) -> Iterator[Difference]:
    codes, others = ({code["CodeID"]: code for code in codes_of(each)} for each in (scheme, other))
    for code_id, code in codes.items():
        if code_id not in others:
            wrong = f'has the code "{code.get("StringValue")}" ({code_id}), which that of {owner} lacks'
            yield Difference(_called(scheme), wrong, "bring the two together")
            continue
        for key in _MEANING:
            here, there = code.get(key), others[code_id].get(key)
            if here != there:
                wrong = f"{key} of the code {code_id} is {here!r}, and {there!r} in that of {owner}"
                yield Difference(_called(scheme), wrong, "bring the two together")
    for code_id, code in others.items():
        if code_id not in codes:
            wrong = f'lacks the code "{code.get("StringValue")}" ({code_id}), which that of {owner} has'
            yield Difference(_called(scheme), wrong, "bring the two together")


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


def _called(scheme: CodaScheme) -> str:
    return f'"{scheme.get("Name")}" ({scheme.get("SchemeID")})'


def _listed(scheme: CodaScheme) -> Sequence[object]:
    codes = scheme.get("Codes")
    return codes if isinstance(codes, (list, tuple)) else ()


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""
