from types import SimpleNamespace
from typing import Any

import pytest

from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.sources import FacebookSource
from pipeline_lib.stages.notes import NOTES, notes_of, write_notes


def project(authors: str) -> Any:
    datasets = [{"Name": "fb_s01e01", "PostIDs": ["1"]}, {"Name": "fb_s01e02", "PostIDs": ["2"]}]
    written = {"SourceType": "Facebook", "PageID": "5", "TokenFileURL": "t", "Datasets": datasets, "Authors": authors}
    return SimpleNamespace(config=SimpleNamespace(raw_data_sources=[FacebookSource.model_validate(written)]))


def test_comments_of_unknown_authors_are_told_of(tmp_path: Any) -> None:
    write_notes(project("unknown"), tmp_path)
    assert (tmp_path / NOTES).read_text() == (
        "Nothing tells who wrote the comments of fb_s01e01, fb_s01e02: each counts as a participant of its own, so "
        "that numbers of participants are numbers of comments, and nobody is known to have taken part twice.\n"
    )


@pytest.mark.parametrize("authors", ["identified"])
def test_without_anything_to_say_there_is_no_note(tmp_path: Any, authors: str) -> None:
    write_notes(project(authors), tmp_path)
    assert notes_of(project(authors)) == []
    assert list(tmp_path.iterdir()) == []


def test_people_who_are_told_by_their_names_alone_are_told_of() -> None:
    written = {
        "SourceType": "FacebookExport",
        "PageID": "5",
        "Datasets": [{"Name": "fb", "CommentFileURLs": ["a.csv"]}],
        "Columns": {"CommentID": "a", "PostID": "b", "Time": "c", "Text": "d", "AuthorName": "e"},
        "Timezone": "UTC",
    }
    source = FacebookExportSource.model_validate(written)
    of_names: Any = SimpleNamespace(config=SimpleNamespace(raw_data_sources=[source]))
    assert notes_of(of_names) == [
        "Who wrote the comments of fb is told by name alone: people of one name count as one participant."
    ]
