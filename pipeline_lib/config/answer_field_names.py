"""Which answers of a form or of a file's rows become which raw fields.

A field `water` of a form called `survey` becomes `water (Text) - survey`, `water (Time) - survey` and
`water (Run ID) - survey`, as a flow's result does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

from pipeline_lib.config.name_rules import Label
from pipeline_lib.errors import listed

SEPARATOR = " - "
"""What stands in a raw field before the name of its form."""

PARTS = ("Text", "Time", "Run ID")
"""What the raw fields of an answer hold."""


def _without_separator(name: str) -> str:
    if SEPARATOR in name:
        raise ValueError(f'has "{SEPARATOR}" in it, which stands before the name in raw fields; take it out')
    return name


def _title(title: str) -> str:
    if not title.strip() or title.strip() != title:
        raise ValueError("is empty, or begins or ends with a space; write it as it stands there, without such spaces")
    return title


FormName = Annotated[Label, AfterValidator(_without_separator)]
"""What raw fields end with."""

Title = Annotated[str, AfterValidator(_title)]
"""A column's title or a question's name, which somebody else has chosen."""


class AnswerName(NamedTuple):
    """An answer, and what its raw fields begin with."""

    title: str
    """The column or the question."""
    field: str


class AnswerNames(NamedTuple):
    """What becomes of the answers of one form."""

    name: str
    """The form's."""
    messages: tuple[AnswerName, ...]
    """Answers that are messages to a show, each of its own."""
    answers: tuple[AnswerName, ...]
    """Answers of people about themselves, as to a survey."""

    @property
    def titles(self) -> list[str]:
        """All columns or questions, each once."""
        return list(dict.fromkeys(each.title for each in (*self.messages, *self.answers)))

    @property
    def titles_by_field(self) -> Mapping[str, list[str]]:
        """The columns or questions that give each field: several, where one was renamed."""
        found: dict[str, list[str]] = {}
        for each in (*self.messages, *self.answers):
            found.setdefault(each.field, []).append(each.title)
        return found

    def raw_field(self, field: str, part: str) -> str:
        """A raw field: the text of an answer, when it was sent, or its id."""
        return f"{field} ({part}){SEPARATOR}{self.name}"

    @property
    def raw_fields(self) -> list[str]:
        """Every raw field that the form gives."""
        return [self.raw_field(field, part) for field in self.titles_by_field for part in PARTS]


def check_names(names: AnswerNames) -> None:
    """Refuse a form without answers, a title that stands there twice, and a field of both kinds.

    Raises:
        ValueError: It is such a form.
    """
    if not names.messages and not names.answers:
        raise ValueError("names no answers; give Messages, Answers or both")
    twice = _repeated(each.title for each in (*names.messages, *names.answers))
    if twice:
        raise ValueError(f"names {listed(twice)} twice; an answer is either a message or about who sent it, and once")
    both = sorted({each.field for each in names.messages} & {each.field for each in names.answers})
    if both:
        raise ValueError(f"has the field {listed(both)} in Messages and in Answers; give one of them another name")


def _repeated(titles: Iterable[str]) -> list[str]:
    return sorted(title for title, count in Counter(titles).items() if count > 1)
