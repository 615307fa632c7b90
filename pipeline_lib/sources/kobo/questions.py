"""The questions of a form as it is now, and those that a config names."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline_lib.config.kobo_source import KoboForm
from pipeline_lib.errors import ConfigError, Problem, did_you_mean, nearest
from pipeline_lib.model.deidentified import holds_address

_FILES = frozenset({"audio", "background-audio", "file", "image", "video"})


def questions_of(form: Mapping[str, Any]) -> dict[str, str]:
    """The type of each question, by its path: its name, with the names of its groups before it."""
    content = form.get("content")
    rows = content.get("survey") if isinstance(content, dict) else None
    questions: dict[str, str] = {}
    groups: list[str] = []
    for row in rows if isinstance(rows, list) else []:
        kind, name = str(row.get("type", "")).replace(" ", "_"), row.get("name") or row.get("$autoname")
        if kind.startswith("end_"):
            del groups[-1:]
        elif name:
            path = row.get("$xpath") or "/".join((*groups, str(name)))
            questions[str(path)] = kind
            if kind.startswith("begin_"):
                groups.append(str(name))
    return questions


def several_answers(form: KoboForm, questions: Mapping[str, str]) -> set[str]:
    """The declared questions to which one may give several of the form's answers."""
    return {title for title in form.names.titles if questions.get(title) == "select_multiple"}


def gone_questions(
    form: KoboForm, questions: Mapping[str, str], has_answers: Callable[[str], bool], place: str
) -> list[str]:
    """Declared questions that the form no longer has, and that were answered when it had them.

    Args:
        form: The config's entry.
        questions: As `questions_of` gives them.
        has_answers: Whether any submission has an answer to a question.
        place: How errors name the entry: `pipeline.json: RawDataSources[0].Forms[0]`.

    Raises:
        ConfigError: Names every declared question that the form never had, and that is no question for a text.
    """
    gone: list[str] = []
    problems: list[Problem] = []
    for where, title in _declared(form):
        kind = questions.get(title)
        if kind is not None:
            if kind in _FILES or kind.startswith("begin_"):
                what = "is a group" if kind.startswith("begin_") else f"asks for a file ({kind})"
                problems.append(Problem(f"{place}.{where}", f'"{title}" {what}, not for a text', "name a question"))
        elif has_answers(title):
            gone.append(title)
        else:
            known = [path for path, kind in questions.items() if not kind.startswith("begin_") and _is_harmless(path)]
            problems.append(
                Problem(f"{place}.{where}", f'the form has no question "{title}"', did_you_mean(title, known))
            )
    if problems:
        raise ConfigError(*problems)
    return gone


def renamed_to(title: str, questions: Iterable[str]) -> str | None:
    """The question that a question may be called now."""
    return nearest(title, filter(_is_harmless, questions), parts="/")


def _declared(form: KoboForm) -> list[tuple[str, str]]:
    """Where each question is declared, and its path."""
    of_lists = (("Messages", form.messages), ("Answers", form.answers))
    found = [(f"{key}[{n}].Question", each.question) for key, answers in of_lists for n, each in enumerate(answers)]
    return [*([("Address", form.address)] if form.address is not None else []), *found]


def _is_harmless(path: str) -> bool:
    """Whether an error may quote a question's name."""
    return path.isprintable() and not holds_address(path)
