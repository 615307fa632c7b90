"""Reading one JSON file into one model, and as much of a broken one as makes sense."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline_lib.config.file_stamps import read_stamped
from pipeline_lib.config.json_text import MOST_BYTES, parsed_json
from pipeline_lib.config.key_aliases import current_spelling
from pipeline_lib.config.model_introspection import Step, spot_of
from pipeline_lib.config.problems import details_of, problems_of
from pipeline_lib.config.source_document import KeptItems, WrittenFile, value_at
from pipeline_lib.errors import Problem
from pipeline_lib.input_files import reason

ModelT = TypeVar("ModelT", bound=BaseModel)

_NOTHING: Mapping[str, Any] = MappingProxyType({})
KEPT_FILES = 64
"""Files of which what they gave is kept: projects have code schemes in common."""
_ROUNDS = 12
"""More levels than any of our models has: content that is still no model after as many rounds is given up."""


@dataclass(frozen=True, eq=False)
class ReadModel(Generic[ModelT]):
    """What could be made of a file; equal to itself alone, and nobody changes what it holds."""

    model: ModelT | None
    """Without the parts that are wrong; None where nothing sensible is left."""
    file: WrittenFile
    """The content that the model was made of: both have the same indexes."""
    problems: tuple[Problem, ...] = ()
    damaged: frozenset[str] = frozenset()
    """Top-level keys of which the model has only a part."""
    whole: WrittenFile | None = None
    """What the author wrote, if that is more than `file`."""


def read_model(model: type[ModelT], path: Path, name: str, stamps: dict[Path, str]) -> ReadModel[ModelT]:
    """The file's content as a model: the same object as before where the file holds the same.

    Args:
        model: What the content should be.
        path: Where the file lies.
        name: What problems call it.
        stamps: Gets its stamp.
    """
    try:
        content = read_stamped(path, MOST_BYTES, stamps)
    except (OSError, ValueError) as error:
        return ReadModel(None, WrittenFile(name, None), (Problem(name, *reason(error)),))
    return _parsed_model(model, content, name)


@lru_cache(maxsize=KEPT_FILES)
def _parsed_model(model: type[ModelT], content: bytes, name: str) -> ReadModel[ModelT]:
    file, problems = parsed_json(content, name)
    if file is None:
        return ReadModel(None, WrittenFile(name, None), problems)
    read = as_model(model, file)
    return replace(read, problems=(*problems, *read.problems))


def as_model(model: type[ModelT], file: WrittenFile, instead: Mapping[str, Any] = _NOTHING) -> ReadModel[ModelT]:
    """The content as a model, and everything that the model refuses.

    Args:
        model: What the content should be.
        file: The content.
        instead: Values for required top-level keys that a broken file lacks, so that the rest can still be looked at.
    """
    try:
        return ReadModel(model.model_validate(file.content), file)
    except ValidationError as error:
        problems = tuple(problems_of(error, model, file))
    rest = replace(file, content=_copied(file.content))
    damaged: set[str] = set()
    for _ in range(_ROUNDS):
        try:
            return ReadModel(model.model_validate(rest.content), rest, problems, frozenset(damaged), whole=file)
        except ValidationError as error:
            if not _without_errors(error, model, rest.content, instead, damaged):
                break
    return ReadModel(None, file, problems)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return KeptItems([_copied(item) for item in value]) if isinstance(value, list) else value


def _without_errors(
    error: ValidationError, model: type[BaseModel], content: Any, instead: Mapping[str, Any], damaged: set[str]
) -> bool:
    """Whether the parts that are wrong could be taken out of the content, in place."""
    wrong: set[tuple[Step, ...]] = set()
    for details in details_of(error):
        path = spot_of(details["loc"], model, content).path
        is_missing = details["type"] == "missing"
        if is_missing and len(path) == 1 and path[0] in instead:
            content[path[0]] = instead[str(path[0])]
            damaged.add(str(path[0]))
            continue
        path = path[:-1] if is_missing else path
        if not path:
            return False
        if details["type"] != "extra_forbidden":
            damaged.add(current_spelling(str(path[0])))
        wrong.add(path)
    items: dict[tuple[Step, ...], set[int]] = {}
    for path in wrong:
        *parent, last = path
        holder = value_at(content, tuple(parent))
        if isinstance(holder, KeptItems) and isinstance(last, int):
            items.setdefault(tuple(parent), set()).add(last)
        elif isinstance(holder, dict):
            holder.pop(last, None)
    for parent_path in sorted(items, key=len, reverse=True):
        holder = value_at(content, parent_path)
        if isinstance(holder, KeptItems):
            holder.drop(items[parent_path])
    return True
