"""What pydantic found wrong with a file, said to the person who wrote it."""

from typing import Any

from pydantic import ValidationError

from pipeline_lib.errors import Problem


def problems_of(error: ValidationError, written: Any, file: str) -> list[Problem]:
    """One problem for each error, placed by the author's own spelling of the keys."""
    return [
        Problem(f"{file}: {place}" if (place := place_of(details["loc"], written)) else file, _said(details["msg"]))
        for details in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def place_of(location: tuple[int | str, ...], written: Any) -> str:
    """`RawDataSources[1].SourceType`; steps that pydantic takes for itself, such as a union's tag, are left out."""
    place = ""
    for step in location:
        if isinstance(step, int):
            place += f"[{step}]"
            written = written[step] if isinstance(written, list) and step < len(written) else None
        elif isinstance(written, dict) and (step in written or step is location[-1]):
            place += f".{step}" if place else step
            written = written.get(step)
    return place


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
