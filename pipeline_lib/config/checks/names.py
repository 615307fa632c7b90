"""Every name of a config, held to the rule of its field's type."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.model_introspection import Step
from pipeline_lib.config.name_rules import Rule

_READ_BY_ITSELF = "coding_plans"


def findings(read: ReadModel[Any]) -> Iterator[Finding]:
    """Names that break the rule of their field's type."""
    if read.model is None:
        return
    for path, name, rule in _names(read.model, ()):
        for wrong, right in rule.faults(name):
            yield error(read.file.at(*path), wrong, right)


class _Field(NamedTuple):
    attribute: str
    key: str
    rule: Rule | None
    """The rule of its own names; None where only the models in it may have some."""


def _names(model: BaseModel, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], str, Rule]]:
    """Where each name stands, and the rule of its field's type; coding plans are a file of their own."""
    for field in _fields_with_names(type(model)):
        yield from _in(getattr(model, field.attribute), (*path, field.key), field.rule)


def _in(value: Any, path: tuple[Step, ...], rule: Rule | None) -> Iterator[tuple[tuple[Step, ...], str, Rule]]:
    if isinstance(value, BaseModel):
        yield from _names(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _in(item, (*path, index), rule)
    elif isinstance(value, str) and rule is not None:
        yield path, value, rule


@cache
def _fields_with_names(model: type[BaseModel]) -> tuple[_Field, ...]:
    return tuple(
        _Field(attribute, field.alias or attribute, rule)
        for attribute, field in model.model_fields.items()
        if attribute != _READ_BY_ITSELF
        for rule, has_models in [_of_type(field)]
        if rule is not None or has_models
    )


def _of_type(field: FieldInfo) -> tuple[Rule | None, bool]:
    """The rule of a field's names, and whether it may hold models."""
    rule, has_models = None, False
    stack = [*field.metadata, field.annotation]
    while stack:
        part = stack.pop()
        if isinstance(part, Rule):
            rule = part
        has_models |= isinstance(part, type) and issubclass(part, BaseModel)
        stack.extend(get_args(part))  # of `Annotated` these are its type and what is noted of it
    return rule, has_models
