"""How a value of a run's outputs came to be, from their traced data."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.config.exports import OutputFilenames
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.exports.traced.files import INDIVIDUALS, MESSAGES
from pipeline_lib.trace.explain import explain
from pipeline_lib.trace.find import object_at, objects_that_say
from pipeline_lib.trace.reader import Updates

MOST_HISTORIES = 3


class Asked(NamedTuple):
    """What to tell of: one of the three."""

    message: str | None = None
    """A message's MessageID in Coda."""
    participant: str | None = None
    """A participant uuid."""
    cell: str | None = None
    """A cell of a CSV: `messages.csv:17:gender`."""


class Histories(NamedTuple):
    """What was found."""

    texts: tuple[tuple[str, ...], ...]
    """The first few, each a list of lines."""
    has_more: bool
    """Whether the same text was sent more often."""


def histories(outputs: Path, asked: Asked, project: Project | None) -> Histories:
    """The histories of what is asked for, in plain words.

    Args:
        outputs: A folder that `process` made, with traced data.
        asked: What to tell of.
        project: Knows what codes are called, and what a column is of.

    Raises:
        ConfigError: The cell is not written as one.
        DataError: There is no traced data, or no such row.
    """
    names = _code_names(project)
    found, fields = _found(outputs, asked, project)
    texts: list[tuple[str, ...]] = []
    for updates in found:
        told = tuple(explain(updates, fields, names))
        if told and len(texts) == MOST_HISTORIES:
            return Histories(tuple(texts), has_more=True)
        if told:
            texts.append(told)
    return Histories(tuple(texts), has_more=False)


def traced_csvs(project: Project | None) -> dict[str, str]:
    """The names of the CSVs whose cells have histories, and of the files that hold them."""
    names = project.config.output_filenames if project else OutputFilenames()
    return {names.messages: MESSAGES, names.individuals: INDIVIDUALS}


def _found(outputs: Path, asked: Asked, project: Project | None) -> tuple[Iterator[Updates], frozenset[str] | None]:
    """The requested objects, and the keys to show of them."""
    if asked.message:
        return objects_that_say(outputs / MESSAGES, asked.message), None
    if asked.participant:
        return objects_that_say(outputs / INDIVIDUALS, asked.participant), None
    files = traced_csvs(project)
    file, row, column = _cell(asked.cell or "", files)
    return iter([object_at(outputs / files[file], row)]), _fields_behind(column, project)


def _cell(text: str, files: dict[str, str]) -> tuple[str, int, str]:
    file, _, rest = text.partition(":")
    row, _, column = rest.partition(":")
    if file not in files or not (row.isascii() and row.isdecimal()) or not column:
        wrong = "is not a cell; write the file, the row (the first below the header is 1) and the column"
        raise ConfigError(Problem("--cell", wrong, "such as messages.csv:17:gender"))
    return file, int(row), column


def _fields_behind(column: str, project: Project | None) -> frozenset[str]:
    """The traced fields that a column shows: its own, and those that its coding reads and sets."""
    fields = {column, f"{column}_coded"}
    for dataset, coding in project.plans.codings() if project else ():
        key = coding.analysis_file_key
        if key is not None and (column == key or column.startswith(f"{key}_")):
            fields |= {coding.coded_field, coding.raw_field or dataset.raw_field}
            if dataset.imputation is not None:
                fields |= {other.coded_field for other in dataset.codings}
    return frozenset(fields)


def _code_names(project: Project | None) -> dict[str, str]:
    if project is None:
        return {}
    schemes = [coding.code_scheme for _, coding in project.plans.codings()]
    schemes += [scheme for scheme in [project.plans.ws_correct_dataset_scheme] if scheme is not None]
    return {code.code_id: code.string_value for scheme in schemes for code in scheme.codes}
