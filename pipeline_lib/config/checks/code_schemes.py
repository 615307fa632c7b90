"""A code scheme by itself (sources.md B.3 and B.4)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from pipeline_lib.config.files import KEPT_FILES, ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.model_introspection import Step, keys_of
from pipeline_lib.config.name_rules import SCHEME_ID, SCHEME_NAME, STRING_VALUE, NameRule
from pipeline_lib.errors import nearest
from pipeline_lib.model.code_scheme import Code, CodeScheme, CodeType

CONTROL_CODES = ("STOP", "DELETED", "NA", "NS", "NIC", "CE", "NR", "NC", "WS", "NOC")
"""The control codes that Coda knows."""

_LIKENESS_OF_ACRONYMS = 0.85
"""DNS (do not share) is not NS: acronyms of two or three letters are alike only by chance."""

_OTHERS_KEYS = ("Description",)
"""Keys of other tools, which look like mistakes in Coda's."""

Schemes = Mapping[str, ReadModel[CodeScheme]]


def findings(schemes: Schemes, needs_of_numbers: Mapping[str, str] = MappingProxyType({})) -> Iterator[Finding]:
    """What is wrong with each scheme by itself.

    Args:
        schemes: The schemes, by name.
        needs_of_numbers: Why NumericValues must differ, by the name of the scheme; elsewhere it is merely odd if two
            are equal, since no output shows them.
    """
    for name, read in schemes.items():
        yield from _of_scheme(read, needs_of_numbers.get(name))


@lru_cache(maxsize=KEPT_FILES)
def _of_scheme(read: ReadModel[CodeScheme], need_of_numbers: str | None) -> tuple[Finding, ...]:
    return tuple(_faults(read.model, read, need_of_numbers)) if read.model is not None else ()


def _faults(scheme: CodeScheme, read: ReadModel[CodeScheme], need_of_numbers: str | None) -> Iterator[Finding]:
    yield from _names(scheme, read)
    yield from _repeats(scheme, read)
    yield from _repeated_numbers(scheme, read, need_of_numbers)
    for index, code in enumerate(scheme.codes):
        yield from _kind(code, read, index)
        yield from _coda(code, read, index)


def _names(scheme: CodeScheme, read: ReadModel[CodeScheme]) -> Iterator[Finding]:
    names: list[tuple[tuple[Step, ...], str, NameRule]] = [
        (("SchemeID",), scheme.scheme_id, SCHEME_ID),
        (("Name",), scheme.name, SCHEME_NAME),
    ]
    names += [(("Codes", index, "StringValue"), c.string_value, STRING_VALUE) for index, c in enumerate(scheme.codes)]
    for path, name, rule in names:
        yield from (error(read.file.at(*path), wrong, right) for wrong, right in rule.faults(name))


def _repeats(scheme: CodeScheme, read: ReadModel[CodeScheme]) -> Iterator[Finding]:
    unique: Sequence[tuple[str, Callable[[Code], object]]] = (
        ("CodeID", lambda code: code.code_id),
        ("StringValue", lambda code: code.string_value),
        ("ControlCode", lambda code: code.control_code),
        ("MetaCode", lambda code: code.meta_code if code.code_type is CodeType.META else None),
    )
    for key, value_of in unique:
        values = [((index, key), value_of(code)) for index, code in enumerate(scheme.codes)]
        yield from _repeated(read, values, error)
    match_values = [
        ((index, "MatchValues", number), value)
        for index, code in enumerate(scheme.codes)
        for number, value in enumerate(code.match_values)
    ]
    yield from _repeated(read, match_values, error)
    yield from _repeated(read, _shown_texts(scheme), error)
    shortcuts = [((index, "Shortcut"), code.shortcut) for index, code in enumerate(scheme.codes)]
    yield from _repeated(read, shortcuts, warning)


def _repeated_numbers(scheme: CodeScheme, read: ReadModel[CodeScheme], need: str | None) -> Iterator[Finding]:
    values = [((index, "NumericValue"), code.numeric_value) for index, code in enumerate(scheme.codes)]
    for found in _repeated(read, values, error if need else warning):
        yield found._replace(problem=found.problem._replace(right=need or "give each code a number of its own"))


def _shown_texts(scheme: CodeScheme) -> Iterator[tuple[tuple[Step, ...], object]]:
    """What coders see of each code, but not a StringValue that two codes share: that is reported as a StringValue."""
    string_values = Counter(code.string_value for code in scheme.codes)
    for index, code in enumerate(scheme.codes):
        is_told = not code.display_text and string_values[code.string_value] > 1
        yield (index, "DisplayText"), None if is_told else code.shown_text


def _repeated(
    read: ReadModel[CodeScheme], values: Iterable[tuple[tuple[Step, ...], object]], found: Callable[[str, str], Finding]
) -> Iterator[Finding]:
    """One finding for each value that stands at an earlier place too."""
    first: dict[object, tuple[Step, ...]] = {}
    for path, value in values:
        if value is None:
            continue
        if value in first:
            earlier = read.file.at("Codes", *first[value]).removeprefix(f"{read.file.name}: ")
            shown = f'"{value}"' if isinstance(value, str) else value
            yield found(read.file.at("Codes", *path), f"{shown} is already {earlier}")
        else:
            first[value] = path


def _kind(code: Code, read: ReadModel[CodeScheme], index: int) -> Iterator[Finding]:
    for code_type, key, value in (
        (CodeType.CONTROL, "ControlCode", code.control_code),
        (CodeType.META, "MetaCode", code.meta_code),
    ):
        if code.code_type is code_type and not value:
            yield error(read.file.at("Codes", index, key), f"is missing; a {code_type} code needs one")
        elif code.code_type is not code_type and value is not None:
            found = error if code_type is CodeType.CONTROL else warning
            wrong = f"belongs to {code_type} codes; this code is {code.code_type}"
            yield found(read.file.at("Codes", index, key), wrong)
    if code.control_code and code.control_code not in CONTROL_CODES:
        place = read.file.at("Codes", index, "ControlCode")
        meant = nearest(code.control_code, CONTROL_CODES, likeness=_LIKENESS_OF_ACRONYMS)
        right = f'did you mean "{meant}"?' if meant else "the pipeline treats it as any other control code"
        yield warning(place, f'"{code.control_code}" is unknown to Coda', right)


def _coda(code: Code, read: ReadModel[CodeScheme], index: int) -> Iterator[Finding]:
    if code.shortcut is not None and len(code.shortcut) != 1:
        yield error(read.file.at("Codes", index, "Shortcut"), "must be one character")
    for key in code.model_extra or {}:
        meant = nearest(key, keys_of(Code))
        if meant is not None and key not in _OTHERS_KEYS:
            yield warning(read.file.at("Codes", index, key), "is not a known key", f'did you mean "{meant}"?')
