"""A project's own table of places: a CSV of which lies in which."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.config.coding_plans import LocationsEntry
from pipeline_lib.config.file_stamps import read_stamped
from pipeline_lib.config.place_rows import Row, complete
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.errors import Problem, did_you_mean
from pipeline_lib.input_files import reason
from pipeline_lib.model.places import NOWHERE, PlaceTable, place_table

_MOST_BYTES = 16 * 2**20
"""Ten times the size of a table of all villages of a country."""

_MOST_PROBLEMS = 50
_QUOTE = "put quotes around a name that has a comma"
_OWN_COLUMNS = ("level", "code")


@dataclass(frozen=True)
class ReadPlaces:
    """What could be made of a table of places."""

    text: str
    """The CSV."""
    table: PlaceTable | None
    """None if anything is wrong with it."""
    problems: tuple[Problem, ...] = ()


def read_places(entry: LocationsEntry, plans: WrittenFile, folder: Path, stamps: dict[Path, str]) -> ReadPlaces:
    """The table that coding plans name; nothing is raised.

    Args:
        entry: What they say of it.
        plans: Where they stand.
        folder: Where its file's name starts from.
        stamps: Gets the stamp of its file.
    """
    place = plans.at("Locations")
    if (entry.file is None) is (entry.csv is None):
        wrong = "has neither File nor CSV" if entry.file is None else "has both File and CSV"
        return _wrong(place, wrong, "name a file, or write its text as CSV")
    if entry.csv is not None:
        return _read_text(entry.csv, f"{place}.CSV", entry.levels)
    path = folder / str(entry.file)
    try:
        text = read_stamped(path, _MOST_BYTES, stamps).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _wrong(str(entry.file), f"is not UTF-8 from byte {error.start} on", "save it as CSV in UTF-8")
    except (OSError, ValueError) as error:
        wrong, right = reason(error)
        return _wrong(f"{place}.File", f'"{entry.file}": {wrong}', right)
    return _read_text(text, str(entry.file), entry.levels)


def _wrong(place: str, wrong: str, right: str = "") -> ReadPlaces:
    return ReadPlaces("", None, (Problem(place, wrong, right),))


def _read_text(text: str, name: str, levels: Sequence[str] | None) -> ReadPlaces:
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","  # as spreadsheets write it where commas are decimal
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter, strict=True)
    try:
        columns = list(reader.fieldnames or ())
        lines = [(f"{name}: line {reader.line_num}", line) for line in reader]
    except csv.Error as error:
        return _wrong(f"{name}: line {reader.line_num}", f"is no CSV: {error}")
    found = list(levels) if levels is not None else [column for column in columns if column not in _OWN_COLUMNS]
    problems = [Problem(name, *wrong) for wrong in _wrong_header(columns, found)]
    rows: list[Row] = []
    for place, line in () if problems else lines:
        if any(cell.strip() for cell in line.get(None) or ()):  # where csv keeps the rest
            problems.append(Problem(place, "has more cells than there are columns", _QUOTE))
            continue
        cells = {column: (line.get(column) or "").strip() for column in columns}
        row = _row(place, cells, found, has_levels="level" in columns)
        if isinstance(row, Row):
            rows.append(row)
        else:
            problems.append(row)
    if not rows and not problems:
        problems.append(Problem(name, "has no places", "write a line for each"))
    if not problems:
        rows, problems = complete(rows, found, {row.level for row in rows} if "level" in columns else ())
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        rest = [Problem(name, f"has {more:,} more problems like these")] if more > 0 else []
        return ReadPlaces(text, None, (*problems[:_MOST_PROBLEMS], *rest))
    return ReadPlaces(text, place_table(found, ({"level": r.level, "code": r.name, **r.around} for r in rows)))


def _wrong_header(columns: Sequence[str], levels: Sequence[str]) -> Iterator[tuple[str, str]]:
    twice = [column for column, count in Counter(columns).items() if count > 1]
    yield from ((f'has two columns "{column}"', "take one out") for column in twice)
    if len([column for column in _OWN_COLUMNS if column in columns]) == 1:
        lacking = next(column for column in _OWN_COLUMNS if column not in columns)
        yield f'has no column "{lacking}"', 'write both "level" and "code", or neither'
    if not levels:
        yield "has no column of a level", "write a column for each level, from the smallest to the largest"
    for level in levels:
        if level not in columns:
            right = did_you_mean(level, [column for column in columns if column not in _OWN_COLUMNS])
            yield f'has no column "{level}", which is one of the Levels', right


def _row(place: str, cells: Mapping[str, str], levels: Sequence[str], *, has_levels: bool) -> Row | Problem:
    around = {level: cells[level] for level in levels if cells[level] not in NOWHERE}
    if has_levels:
        level, name = cells["level"], cells["code"]
        if level not in levels:
            return Problem(place, f'"{level}" is no level', did_you_mean(level, levels))
        if name in NOWHERE:
            return Problem(place, "has no name of the place", 'write it in the column "code"')
        return Row(place, level, name, {level: name, **around})
    if not around:
        return Problem(place, "names no place", "fill it in, or take the line out")
    level = next(level for level in levels if level in around)
    return Row(place, level, around[level], around)
