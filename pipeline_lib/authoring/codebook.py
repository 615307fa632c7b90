"""Codebooks: a scheme's codes as a CSV file, which researchers write and read in a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.authoring.scheme_drafts import (
    Code,
    Ids,
    draft_scheme,
    next_number,
    next_version,
    normal_code,
    with_codes,
)
from pipeline_lib.authoring.scheme_file import Scheme, codes_of
from pipeline_lib.errors import ConfigError, Problem, did_you_mean, listed
from pipeline_lib.input_files import read_input
from pipeline_lib.model.csv_cells import guarded, unguarded

COLUMNS = ("CodeID", "CodeType", "StringValue", "DisplayText", "NumericValue", "MatchValues", "Shortcut")
_BETWEEN_VALUES = ";"
_MOST_BYTES = 4 * 2**20
_QUOTE = "put quotes around a text that has a comma or a semicolon"
_CLOSE = 'close every quoted text, and write a quote inside one twice ("")'


class Imported(NamedTuple):
    """A scheme after a codebook was read into it."""

    scheme: Scheme
    added: list[Code]
    changed: list[str]
    """StringValues, as they are now."""
    not_in_codebook: list[str]
    """StringValues of normal codes that stay, since messages may be labelled with them."""


class _Row(NamedTuple):
    place: str
    values: dict[str, str]


def codebook_of(scheme: Scheme) -> str:
    """All codes of a scheme as CSV, in their order; no cell runs in a spreadsheet."""
    content = io.StringIO()
    writer = csv.DictWriter(content, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for code in codes_of(scheme):
        values = _BETWEEN_VALUES.join(code.get("MatchValues") or ())
        cells = {key: code.get(key, "") for key in COLUMNS} | {"MatchValues": values}
        writer.writerow({key: guarded(cell) if isinstance(cell, str) else cell for key, cell in cells.items()})
    return content.getvalue()


def import_codebook(scheme: Scheme | None, path: Path, name: str, ids: Ids) -> Imported:
    """The scheme with the codebook's normal codes; those that it has keep their ids, and none goes.

    A row is a code of the scheme by its `CodeID` or, without one, by its `StringValue`. Rows of control and meta codes
    are passed over. An empty cell changes nothing.

    Args:
        scheme: None makes a new scheme.
        path: The CSV file.
        name: What a new scheme is called.
        ids: Makes the ids of new codes.

    Raises:
        ConfigError: Naming everything that is wrong with the file.
    """
    rows = [row for row in _rows(path) if row.values.get("CodeType", "") in {"", "Normal"}]
    base = draft_scheme(ids, name, []) if scheme is None else scheme
    by_id = {code.get("CodeID"): code for code in codes_of(base)}
    by_value = {code.get("StringValue"): code for code in codes_of(base)}
    problems: list[Problem] = []
    added: list[Code] = []
    changes: dict[str, Code] = {}
    number = next_number(base)
    for row in rows:
        code_id, value = row.values.get("CodeID", ""), row.values.get("StringValue", "")
        known = by_id.get(code_id) if code_id else by_value.get(value)
        if code_id and known is None:
            problems.append(
                Problem(f"{row.place}, CodeID", "no code of the scheme has it", "leave it empty for a new code")
            )
        elif known is not None:
            changes[str(known["CodeID"])] = known | _changes(row, problems)
        elif value:
            code = normal_code(ids, number + len(added), value)
            added.append(code | _changes(row, problems))
        else:
            problems.append(Problem(f"{row.place}, StringValue", "is empty", "name the code"))
    if problems:
        raise ConfigError(*problems)
    changed = {code_id: code for code_id, code in changes.items() if code != by_id[code_id]}
    result = base | {"Codes": [changed.get(str(code.get("CodeID")), code) for code in codes_of(base)]}
    if scheme is None:
        result = result | {"Codes": [*added, *codes_of(base)]}
    elif added:
        result = with_codes(result, added)
    elif changed:
        result = next_version(result)
    left = [
        str(code["StringValue"])
        for code in codes_of(base)
        if code.get("CodeType") == "Normal" and str(code["CodeID"]) not in changes
    ]
    return Imported(result, added, [str(code["StringValue"]) for code in changed.values()], left)


def _changes(row: _Row, problems: list[Problem]) -> Code:
    """What the row says of its code."""
    given = {key: value for key in ("StringValue", "DisplayText", "Shortcut") if (value := row.values.get(key))}
    changes: Code = dict(given)
    if values := row.values.get("MatchValues"):
        changes["MatchValues"] = [value for each in values.split(_BETWEEN_VALUES) if (value := each.strip())]
    if number := row.values.get("NumericValue"):
        try:
            changes["NumericValue"] = int(number)
        except ValueError:
            problems.append(Problem(f"{row.place}, NumericValue", "must be a whole number"))
    return changes


def _rows(path: Path) -> Iterator[_Row]:
    try:
        text = read_input(path, _MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(Problem(path.name, "is not UTF-8", 'save it as "CSV UTF-8"')) from None
    if not text.strip():
        raise ConfigError(Problem(path.name, "is empty", "its first line names the columns, such as StringValue"))
    first = text.splitlines()[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begun = 1
    try:
        columns = [column.strip() for column in next(reader)]
        problems = list(_problems_of_columns(columns, f"{path.name}, line 1"))
        if problems:
            raise ConfigError(*problems)
        begun = reader.line_num + 1
        for cells in reader:
            place = f"{path.name}, line {begun}"
            if any(cell.strip() for cell in cells[len(columns) :]):
                problems.append(Problem(place, "has more cells than there are columns", _QUOTE))
            values = {column: unguarded(cell.strip()) for column, cell in zip(columns, cells, strict=False) if column}
            if any(values.values()):
                yield _Row(place, values)
            begun = reader.line_num + 1
    except csv.Error:
        wrong = "the quotes of the row that begins here do not match"
        raise ConfigError(Problem(f"{path.name}, line {begun}", wrong, _CLOSE)) from None
    if problems:
        raise ConfigError(*problems)


def _problems_of_columns(columns: list[str], place: str) -> Iterator[Problem]:
    named = [column for column in columns if column]
    for column in dict.fromkeys(named):
        if column not in COLUMNS:
            yield Problem(place, f'"{column}" is no column of a codebook', did_you_mean(column, COLUMNS))
        elif named.count(column) > 1:
            yield Problem(place, f'has the column "{column}" twice', "keep one")
    if not {"StringValue", "CodeID"}.intersection(named):
        yield Problem(place, f"has no column StringValue; it has {listed(named)}")
