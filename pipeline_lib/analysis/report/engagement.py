"""Engagement metrics of posts, as the report shows them."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.analysis.charts.captions import day
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import read_data
from pipeline_lib.sources.facebook.metrics_file import COLUMNS, NOTE_COLUMNS, is_post_url, notes_name

_FIGURES: Mapping[str, str] = {
    "Post Impressions": "Impressions",
    "Unique Post Impressions": "People reached",
    "Post Engaged Users": "People engaged",
    "Reactions": "Reactions",
    "Total Comments": "Comments",
    "Visible (analysed) Comments": "Comments analysed",
}
"""The report's title for each column."""
_NOTHING = "-"


class EngagementPost(NamedTuple):
    """One post."""

    when: str
    """The day on which it was published; if unknown, `post`."""
    url: str
    """Its address; empty if it has none on Facebook."""
    dataset: str
    kind: str
    figures: Sequence[str]
    """In the order of the titles."""


class Engagement(NamedTuple):
    """The posts of one file of metrics."""

    titles: Sequence[str]
    posts: Sequence[EngagementPost]
    remarks: Sequence[str]
    """Notes that a reader needs to understand the metrics."""


def engagement_files(folder: Path) -> dict[str, int]:
    """The numbers of rows of the files of metrics in a folder, by name; other files are left out."""
    files = ((path.name, _rows(path, COLUMNS)) for path in sorted(folder.glob("*.csv")))
    return {name: len(rows) for name, rows in files if rows is not None}


def read_engagement(folder: Path, timezone: tzinfo | None) -> list[Engagement]:
    """The metrics in a folder, file by file; a column that is empty for every post is left out, but its remark stays.

    Args:
        folder: The folder of the analysis.
        timezone: The zone of the days that are shown.
    """
    found = []
    for name in engagement_files(folder):
        rows = _rows(folder / name, COLUMNS) or []
        notes = _rows(folder / notes_name(name), NOTE_COLUMNS) or []
        columns = [column for column in _FIGURES if any(row[column] for row in rows)]
        posts = [_post(row, columns, timezone) for row in rows]
        found.append(Engagement([_FIGURES[column] for column in columns], posts, _remarks(notes, len(rows))))
    return found


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]] | None:
    """The rows of a CSV file; None where there is none, or it has other columns."""
    if not path.is_file():
        return None
    try:
        reader = csv.DictReader(io.StringIO(read_data(path).decode(), newline=""), restval="")
        return list(reader) if tuple(reader.fieldnames or ()) == tuple(columns) else None
    except (UnicodeDecodeError, csv.Error):
        raise DataError(Problem(str(path), "is no CSV file in UTF-8, or is broken", "fetch it again")) from None


def _post(row: Mapping[str, str], columns: Sequence[str], timezone: tzinfo | None) -> EngagementPost:
    url = row["Post URL"]
    return EngagementPost(
        when=_day(row["Post Created Time"], timezone) or "post",
        url=url if is_post_url(url) else "",
        dataset=row["Dataset"],
        kind=row["Post Type"] or _NOTHING,
        figures=[f"{int(row[column]):,}" if row[column].isdecimal() else _NOTHING for column in columns],
    )


def _day(text: str, timezone: tzinfo | None) -> str:
    try:
        return day(datetime.fromisoformat(text).astimezone(timezone))
    except ValueError:
        return ""


def _remarks(notes: Sequence[Mapping[str, str]], post_count: int) -> list[str]:
    """Each note once, with the number of its posts if it is not about all of them."""
    counts = Counter((_FIGURES.get(note["Column"], note["Column"]), note["Note"]) for note in notes)
    remarks = []
    for (column, note), count in counts.items():
        of_posts = "" if count == post_count else f" ({count:,} of {post_count:,} posts)"
        remarks.append(f"{column}: {note}{of_posts}.")
    return remarks
