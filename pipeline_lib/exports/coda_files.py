"""Files for Coda: a dataset's distinct messages, with automatic codes as suggestions (semantics.md 5)."""

from datetime import datetime
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

import polars as pl

from pipeline_lib import __version__
from pipeline_lib.label_store.json_format import dumps
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.model.times import iso_utc_microseconds
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, automatic_codes

CODA_FILES = "Coda Files"
"""Folder of the files."""

AUTO_CODER = "Pipeline Auto-Coder"
"""Name of the labels' origin, which Coda shows beside a suggestion."""


def write_coda_files(folder: Path, processed: Processed, labelled_at: datetime) -> dict[str, int]:
    """Writes a Coda file per dataset and returns the number of messages by file name.

    Empty texts and noise are left out, and so are texts that only the withdrawn sent, unless the predecessors' quirks
    are kept (Q12). Messages of people who are held back until a coder has labelled their stop word are in these files,
    and only here.
    """
    return {
        coded.dataset.coda_filename: _write(folder / coded.dataset.coda_filename, coded, processed, labelled_at)
        for coded in processed.for_coders
    }


def _write(path: Path, coded: CodedDataset, processed: Processed, labelled_at: datetime) -> int:
    messages = _messages(coded, processed)
    labels = _labels(messages, coded, iso_utc_microseconds(labelled_at))
    texts = pl.Series([encode_basestring_ascii(text) for text in messages["text"]], dtype=pl.String)
    # As `dumps` would write it, but a column at a time.
    objects = messages.select(
        pl.concat_str(
            pl.lit('{\n    "CreationDateTimeUTC": "'),
            _iso_utc("sent_at"),
            pl.lit('", \n    "Labels": '),
            labels,
            pl.lit(', \n    "MessageID": "'),
            "message_id",
            pl.lit('", \n    "Text": '),
            texts,
            pl.lit("\n  }"),
        )
    ).to_series()
    inside = ", \n  ".join(objects)
    path.write_text(f"[\n  {inside}\n]" if inside else "[]", encoding="ascii")
    return messages.height


def _messages(coded: CodedDataset, processed: Processed) -> pl.DataFrame:
    """The distinct texts and when each was first sent, the oldest first."""
    rows = (
        coded.without_noise(processed.published_messages(coded.rows))
        .filter(pl.col("text") != "")
        .select(TEXT_ROW, "sent_at")
    )
    columns = ["message_id", "text", *(automatic_codes(coding) for coding in _automatic_codings(coded))]
    texts = coded.texts.select(columns).with_row_index(TEXT_ROW)
    oldest_first = rows.sort("sent_at", maintain_order=True).unique(TEXT_ROW, keep="first", maintain_order=True)
    messages = oldest_first.join(texts, on=TEXT_ROW, how="left", maintain_order="left")
    return messages.unique("message_id", keep="first", maintain_order=True)


def _automatic_codings(coded: CodedDataset) -> list[Coding]:
    return [coding for coding in coded.dataset.codings if coding.cleaner is not None]


def _labels(messages: pl.DataFrame, coded: CodedDataset, made_at: str) -> pl.Series:
    """Each message's labels as they stand in the file; those of equal codes are written once."""
    codings = _automatic_codings(coded)
    if not codings:
        return pl.Series(["[]"])
    columns = [automatic_codes(coding) for coding in codings]
    combinations = messages.select(columns).unique()
    written = [
        dumps([_label(coding, code, made_at) for coding, code in zip(codings, codes, strict=True) if code is not None])
        for codes in combinations.iter_rows()
    ]
    indented = pl.Series("labels", [text.replace("\n", "\n    ") for text in written], dtype=pl.String)
    labels = combinations.with_columns(indented)
    return messages.join(labels, on=columns, how="left", nulls_equal=True, maintain_order="left")["labels"]


def _iso_utc(column: str) -> pl.Expr:
    """As Python's isoformat writes a time in UTC: microseconds only where there are any."""
    instant = pl.col(column)
    fraction = pl.when(instant.dt.microsecond() != 0).then(instant.dt.to_string("%.6f")).otherwise(pl.lit(""))
    return pl.concat_str(instant.dt.to_string("%Y-%m-%dT%H:%M:%S"), fraction, pl.lit("+00:00"))


def _label(coding: Coding, code_id: str, made_at: str) -> dict[str, Any]:
    return {
        "Checked": False,
        "CodeID": code_id,
        "DateTimeUTC": made_at,
        "Origin": {"Name": AUTO_CODER, "OriginID": f"{coding.cleaner} {__version__}", "OriginType": "External"},
        "SchemeID": coding.code_scheme.scheme_id,
    }
