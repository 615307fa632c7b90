"""Comments that somebody has exported from Facebook: the entries of `RawDataSources` that need no access to its API."""

from collections import Counter
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline_lib.config.field_types import DateFormat, PageID, PostID, TimezoneName
from pipeline_lib.config.name_rules import Label
from pipeline_lib.config.named_source import NamedSource
from pipeline_lib.model.frozen import Frozen

DATE_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")
"""Local times that can be read in only one way; formats with days and months in another order must be declared."""


class CommentColumns(Frozen):
    """What the columns of exported comments are called in the first line of their files."""

    comment_id: Label
    """Column of the comment's id: digits, `122101234567890123` or `<post>_<comment>`."""
    time: Label
    """Column of when it was written."""
    text: Label
    """Column of what it says."""
    post_id: Label | None = None
    """Column of the id of the post that it stands under. Without one, each dataset names its one post in `PostIDs`."""
    parent_id: Label | None = None
    """Column of the id of the comment that it answers; empty where it answers the post."""
    author_id: Label | None = None
    """Column of the author's id: digits. The participant is the same as the API source would make of that id."""
    author_name: Label | None = None
    """Column of the author's name, where there is no id. People with the same name are then one participant.

    Without a column of authors, every comment is a participant of its own, as with `"Authors": "unknown"`."""

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        if self.author_id is not None and self.author_name is not None:
            raise ValueError("names two columns of authors; leave AuthorName out, since an id is one person's alone")
        named = Counter(title for _, title in self if title is not None)
        twice = sorted(title for title, count in named.items() if count > 1)
        if twice:
            raise ValueError("names one column twice; name another column for each")
        return self


class PageDataset(Frozen):
    """The comments under some posts of a page."""

    name: str
    """Prefix of the comments' fields."""
    post_ids: tuple[PostID, ...] | None = None
    """Posts by id: `<page>_<post>`, or the post's part alone."""


class FacebookExportDataset(PageDataset):
    """The comments of some exports that make up a dataset."""

    comment_file_urls: tuple[str, ...] = Field(min_length=1)
    """CSV files of comments, the newest last: where several have the same comment, the last one counts. A URL, or a
    path relative to the config."""
    post_ids: tuple[PostID, ...] | None = None
    """Only comments under these posts: `<page>_<post>`, or the post's part alone. Default: all of the files."""


class FacebookExportSource(NamedSource):
    """Comments under a Facebook page's posts, from CSV files that were exported by whatever tool."""

    source_type: Literal["FacebookExport"]
    """What the source is."""
    page_id: PageID
    """The page's id, as Meta Business Suite's export has it in the column `Page ID`."""
    datasets: tuple[FacebookExportDataset, ...] = Field(min_length=1)
    """Which comments make up which dataset."""
    columns: CommentColumns
    """What the columns are called."""
    date_formats: tuple[DateFormat, ...] = Field(default=DATE_FORMATS, min_length=1)
    """Formats of local times (Python's strptime), tried in this order. Times with an offset, such as
    `2025-09-06T10:01:00+0000`, need none."""
    timezone: TimezoneName
    """Zone of local times."""
    content_file_urls: tuple[str, ...] = ()
    """Exports of the page's content from Meta Business Suite, the newest last: figures of the posts."""
    content_timezone: TimezoneName | None = None
    """Zone of the times in ContentFileURLs: that of the account that exported them. Default: `Timezone`."""

    @model_validator(mode="after")
    def _posts_are_told(self) -> Self:
        if self.columns.post_id is None:
            if any(len(dataset.post_ids or ()) != 1 for dataset in self.datasets):
                raise ValueError("no column holds the post; name Columns.PostID, or one PostIDs for each dataset")
            files = [url for dataset in self.datasets for url in dataset.comment_file_urls]
            if len(set(files)) < len(files):
                raise ValueError("no column holds the post, and a file is in two datasets; name Columns.PostID")
        return self

    @property
    def authors_are_known(self) -> bool:
        """Whether the comments' authors are known; if not, each comment is a participant of its own."""
        return self.columns.author_id is not None or self.columns.author_name is not None

    @property
    def tells_by_name(self) -> bool:
        """Whether people are told apart by their names alone."""
        return self.columns.author_name is not None

    @property
    def activation_names(self) -> tuple[str, ...]:
        """Names of the raw files of comments."""
        return tuple(f"{dataset.name}_{self.page_id}" for dataset in self.datasets)

    @property
    def survey_names(self) -> tuple[str, ...]:
        """None: comments are never surveys."""
        return ()
