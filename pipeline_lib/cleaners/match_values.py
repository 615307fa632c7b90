"""Which match values each cleaner may give: a code scheme must have all that its cleaner gives.

They come from the files that the cleaners themselves read, without Polars: configs are checked while DAGs are parsed.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pipeline_lib.cleaners.data_files import DATA_FOLDER

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
