"""The language of `fields`: `id,from{id,name},comments.filter(stream).limit(0).summary(true).as(all){id}`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.facebook.errors import SYNTAX, GraphRefusal

_NAME = re.compile(r"\s*(\w+)\s*")


@dataclass(frozen=True)
class Field:
    """One field that is asked for."""

    name: str
    alias: str
    """What it is called in the answer."""
    modifiers: Mapping[str, str] = field(default_factory=dict)
    """Parameters of an edge, such as `limit`, by name."""
    fields: tuple["Field", ...] = ()
    """What is asked of the objects that it leads to; empty for the usual."""


def parsed_fields(text: str) -> tuple[Field, ...]:
    """The fields that a parameter asks for.

    Raises:
        GraphRefusal: It is not well formed.
    """
    if not text.strip():
        return ()
    reader = _Reader(text)
    found = reader.fields()
    if reader.place < len(text):
        raise reader.refusal()
    return found


def written_fields(fields: Iterable[Field]) -> str:
    """The parameter that asks for fields."""
    return ",".join(_written(each) for each in fields)


def _written(asked: Field) -> str:
    alias = {} if asked.alias == asked.name else {"as": asked.alias}
    modifiers = "".join(f".{name}({value})" for name, value in {**asked.modifiers, **alias}.items())
    return f"{asked.name}{modifiers}" + (f"{{{written_fields(asked.fields)}}}" if asked.fields else "")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.place = 0

    def fields(self) -> tuple[Field, ...]:
        found = [self._field()]
        while self._goes_on(","):
            found.append(self._field())
        return tuple(found)

    def _field(self) -> Field:
        name, alias = self._name(), ""
        inner: tuple[Field, ...] = ()
        modifiers: dict[str, str] = {}
        while self._goes_on("."):
            modifier, value = self._name(), self._value()
            if modifier == "as":
                alias = value
            elif modifier == "fields":
                inner = parsed_fields(value)
            else:
                modifiers[modifier] = value
        if self._goes_on("{"):
            inner = self.fields()
            if not self._goes_on("}"):
                raise self.refusal()
        return Field(name, alias or name, modifiers, inner)

    def _name(self) -> str:
        match = _NAME.match(self._text, self.place)
        if match is None:
            raise self.refusal()
        self.place = match.end()
        return match[1]

    def _value(self) -> str:
        """What stands in round brackets, which may hold others."""
        if not self._goes_on("("):
            raise self.refusal()
        start, depth = self.place, 1
        while depth and self.place < len(self._text):
            depth += {"(": 1, ")": -1}.get(self._text[self.place], 0)
            self.place += 1
        if depth:
            raise self.refusal()
        return self._text[start : self.place - 1].strip()

    def _goes_on(self, sign: str) -> bool:
        if not self._text.startswith(sign, self.place):
            return False
        self.place += 1
        while self._text[self.place : self.place + 1].isspace():
            self.place += 1
        return True

    def refusal(self) -> GraphRefusal:
        return GraphRefusal(SYNTAX.about(f"Unexpected end or sign at character {self.place}"))
