"""The file of engagement metrics: one row a post, in the predecessors' twelve columns (sources.md D.1).

    Engagement Metrics/facebook_metrics.csv         the figures; empty where there is none
    Engagement Metrics/facebook_metrics_notes.csv   why one is empty, or counts something else than its column says

The notes are in a separate file, so that readers of the predecessors' columns can read the figures unchanged.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pipeline_lib.model.facebook_metrics import ENGAGED_USERS, IMPRESSIONS, UNIQUE_IMPRESSIONS
from pipeline_lib.storage import Located

CREATED, TEXT, TYPE, TOTAL, REACTIONS = "Post Created Time", "Post Text", "Post Type", "Total Comments", "Reactions"
COLUMNS = (
    "Page ID",
    "Dataset",
    "Post URL",
    CREATED,
    TEXT,
    TYPE,
    IMPRESSIONS,
    UNIQUE_IMPRESSIONS,
    ENGAGED_USERS,
    TOTAL,
    "Visible (analysed) Comments",
    REACTIONS,
)
NOTE_COLUMNS = ("Post URL", "Column", "Note")

_URL = re.compile(r"https://(?:www|web|m)\.facebook\.com/[\w./?=&%:-]+", re.ASCII)


@dataclass(frozen=True)
class PostMetrics:
    """The metrics of one post, as far as they are known."""

    page_id: str
    dataset: str
    url: str
    created_at: str
    """In UTC as Python's isoformat writes it; empty if unknown."""
    visible_comment_count: int
    """The comments that were read and are analysed."""
    figures: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    """The other columns, as far as they are known, by their names."""
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By column: why it is empty, or what it counts instead."""

    @property
    def row(self) -> list[str | int]:
        """Its values, in the order of `COLUMNS`."""
        known = (self.page_id, self.dataset, self.url, self.created_at)
        counted = {"Visible (analysed) Comments": self.visible_comment_count, **self.figures}
        return [*known, *(counted.get(column, "") for column in COLUMNS[len(known) :])]


def is_post_url(text: str) -> bool:
    """Whether a text is the address of something on Facebook, and nothing else."""
    return _URL.fullmatch(text) is not None


def url_of_post(post_id: str) -> str:
    """The address of a post on Facebook, by its id."""
    page, _, post = post_id.rpartition("_")
    return f"https://www.facebook.com/{page}/posts/{post}"


def type_of_post(kinds: Sequence[str], *, is_reel: bool = False) -> str:
    """A post's type by the kinds of its attachments: `photo`, `video`, `text`, or whatever else it has."""
    if is_reel or any(kind.startswith("video") for kind in kinds):
        return "video"
    return kinds[0] if kinds else "text"


def publish_metrics(target: Located, posts: Iterable[PostMetrics]) -> None:
    """Write the figures of posts, and beside them the notes."""
    posts = list(posts)
    notes = [(post.url, column, note) for post in posts for column, note in post.notes.items()]
    with target.storage.publish_file(target.name) as path:
        _write(path, COLUMNS, (post.row for post in posts))
    with target.storage.publish_file(notes_name(target.name)) as path:
        _write(path, NOTE_COLUMNS, notes)


def notes_name(name: str) -> str:
    """The file of the notes that belong to a file of metrics."""
    return f"{name.removesuffix('.csv')}_notes.csv"


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
