"""Which values each cleaner may give, and which codes of a scheme they are.

They come from the files that the cleaners themselves read, without Polars: configs are checked while DAGs are parsed.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType

from pipeline_lib.cleaners.data_files import DATA_FOLDER
from pipeline_lib.model import kenya, somalia
from pipeline_lib.model.age_bands import AgeBand, codes_of_bands
from pipeline_lib.model.code_scheme import Code, CodeScheme
from pipeline_lib.model.places import PlaceTable, folded_name

_AGES = tuple(str(years) for years in range(10, 100))

_OTHERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "english.age_10_to_99": _AGES,
        "facebook.comment_reply_to": ("post", "comment"),
        "facebook.post_type": ("video", "photo"),
        "somali.age_10_to_99": _AGES,
        "swahili.age_10_to_99": _AGES,
    }
)
"""Match values of cleaners that have no word list of their own."""

_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "somali.district_unless_mogadishu_sub_district": ("somali_district",),
        "swahili.gender": ("swahili_gender", "english_gender"),
        "swahili.yes_no": ("swahili_yes_no", "english_yes_no"),
    }
)
"""Word lists of cleaners that read other ones than their own, or more."""


_SAME = (
    ("man", "male", "m", "men", "mwanaume", "nin", "rag"),
    ("woman", "female", "f", "women", "mwanamke", "naag"),
    ("yes", "y", "true", "haa", "ndio", "ndiyo"),
    ("no", "n", "false", "maya", "hapana"),
)
"""What code schemes call the values of cleaners, which come first."""

_SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({names[0]: names for names in _SAME})

_PLACES: Mapping[str, tuple[str, Callable[[], PlaceTable]]] = MappingProxyType(
    {
        "kenya.constituency": ("constituency", kenya.places),
        "kenya.county": ("county", kenya.places),
        "somali.district": ("district", somalia.places),
        "somali.district_unless_mogadishu_sub_district": ("district", somalia.places),
        "somali.mogadishu_sub_district": ("mogadishu_sub_district", somalia.places),
    }
)
"""The level of the places that a cleaner finds, and their table."""


def codes_of_values(cleaner: str, scheme: CodeScheme) -> dict[str, Code]:
    """The code of each value that a cleaner may give, without the values that the scheme has no code for.

    A value's code has it as a match value, or else the same by another name: `male` for `man`, `Yes` for `yes`, an
    alternative name of a place, an age band for an age.
    """
    found = {value: scheme.by_match_value.get(value) for value in match_values(cleaner)}
    if None in found.values():
        other_names = _codes_by_other_names(cleaner, scheme)
        found = {value: code or other_names(value) for value, code in found.items()}
    return {value: code for value, code in found.items() if code is not None}


def _codes_by_other_names(cleaner: str, scheme: CodeScheme) -> Callable[[str], Code | None]:
    if cleaner in _PLACES:
        level, table = _PLACES[cleaner]
        return partial(_code_of_place, table(), level, table().codes(level, scheme))
    if match_values(cleaner) == _AGES:
        return partial(_code_of_band, codes_of_bands(scheme, None))
    plain = {folded_name(name): code for name, code in reversed(scheme.by_match_value.items()) if code.is_normal}
    return lambda value: next((plain[name] for name in _SPELLINGS.get(value, (value,)) if name in plain), None)


def _code_of_place(table: PlaceTable, level: str, codes: Mapping[str, Code], value: str) -> Code | None:
    place = table.named(level, value)
    return codes.get(place[level]) if place is not None else None


def _code_of_band(bands: Sequence[tuple[AgeBand, Code]], value: str) -> Code | None:
    return next((code for band, code in bands if band.has(int(value))), None)


def match_values(cleaner: str) -> tuple[str, ...]:
    """Every match value that a cleaner may give, each once, in the order of its data."""
    if cleaner in _OTHERS:
        return _OTHERS[cleaner]
    lists = _LISTS.get(cleaner, (cleaner.replace(".", "_"),))
    return tuple(dict.fromkeys(value for name in lists for value in _values_of_list(name)))


@cache
def _values_of_list(name: str) -> tuple[str, ...]:
    """What the phrases of a word list stand for; whatever section of the file they are in."""
    sections = tomllib.loads((DATA_FOLDER / f"{name}.toml").read_text(encoding="utf-8")).items()
    phrases = [section for key, section in sections if key.startswith("words")]
    return tuple(dict.fromkeys(value for section in phrases for value, written in section.items() if written))
