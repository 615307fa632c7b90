"""Whose results a project keeps, mistakes included (semantics.md 13 to 16).

The quirks that nearly all predecessors share hang on whether a config has `Compatibility` at all. Those of single ones
are listed here by name; a step asks whether it has to keep one, and what keeps it stands in a module of its own.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Predecessor(StrEnum):
    """A pipeline whose results a project has to repeat; the values of a config's `Compatibility`."""

    ANY = "predecessor"
    """SSF-ELECTIONS, IMAQAL-COVID19, and whoever has no quirks beyond theirs."""
    AHADI = "ahadi"
    REDSS_CSAP = "redss-csap"
    WUSC_KEEP_II = "wusc-keep-ii"


class Quirk(StrEnum):
    """A rule of single predecessors that a user of today would not want."""

    NEWEST_BY_TIME_WHERE_SEVERAL_CODES = "13, import: multi-coded labels by DateTimeUTC"
    UNCHECKED_SKIPPED_COUNTS = "Q32"
    PRODUCTION_LACKS_WITHDRAWN_MESSAGES = "Q35"
    ONLY_MESSAGES_SHOW_FOLDED_CODES = "Q37"
    WITHDRAWN_LACK_TEXTS_NEVER_SENT = "13, consent: absent raw fields stay empty"
    FOLDS_CELLS = "13, fold: by the cells of messages' rows"
    MESSAGES_ARE_COPIES_OF_THE_LAST_OBJECT = "Q51"
    CODING_ERRORS_OF_THE_LAST_OBJECT = "Q52"
    NOISE_BY_SOMALI_WORDS_ALONE = "Q53"
    STOPS_MAY_BE_NOISE = "Q54"
    COUNTIES_ARE_ALSO_CONSTITUENCIES = "Q55"
    MISSPELT_PLACES_ARE_NOT_CODED = "Q56"
    EMPTY_TEXT_BESIDE_OTHERS_IS_NOT_AVAILABLE = "Q57"
    NOISE_OF_OTHER_CHANNELS_KEEPS_NO_STOP = "Q61"
    REPEAT_GROUP_FILE_HAS_ONE_NAME = "Q62"
    SURVEY_TEXTS_ARE_JOINED_ONCE_PER_MESSAGE = "Q63"
    NO_SHARES_WHERE_NOBODY_IS_NEW = "Q64"


QUIRKS: Mapping[Predecessor, frozenset[Quirk]] = MappingProxyType(
    {
        Predecessor.ANY: frozenset(),
        Predecessor.AHADI: frozenset(
            {
                Quirk.MESSAGES_ARE_COPIES_OF_THE_LAST_OBJECT,
                Quirk.CODING_ERRORS_OF_THE_LAST_OBJECT,
                Quirk.NOISE_BY_SOMALI_WORDS_ALONE,
                Quirk.STOPS_MAY_BE_NOISE,
                Quirk.COUNTIES_ARE_ALSO_CONSTITUENCIES,
                Quirk.MISSPELT_PLACES_ARE_NOT_CODED,
                Quirk.EMPTY_TEXT_BESIDE_OTHERS_IS_NOT_AVAILABLE,
            }
        ),
        Predecessor.REDSS_CSAP: frozenset(
            {
                Quirk.NEWEST_BY_TIME_WHERE_SEVERAL_CODES,
                Quirk.UNCHECKED_SKIPPED_COUNTS,
                Quirk.FOLDS_CELLS,
                Quirk.PRODUCTION_LACKS_WITHDRAWN_MESSAGES,
                Quirk.ONLY_MESSAGES_SHOW_FOLDED_CODES,
                Quirk.WITHDRAWN_LACK_TEXTS_NEVER_SENT,
                Quirk.EMPTY_TEXT_BESIDE_OTHERS_IS_NOT_AVAILABLE,
                Quirk.NOISE_BY_SOMALI_WORDS_ALONE,
                Quirk.STOPS_MAY_BE_NOISE,
            }
        ),
        Predecessor.WUSC_KEEP_II: frozenset(
            {
                Quirk.NOISE_OF_OTHER_CHANNELS_KEEPS_NO_STOP,
                Quirk.REPEAT_GROUP_FILE_HAS_ONE_NAME,
                Quirk.SURVEY_TEXTS_ARE_JOINED_ONCE_PER_MESSAGE,
                Quirk.NO_SHARES_WHERE_NOBODY_IS_NEW,
            }
        ),
    }
)
"""The quirks of each predecessor, beyond those that all share."""
