"""Recovered messages: CSV files of de-identified senders, texts and local times (sources.md A.7, semantics.md 9)."""

import hashlib
import io
import json
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quoted

import polars as pl

from pipeline_lib.model.deidentified import UUID_PATTERN
from pipeline_lib.sources.base import BadLine, Converted, SourceFile
from pipeline_lib.sources.files.csv_rows import LINE, read_rows
from pipeline_lib.sources.files.operator_times import check_formats, check_timezone, iso_local, local_times

COLUMNS = ("Sender", "Message", "ReceivedOn")
"""The columns that a recovery CSV's first line must name; others are ignored."""

_REVISION = 2
"""Increased whenever the same file and settings give another result."""


@dataclass(frozen=True)
class RecoveryCSVConverter:
    """Reads recovery CSVs of one source; its parameters are those of `RecoveryCSVSource`.

    Raises:
        ConfigError: A date format or the zone is invalid.
    """

    date_formats: tuple[str, ...]
    timezone: str
    sender_prefix: str

    def __post_init__(self) -> None:
        check_formats(self.date_formats)
        check_timezone(self.timezone)

    def settings(self, file: SourceFile) -> str:
        """The parameters, and whether the fields' names include the file's name."""
        settings = {
            "converter": f"RecoveryCSV {_REVISION}",
            "date_formats": self.date_formats,
            "timezone": self.timezone,
            "sender_prefix": self.sender_prefix,
            "is_survey": file.is_survey,
        }
        return json.dumps(settings)

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """One flat object for each usable row; every other row is set aside with its line and what is wrong with it."""
        rows, misshapen = read_rows(content, file.place, COLUMNS)
        rows = rows.with_columns(local=local_times(rows["ReceivedOn"].str.strip_chars(), self.date_formats))
        rows = rows.with_columns(received_on=iso_local(rows["local"], self.timezone)).with_columns(fault=self._fault())
        bad_lines = misshapen + [BadLine(*row) for row in rows.drop_nulls("fault").select(LINE, "fault").iter_rows()]
        records = _records(rows.filter(pl.col("fault").is_null()), file)
        lines = io.BytesIO()
        records.write_ndjson(lines)
        return Converted(lines.getvalue(), records.height, tuple(sorted(bad_lines)))

    def _fault(self) -> pl.Expr:
        """Everything that is wrong with a row; null if nothing is."""
        sender = pl.col("Sender").str.strip_chars()
        uuid = sender.str.strip_prefix(self.sender_prefix)
        sender_fault = (
            pl.when(~sender.str.starts_with(self.sender_prefix))
            .then(pl.lit(f'Sender does not begin with "{self.sender_prefix}"'))
            .when(~uuid.str.contains(rf"\A{UUID_PATTERN}\z"))
            .then(pl.lit(f'Sender has no uuid behind "{self.sender_prefix}"'))
        )
        time_fault = (
            pl.when(pl.col("ReceivedOn").str.strip_chars() == "")
            .then(pl.lit("ReceivedOn is empty"))
            .when(pl.col("local").is_null())
            .then(pl.lit("ReceivedOn is in none of the DateFormats"))
            .when(pl.col("received_on").is_null())
            .then(pl.lit(f"ReceivedOn is in an hour that the clocks of {self.timezone} skip"))
        )
        faults = pl.concat_str(sender_fault, time_fault, separator=", ", ignore_nulls=True)
        return pl.when(faults != "").then(faults)


def _records(rows: pl.DataFrame, file: SourceFile) -> pl.DataFrame:
    """The rows as Raw Data; a survey's fields include its name, as RapidPro's do, to keep them from activations'."""
    suffix = f" - {file.name}" if file.is_survey else ""
    return rows.select(
        pl.col("Sender").str.strip_chars().alias("avf_phone_id"),
        pl.col("Message").alias(f"message{suffix}"),
        pl.col("received_on").alias(f"received_on{suffix}"),
        _run_ids(rows).alias(f"run_id{suffix}"),
        pl.lit("tel").alias("urn_type"),
    )


def _run_ids(rows: pl.DataFrame) -> pl.Series:
    """A hash of each row and of its number among equal rows, so that these stay apart.

    The first of equal rows has the predecessors' hash, so that a message keeps its id when a project moves here. Adding
    or moving rows changes no other row's hash.
    """
    occurrences = rows.select(pl.int_range(1, pl.len() + 1).over(COLUMNS))[:, 0]
    digests = []
    for sender, message, received_on, occurrence in zip(*(rows[name] for name in COLUMNS), occurrences, strict=True):
        row = f'{{"Message": {quoted(message)}, "ReceivedOn": {quoted(received_on)}, "Sender": {quoted(sender)}}}'
        identity = row if occurrence == 1 else f"{row} {occurrence}"
        digests.append(hashlib.sha256(identity.encode()).hexdigest())
    return pl.Series(digests, dtype=pl.String)
