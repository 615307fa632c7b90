"""The noise filter as a person writes it."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, WithJsonSchema

from pipeline_lib.config.key_aliases import spellings
from pipeline_lib.errors import did_you_mean
from pipeline_lib.model.coding_plan import CleanerName
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.noise_filter import NoiseFilter, NoiseWords, Recogniser

_FACEBOOK = "facebook."
_ANSWERS = tuple(name for name in CleanerName if not name.startswith(_FACEBOOK))
"""Cleaners that read what people say."""
_RECOGNISERS = (*_ANSWERS, *Recogniser)


def _as_list(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


def _one_of(names: tuple[str, ...]) -> AfterValidator:
    def known(name: str) -> str:
        if name not in names:
            raise ValueError(f'"{name}" is not known; {did_you_mean(name, names, parts=".")}')
        return name

    return AfterValidator(known)


def _name_schema(names: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "string", "enum": [*names]}


_LISTS = tuple(NoiseWords)
_LIST_NAMES = _name_schema(_LISTS)

ListNames = Annotated[
    tuple[Annotated[str, _one_of(_LISTS)], ...],
    BeforeValidator(_as_list),
    WithJsonSchema(
        {"type": ["string", "array"], "if": {"type": "string"}, "then": _LIST_NAMES, "else": {"items": _LIST_NAMES}}
    ),
]
"""Lists of greetings and fillers; the name of one may stand alone."""

RecogniserName = Annotated[str, _one_of(_RECOGNISERS), WithJsonSchema(_name_schema(_RECOGNISERS))]
"""A cleaner, or a recogniser that codes nothing."""


class NoiseFilterEntry(Frozen):
    """Which messages to research questions hold no answer, so that no coder needs to see them."""

    min_length: StrictInt = Field(default=0, ge=0, validation_alias=spellings("MinLength"), alias="MinLength")
    """Shorter texts are noise, in characters, blanks included. With 10, so is `biyo` (water), unless it is
    recognised."""
    patterns: ListNames = Field(default=(), validation_alias=spellings("Patterns"), alias="Patterns")
    """Greetings and fillers that are noise where they are all of a text: `somali.noise`, `swahili.noise` or
    `english.noise`, one or a list. With any, so are texts of fewer than three letters and digits."""
    unless_recognised_by: tuple[RecogniserName, ...] = Field(
        default=(*_ANSWERS, Recogniser.URBAN_RURAL),
        validation_alias=spellings("UnlessRecognisedBy"),
        alias="UnlessRecognisedBy",
    )
    """Cleaners and recognisers: a text in which one of them finds something is no noise. Default: all cleaners but
    Facebook's, and `somali.urban_rural`."""

    @property
    def rules(self) -> NoiseFilter:
        """The filter as processing takes it."""
        words = tuple(map(NoiseWords, self.patterns))
        return NoiseFilter(min_length=self.min_length, words=words, unless_recognised_by=self.unless_recognised_by)
