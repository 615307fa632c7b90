"""Descriptions of models' fields, which stand behind these in the code.

They are for whoever reads a schema or a reference. Pydantic would look for them in every process that imports a model,
which takes longer than all else that it does with the model.
"""

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any, TypeVar, get_args

from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)


def described(model: type[ModelT]) -> type[ModelT]:
    """The model; its fields, and those of the models that it is made of, have the texts behind them as descriptions.

    A description that a field was given otherwise stays.
    """
    _describe(model)
    return model


@cache
def _describe(model: type[BaseModel]) -> None:
    for member in _models_in(field.annotation for field in model.model_fields.values()):
        _describe(member)
    texts = {name: text for base in reversed(model.__mro__) for name, text in _texts_of(base).items()}
    for name, field in model.model_fields.items():
        field.description = field.description or texts.get(name)
    model.model_rebuild(force=True)


def _models_in(annotations: Iterable[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        yield from _models_in(get_args(annotation))


def _texts_of(kind: type) -> Mapping[str, str]:
    is_of_ours = issubclass(kind, BaseModel) and kind is not BaseModel
    return _texts_in(kind.__module__).get(kind.__name__, {}) if is_of_ours else {}


@cache
def _texts_in(module: str) -> Mapping[str, Mapping[str, str]]:
    """The text behind each attribute, by the class of the module and by attribute."""
    classes = (
        part for part in ast.parse(inspect.getsource(import_module(module))).body if isinstance(part, ast.ClassDef)
    )
    return {each.name: dict(_texts_behind(each)) for each in classes}


def _texts_behind(of_class: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for attribute, behind in pairwise(of_class.body):
        match attribute, behind:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
