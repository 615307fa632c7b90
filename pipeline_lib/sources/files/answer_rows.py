"""Rows of a declared CSV as submissions, de-identified, as the raw store holds them."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline_lib.config.csv_source import CSVDataset, CSVSource
from pipeline_lib.errors import DataError, Problem, listed
from pipeline_lib.model.calling_codes import CALLING_CODES
from pipeline_lib.sources.base import NO_UUID_YET, BadLine, Converted, Participants, SourceFile, UnusableError
from pipeline_lib.sources.files.csv_rows import LINE, Layout, read_rows
from pipeline_lib.sources.files.kept_fields import is_identifier
from pipeline_lib.sources.files.operator_times import check_formats
from pipeline_lib.sources.files.spreadsheet_cells import as_typed, instants, rounded
from pipeline_lib.sources.submissions import (
    Author,
    Submission,
    author_of,
    encode_submissions,
)

_REVISION = 1
"""Increased whenever the same file and settings give another result."""

_ADDRESS, _TIME, _ID, _FAULT = " address", " time", " id", " fault"
"""Our own names of columns: no title begins with a space."""


@dataclass(frozen=True)
class AnswerRowsConverter:
    """Reads the files of one dataset of a CSV source.

    Raises:
        ConfigError: A date format is invalid.
    """

    source: CSVSource
    dataset: CSVDataset
    participants: Participants
    """From addresses to participant uuids."""

    def __post_init__(self) -> None:
        check_formats(self.source.date_formats)

    def settings(self, file: SourceFile) -> str:  # noqa: ARG002 - the same for all files
        """All of the source that decides what is stored of a row; what its raw fields are called does not."""
        settings = {
            "converter": f"CSV {_REVISION}",
            "source": self.source.model_dump(exclude={"datasets"}),
            "dataset": self.dataset.name,
            "answers": self.dataset.names.titles,
        }
        return json.dumps(settings)

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """One submission for each usable row; every other row is set aside with its line and what is wrong with it.

        Raises:
            DataError: The file cannot be read, or lacks a column.
        """
        rows, bad_lines = self._rows(content, file)
        authors, faults_of_address = self._authors(rows)
        received_on = instants(rows[_TIME], self.source.date_formats, self.source.timezone)
        rows = rows.with_columns(self._faults(rows, received_on, faults_of_address), received_on.alias(_TIME))
        bad_lines += [BadLine(*row) for row in rows.drop_nulls(_FAULT).select(LINE, _FAULT).iter_rows()]
        submissions, nameless = self._submissions(rows.filter(pl.col(_FAULT).is_null()), authors)
        return Converted(encode_submissions(submissions), len(submissions), tuple(sorted(bad_lines + nameless)))

    def _rows(self, content: bytes, file: SourceFile) -> tuple[pl.DataFrame, list[BadLine]]:
        """The file's rows: the columns of our own names, and those of the answers that it has."""
        columns, names = self.source.columns, self.dataset.names
        own = {columns.time: _TIME}
        own |= {columns.address: _ADDRESS} if columns.address is not None else {}
        own |= {columns.id: _ID} if columns.id is not None else {}
        renamed = [titles for titles in names.titles_by_field.values() if len(titles) > 1]
        optional = [title for titles in renamed for title in titles]
        needed = dict.fromkeys((*own, *(title for title in names.titles if title not in optional)))
        layout = Layout(self.source.encoding, self.source.delimiter)
        rows, bad_lines = read_rows(content, file.place, list(needed), optional, layout)
        missing = [titles for titles in renamed if not set(titles) & set(rows.columns)]
        if missing:
            raise DataError(*(Problem(file.place, f"has none of the columns {listed(titles)}") for titles in missing))
        # A column of times may also be one of answers.
        rows = rows.with_columns(rows[title].alias(name) for title, name in own.items())
        return rows.with_columns(as_typed(name) for name in (_ADDRESS, _ID) if name in rows.columns), bad_lines

    def _authors(self, rows: pl.DataFrame) -> tuple[dict[str, Author], dict[str, str]]:
        """The author by the cell of the address, and what is wrong with other cells."""
        authors: dict[str, Author] = {}
        faults: dict[str, str] = {}
        subject, calling_code = f'"{self.source.columns.address}"', CALLING_CODES.get(str(self.source.country), "")
        for cell in rows[_ADDRESS].unique() if _ADDRESS in rows.columns else ():
            try:
                authors[cell] = author_of(self.source.address_type, cell, subject, calling_code)
            except UnusableError as error:
                faults[cell] = error.reason
        return authors, faults

    def _faults(self, rows: pl.DataFrame, received_on: pl.Series, faults_of_address: Mapping[str, str]) -> pl.Series:
        """Everything that is wrong with each row; null if nothing is. Columns have the file's own names."""
        columns = self.source.columns
        faults = []
        if columns.address is not None:
            of_address = pl.col(_ADDRESS).replace_strict(
                list(faults_of_address), list(faults_of_address.values()), default=None, return_dtype=pl.String
            )
            faults.append(pl.coalesce(rounded(_ADDRESS, columns.address), of_address))
        if columns.id is not None:
            empty = pl.when(pl.col(_ID) == "").then(pl.lit(f'"{columns.id}" is empty'))
            faults.append(pl.coalesce(empty, rounded(_ID, columns.id)))
        no_time = pl.when(pl.col(_TIME).str.strip_chars() == "").then(pl.lit(f'"{columns.time}" is empty'))
        unread = f'"{columns.time}" is in none of the DateFormats, and has no offset'
        faults.append(pl.coalesce(no_time, pl.when(received_on.is_null()).then(pl.lit(unread))))
        joined = pl.concat_str(*faults, separator=", ", ignore_nulls=True)
        return rows.select(pl.when(joined != "").then(joined).alias(_FAULT)).to_series()

    def _submissions(self, rows: pl.DataFrame, authors: Mapping[str, Author]) -> tuple[list[Submission], list[BadLine]]:
        titles = [title for title in self.dataset.names.titles if title in rows.columns]
        texts = [rows[title].to_list() for title in titles]
        answers = [
            {title: [text] for title, text in zip(titles, answered, strict=True) if text.strip()}
            for answered in zip(*texts, strict=True)
        ]
        own = [name for name in (_ADDRESS, _ID) if name in rows.columns]
        found = [
            authors[row[_ADDRESS]] if _ADDRESS in row else Author.of_submission("csv", self.dataset.name, row[_ID])
            for row in rows.select(own).iter_rows(named=True)
        ]
        addresses = list(dict.fromkeys(each.address.address for each in found if each.address is not None))
        uuids = self.participants(addresses) if addresses else {}
        submissions: list[Submission] = []
        nameless: list[BadLine] = []
        ids = rows[_ID].to_list() if _ID in rows.columns else [None] * rows.height
        occurrences: Counter[str] = Counter()
        for line, time, row_id, author, answered in zip(rows[LINE], rows[_TIME], ids, found, answers, strict=True):
            participant = author.participant_in(uuids)
            if participant is None:
                nameless.append(BadLine(line, NO_UUID_YET))
                continue
            if row_id is None:
                said = json.dumps([participant, time, answered])
                occurrences[said] += 1
                row_id = f"{said} {occurrences[said]}"  # noqa: PLW2901 - so that equal rows of a file stay apart
            submissions.append(Submission(_published_id(row_id), participant, time, answered, **author.facts))
        return submissions, nameless


def _published_id(row_id: str) -> str:
    """The id as it is if it is surely a service's id of a row, else a hash of it, as it may be anything."""
    return row_id if is_identifier(row_id) else hashlib.sha256(row_id.encode()).hexdigest()
