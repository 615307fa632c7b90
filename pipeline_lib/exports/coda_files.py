"""Files for Coda: a dataset's distinct messages, with automatic codes as suggestions (semantics.md section 5)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipeline_lib import __version__
from pipeline_lib.coda.format import dumps
from pipeline_lib.model.times import iso_utc, iso_utc_microseconds
from pipeline_lib.processing.process import Processed
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, automatic_codes

CODA_FILES = "Coda Files"
"""Folder of the files."""

AUTO_CODER = "Pipeline Auto-Coder"
"""Name of the labels' origin, which Coda shows beside a suggestion."""


def write_coda_files(folder: Path, processed: Processed, labelled_at: datetime) -> dict[str, int]:
    """Writes a Coda file per dataset and returns the number of messages by file name.

    Empty texts are left out, and so are texts that only the withdrawn sent, unless the predecessors' quirks are kept
    (Q12).
    """
    return {
        coded.dataset.coda_filename: _write(folder / coded.dataset.coda_filename, coded, processed, labelled_at)
        for coded in processed.datasets
    }


def _write(path: Path, coded: CodedDataset, processed: Processed, labelled_at: datetime) -> int:
    messages = list(_messages(coded, processed, labelled_at))
    path.write_text(dumps(messages), encoding="ascii")
    return len(messages)


def _messages(coded: CodedDataset, processed: Processed, labelled_at: datetime) -> Iterator[dict[str, Any]]:
    codings = [coding for coding in coded.dataset.codings if coding.cleaner is not None]
    columns = ["message_id", "text", *map(automatic_codes, codings)]
    rows = processed.published_messages(coded.rows).filter(pl.col("text") != "").select(TEXT_ROW, "sent_at")
    texts = coded.texts.select(columns).with_row_index(TEXT_ROW)
    oldest_first = rows.sort("sent_at", maintain_order=True).join(texts, on=TEXT_ROW, maintain_order="left")
    distinct = oldest_first.unique("message_id", keep="first", maintain_order=True)
    made_at = iso_utc_microseconds(labelled_at)
    for sent_at, message_id, text, *codes in distinct.select("sent_at", *columns).iter_rows():
        labels = [
            _label(coding.code_scheme.scheme_id, code, coding.cleaner or "", made_at)
            for coding, code in zip(codings, codes, strict=True)
            if code is not None
        ]
        yield {"CreationDateTimeUTC": iso_utc(sent_at), "Labels": labels, "MessageID": message_id, "Text": text}


def _label(scheme_id: str, code_id: str, cleaner: str, made_at: str) -> dict[str, Any]:
    return {
        "Checked": False,
        "CodeID": code_id,
        "DateTimeUTC": made_at,
        "Origin": {"Name": AUTO_CODER, "OriginID": f"{cleaner} {__version__}", "OriginType": "External"},
        "SchemeID": scheme_id,
    }
