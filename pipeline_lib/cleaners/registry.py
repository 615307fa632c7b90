"""The cleaners by the names that a project's coding plans give."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import polars as pl

from pipeline_lib.cleaners import age, facebook, places, word_list
from pipeline_lib.errors import ConfigError, Problem, did_you_mean

Cleaner = Callable[[pl.Series], pl.Series]
"""From distinct texts (strings without nulls) to match values (strings; null = no code): same length, same order."""


@dataclass(frozen=True)
class _Column:
    """A cleaner whose values are found together with those of others, as columns of one frame."""

    find: Callable[[pl.Series], pl.DataFrame]
    name: str

    def __call__(self, texts: pl.Series) -> pl.Series:
        return self.find(texts)[self.name]


CLEANERS: Mapping[str, Cleaner] = MappingProxyType(
    {
        "english.age_10_to_99": partial(age.age_10_to_99, languages=("english",)),
        "english.gender": partial(word_list.first_value, "english_gender"),
        "english.yes_no": partial(word_list.first_value, "english_yes_no", and_in=("basic_yes_no",)),
        "facebook.comment_reply_to": facebook.comment_reply_to,
        "facebook.post_type": facebook.post_type,
        "kenya.constituency": places.kenyan_constituency,
        "kenya.county": places.kenyan_county,
        "somali.age_10_to_99": partial(age.age_10_to_99, languages=("somali", "english", "swahili")),
        "somali.district": _Column(places.somali_homes, "whole"),
        "somali.district_unless_mogadishu_sub_district": _Column(places.somali_homes, "unless_part"),
        "somali.gender": partial(word_list.first_value, "somali_gender"),
        "somali.mogadishu_sub_district": _Column(places.somali_homes, "part"),
        "somali.yes_no": partial(word_list.first_value, "somali_yes_no", and_in=("basic_yes_no",)),
        "swahili.age_10_to_99": partial(age.age_10_to_99, languages=("swahili", "english")),
        "swahili.gender": partial(word_list.first_value, "swahili_gender", and_in=("english_gender",)),
        "swahili.yes_no": partial(word_list.first_value, "swahili_yes_no", and_in=("english_yes_no", "basic_yes_no")),
    }
)
"""The word lists are read when a cleaner first runs, not when this module is imported."""


def clean(name: str, texts: pl.Series) -> pl.Series:
    """The match value of each text, null where the cleaner finds none; each distinct text is matched once.

    Args:
        name: One of `CLEANERS`.
        texts: Strings, repeated or null as they come.

    Returns:
        A string series named as `texts`, same length and order.

    Raises:
        ConfigError: There is no cleaner of this name.
    """
    return clean_all([name], texts)[name]


def clean_all(names: Iterable[str], texts: pl.Series) -> dict[str, pl.Series]:
    """As `clean`, by cleaner; what several of them need is found once.

    Raises:
        ConfigError: There is no cleaner of one of these names.
    """
    cleaners = {name: _cleaner(name) for name in names}
    distinct = texts.drop_nulls().unique().rename("text")
    if distinct.is_empty():  # so that no word list is read for nothing
        return dict.fromkeys(cleaners, texts)
    finders = {cleaner.find for cleaner in cleaners.values() if isinstance(cleaner, _Column)}
    found = {find: find(distinct) for find in finders}
    values = [
        (found[cleaner.find][cleaner.name] if isinstance(cleaner, _Column) else cleaner(distinct)).rename(name)
        for name, cleaner in cleaners.items()
    ]
    matched = (
        texts.rename("text")
        .to_frame()
        .join(pl.DataFrame([distinct, *values]), on="text", how="left", maintain_order="left")
    )
    return {name: matched[name].rename(texts.name) for name in cleaners}


def _cleaner(name: str) -> Cleaner:
    if name not in CLEANERS:
        raise ConfigError(
            Problem(f'Cleaner "{name}"', "there is no such cleaner", did_you_mean(name, CLEANERS, parts="."))
        )
    return CLEANERS[name]
