"""Which key somebody meant by one that is not known: by what its words mean, not by its letters alone.

`GenerateCountyMaps` and `GenerateRegionMaps` share most letters and mean different things; `FollowUpFlowNames` and
`SurveyFlowNames` do not, and mean the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel

from pipeline_lib.config.model_introspection import keys_of, models_below
from pipeline_lib.errors import listed

_MEANING: Mapping[str, str] = MappingProxyType(
    {
        "begin": "start",
        "beginning": "start",
        "demog": "survey",
        "demographic": "survey",
        "episode": "question",
        "evaluation": "survey",
        "finish": "end",
        "follow": "survey",
        "folder": "dir",
        "password": "token",
        "respondent": "participant",
        "rqa": "question",
        "server": "domain",
        "show": "question",
        "subdistrict": "district",
        "timestamp": "time",
        "until": "end",
        "user": "participant",
        "workspace": "rapid",
    }
)
"""A word for each that means about the same in keys."""

_SAYS_LITTLE = frozenset(
    {
        *("data", "dir", "distribution", "file", "filter", "generate", "map", "name", "path"),
        *("pro", "rapid", "raw", "theme", "up", "upload", "url"),
    }
)
"""Words that many keys have: keys that share no other one have nothing in common."""

_WEIGHT_OF_LITTLE = 0.25
_SAME_WORD = 0.8
_PERHAPS_MEANT = 0.5
_SURELY_MEANT = 0.65
_ALMOST_EQUAL = 0.9

_WORD = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def key_meant(unknown: str, known: Iterable[str], likeness: float = _PERHAPS_MEANT) -> str | None:
    """The known key that an unknown one stands for; None where none is similar enough."""
    scores = {key: _likeness(unknown, key) for key in sorted(set(known))}
    best = max(scores.values(), default=0.0)
    if best < likeness:
        return None
    return max((key for key, score in scores.items() if score == best), key=lambda key: _letters(unknown, key))


def key_hint(unknown: str, model: type[BaseModel], root: type[BaseModel]) -> str:
    """What would be right instead of a key that a model does not have.

    Args:
        unknown: The key.
        model: The model of the object in which it stands.
        root: The model of the whole file.
    """
    here = [key for key in keys_of(model) if not key.startswith("$")]
    if meant := key_meant(unknown, here, _SURELY_MEANT):
        return f'did you mean "{meant}"?'
    elsewhere = {} if _SAYS_LITTLE.issuperset(_words(unknown)) else dict(_elsewhere(unknown, model, root))
    for place, key in elsewhere.items():
        if key.casefold() == unknown.casefold():
            return f"it belongs in {place}"
    if elsewhere and len(_words(unknown)) > 1:
        place, key = next(iter(elsewhere.items()))
        return f'did you mean "{key}" of {place}?'
    if meant := key_meant(unknown, here):
        return f'did you mean "{meant}"?'
    return f"known: {listed(sorted(here))}" if len(here) <= 12 else ""  # noqa: PLR2004 - what one line can hold


def _elsewhere(unknown: str, model: type[BaseModel], root: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The places of objects that have the key, or nearly that, and the key there.

    Another kind of object in the same place, such as a source of another type, is called as configs/README.md calls it.
    """
    meant = {}
    own = {place for place, other in _places_in(root) if other is model}
    for place, other in _places_in(root):
        if other is not model:
            if other not in meant:
                meant[other] = key_meant(unknown, keys_of(other), _ALMOST_EQUAL)
            if (key := meant[other]) is not None:
                yield other.__name__ if place in own else place, key


@cache
def _places_in(root: type[BaseModel]) -> tuple[tuple[str, type[BaseModel]], ...]:
    """The places of all objects in a file, and their models; the same model may stand in many."""
    return tuple((place, model) for place, model in models_below(root) if place)


def _likeness(one: str, other: str) -> float:
    """From 0 to 1: how much of the words of two keys is the same; 1 if they differ in case alone."""
    left, right = _words(one), _words(other)
    if one.casefold() == other.casefold() or (one.islower() and _letters(one, other) >= _ALMOST_EQUAL):
        return 1.0
    shared = {word: max(_sameness(word, another) for another in right) for word in left} if right else {}
    if not any(sameness for word, sameness in shared.items() if word not in _SAYS_LITTLE):
        return 0.0
    in_common = sum(sameness * _weight(word) for word, sameness in shared.items())
    return in_common / max(sum(map(_weight, left)), sum(map(_weight, right)))


@cache
def _words(key: str) -> tuple[str, ...]:
    lower = (word.lower() for word in _WORD.findall(key))
    singular = (word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s") for word in lower)
    return tuple(dict.fromkeys(_MEANING.get(word, word) for word in singular))


@cache
def _sameness(word: str, other: str) -> float:
    """1 for the same word, somewhat less with a slip of the pen, 0 for another word."""
    if 2 * min(len(word), len(other)) < _SAME_WORD * (len(word) + len(other)):
        return 0.0  # whatever their letters are
    ratio = SequenceMatcher(None, word, other).ratio()
    return ratio if ratio >= _SAME_WORD else 0.0


def _weight(word: str) -> float:
    return _WEIGHT_OF_LITTLE if word in _SAYS_LITTLE else 1.0


def _letters(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()
