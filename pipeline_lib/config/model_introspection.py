"""What a model's annotations say about the JSON that it reads."""

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from pipeline_lib.config.key_aliases import OLDER_SPELLINGS

Step = str | int
"""One step into JSON: a key or an index."""


class Spot(NamedTuple):
    """A place in a file, by the keys that stand there, and the model that reads its last key."""

    path: tuple[Step, ...]
    model: type[BaseModel] | None


@cache
def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a model reads, in their current spelling."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def models_below(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """The model, then those that its fields are made of, in the order of the fields, each with its place in a file."""
    yield place, model
    for name, field in model.model_fields.items():
        for member in _models_in(field.annotation):
            key = field.alias or name
            yield from models_below(member, f"{place}.{key}" if place else key)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if _is_model(annotation):
        yield annotation
    elif get_origin(annotation) is not Literal:
        for argument in get_args(annotation):
            yield from _models_in(argument)


def members_of(annotation: Any) -> Iterator[tuple[str | None, Any]]:
    """The types that an annotation allows, each with its tag in errors if it has one; `None` and metadata left out."""
    origin = get_origin(annotation)
    if origin is Annotated:
        tag = next((note.tag for note in annotation.__metadata__ if isinstance(note, Tag)), None)
        for inner_tag, member in members_of(get_args(annotation)[0]):
            yield tag or inner_tag, member
    elif origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            yield from members_of(argument)
    elif annotation is not type(None):
        tags = _tags_of(annotation) if _is_model(annotation) else ()
        yield from ((tag, annotation) for tag in tags or (None,))


@cache
def _tags_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The values of a model's key such as `SourceType`, by which pydantic tells it from its siblings."""
    for field in model.model_fields.values():
        if get_origin(field.annotation) is Literal and field.is_required():
            return tuple(map(str, get_args(field.annotation)))
    return ()


def spot_of(location: tuple[Step, ...], model: type[BaseModel], written: Any) -> Spot:
    """Where an error lies: pydantic's location without the tags that no file contains, by the author's own keys."""
    path: list[Step] = []
    owner: type[BaseModel] | None = None
    annotation: Any = model
    for step in location:
        members = list(members_of(annotation))
        tagged = [member for tag, member in members if tag is not None and tag == step]
        if len(members) > 1 and tagged:
            annotation = tagged[0]
            continue
        kind = next((member for _, member in members if _fits(member, step)), None)
        if isinstance(step, int):
            annotation = get_args(kind)[0] if kind is not None else None
        else:
            owner, annotation = (kind, _annotation_of(kind, step)) if kind is not None else (None, None)
            step = written_key(step, written)  # noqa: PLW2901 - the same step, as the author spells it
        path.append(step)
        written = _into(written, step)
    return Spot(tuple(path), owner)


def written_key(key: str, written: Any) -> str:
    """The spelling of a key that stands in the object, if any does."""
    if not isinstance(written, dict) or key in written:
        return key
    return next((older for older in OLDER_SPELLINGS.get(key, ()) if older in written), key)


def _into(written: Any, step: Step) -> Any:
    if isinstance(written, dict):
        return written.get(step)
    if isinstance(written, list) and isinstance(step, int) and step < len(written):
        return written[step]
    return None


def _fits(kind: Any, step: Step) -> bool:
    return get_origin(kind) is tuple if isinstance(step, int) else _is_model(kind)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _annotation_of(model: type[BaseModel], key: str) -> Any:
    for name, field in model.model_fields.items():
        if key == (field.alias or name) or key in OLDER_SPELLINGS.get(field.alias or name, ()):
            return field.annotation
    return None
