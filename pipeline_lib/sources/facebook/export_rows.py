"""Rows of exported comments, de-identified, as the raw store holds them.

All kinds of tools make exports, and often a spreadsheet saves them on the way and rounds long numbers. Ids are read as
text, and rounded ones are reported with their rows.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import polars as pl

from pipeline_lib.config.facebook_export import CommentColumns
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.sources.base import NO_UUID_YET, BadLine, Converted, Participants, SourceFile
from pipeline_lib.sources.facebook.records import Comment, address_of_comment, address_of_user
from pipeline_lib.sources.files.csv_rows import LINE, read_rows
from pipeline_lib.sources.files.operator_times import check_formats
from pipeline_lib.sources.files.spreadsheet_cells import EXPORT_ANEW, as_typed, instants, rounded
from pipeline_lib.sources.record_lines import RecordLines

_REVISION = 1
"""Increased whenever the same file and settings give another result."""

_ROUNDED_DIGITS = "^[0-9]{15}0+$"
"""A long number in a cell that shows all of its digits."""
_FEWEST_ROUNDED = 3
"""At least this many different ids do not all end in zeros by chance."""

_ID = "[0-9]{1,25}"
_SHAPES = {
    "comment_id": (rf"^{_ID}(?:_{_ID}){{0,2}}$", "no comment's id"),
    "parent_id": (rf"^{_ID}(?:_{_ID}){{0,2}}$", "no comment's id"),
    "post_id": (rf"^{_ID}(?:_{_ID})?$", "no post's id"),
    "author_id": ("^[1-9][0-9]{0,24}$", "no id of an account"),
}
"""The pattern of each id, and how a value that does not match is reported."""


class ExportedComment(msgspec.Struct, gc=False):
    """One row, as the raw store has it; its `repr` shows no text."""

    post: str
    """`<page>_<post>`."""
    comment: Comment

    def __repr__(self) -> str:
        return f"ExportedComment({self.comment.id})"


_LINES = RecordLines(ExportedComment, "a comment")
decode_rows = _LINES.decode


@dataclass(frozen=True)
class ExportConverter:
    """Reads exports of comments of one page.

    Raises:
        ConfigError: A date format is invalid.
    """

    columns: CommentColumns
    date_formats: tuple[str, ...]
    timezone: str
    page_id: str
    participants: Participants
    """From addresses to participant uuids."""
    post: str | None = None
    """The id of the post of all comments, if no column says it."""

    def __post_init__(self) -> None:
        check_formats(self.date_formats)

    def settings(self, file: SourceFile) -> str:  # noqa: ARG002 - the same for all files
        """The columns, how times are read, and the post."""
        settings = {
            "converter": f"FacebookExport {_REVISION}",
            "columns": self.columns.model_dump(),
            "date_formats": self.date_formats,
            "timezone": self.timezone,
            "page_id": self.page_id,
            "post": self.post,
        }
        return json.dumps(settings)

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """One record for each usable row; every other row is set aside with its line and what is wrong with it.

        Raises:
            DataError: The file cannot be read, or the comments' ids were rounded.
        """
        titles = {role: title for role, title in self.columns.model_dump().items() if title is not None}
        rows, bad_lines = read_rows(content, file.place, list(titles.values()))
        rows = rows.rename({title: role for role, title in titles.items()})
        rows = rows.with_columns(as_typed(role) for role in titles if role in _SHAPES)
        _check_digits(rows["comment_id"], titles["comment_id"], file.place)
        if self.post is not None:
            rows = rows.with_columns(post_id=pl.lit(self.post))
        rows = rows.with_columns(created_at=instants(rows["time"], self.date_formats, self.timezone))
        rows = rows.with_columns(_full_post_id(self.page_id)).with_columns(fault=_fault(titles, self.page_id))
        bad_lines += [BadLine(*row) for row in rows.drop_nulls("fault").select(LINE, "fault").iter_rows()]
        records, nameless = self._records(rows.filter(pl.col("fault").is_null()))
        return Converted(_LINES.encode(records), len(records), tuple(sorted(bad_lines + nameless)))

    def _records(self, rows: pl.DataFrame) -> tuple[list[ExportedComment], list[BadLine]]:
        read = rows.to_dicts()
        addresses = [self._address(row) for row in read]
        uuids = self.participants(list(dict.fromkeys(addresses))) if addresses else {}
        records, nameless = [], []
        for row, address in zip(read, addresses, strict=True):
            if address in uuids:
                records.append(self._record(row, uuids[address]))
            else:
                nameless.append(BadLine(row[LINE], NO_UUID_YET))
        return records, nameless

    def _address(self, row: Mapping[str, str]) -> str:
        if self.columns.author_id is not None:
            return address_of_user(row["author_id"])
        if self.columns.author_name is not None:
            return _address_of_name(row["author_name"])
        return address_of_comment(row["comment_id"])

    def _record(self, row: Mapping[str, str], participant: str) -> ExportedComment:
        post, parent = row["post_id"], row.get("parent_id", "")
        is_known = self.columns.author_id is not None or self.columns.author_name is not None
        is_page = row.get("author_id") == self.page_id
        return ExportedComment(
            post,
            Comment(
                id=row["comment_id"],
                created_at=row["created_at"],
                participant=participant,
                message=row["text"],
                # If a comment answers no other, some tools name the post here.
                parent=None if parent in {"", post, post.partition("_")[2]} else parent,
                by="page" if is_page else "person" if is_known else "unknown",
            ),
        )


def _check_digits(ids: pl.Series, title: str, place: str) -> None:
    long = ids.filter(ids.str.contains("^[0-9]{16,}$")).unique()
    if len(long) >= _FEWEST_ROUNDED and long.str.contains(_ROUNDED_DIGITS).all():
        wrong = f'all long ids in the column "{title}" end in zeros: a spreadsheet rounded them'
        raise DataError(Problem(place, wrong, EXPORT_ANEW))


def _full_post_id(page_id: str) -> pl.Expr:
    post = pl.col("post_id")
    return pl.when(post.str.contains(f"^{_ID}$")).then(pl.lit(f"{page_id}_") + post).otherwise(post).alias("post_id")


def _fault(titles: Mapping[str, str], page_id: str) -> pl.Expr:
    """Everything that is wrong with a row; null if nothing is. Columns have the file's own names."""
    faults = [_fault_of_id(role, title) for role, title in titles.items() if role in _SHAPES]
    if "post_id" in titles:
        is_foreign = pl.col("post_id").str.contains("_") & ~pl.col("post_id").str.starts_with(f"{page_id}_")
        faults.append(pl.when(is_foreign).then(pl.lit(f'"{titles["post_id"]}" is of another page than PageID')))
    if "author_name" in titles:
        faults.append(_empty("author_name", titles["author_name"]))
    text, time = titles["text"], titles["time"]
    faults.append(_empty("text", text, ", as of a sticker or a picture alone"))
    unread = pl.lit(f'"{time}" is in none of the DateFormats, and has no offset')
    faults.append(_empty("time", time).fill_null(pl.when(pl.col("created_at").is_null()).then(unread)))
    joined = pl.concat_str(*faults, separator=", ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _fault_of_id(role: str, title: str) -> pl.Expr:
    shape, noun = _SHAPES[role]
    written = pl.col(role)
    may_be_empty = role == "parent_id"
    empty = pl.lit(None, pl.String) if may_be_empty else pl.lit(f'"{title}" is empty')
    misshapen = pl.when(~written.str.contains(shape)).then(pl.lit(f'"{title}" is {noun}'))
    return pl.when(written == "").then(empty).otherwise(pl.coalesce(rounded(role, title), misshapen))


def _empty(role: str, title: str, why: str = "") -> pl.Expr:
    return pl.when(pl.col(role).str.strip_chars() == "").then(pl.lit(f'"{title}" is empty{why}'))


def _address_of_name(name: str) -> str:
    """A hash of the name: the name itself is kept nowhere, not even in the uuid table."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return f"facebook-name-{hashlib.sha256(plain.encode()).hexdigest()}"
