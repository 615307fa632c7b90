"""Reading a post from lists that no server of ours would give."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.sources.facebook.client import Page
from pipeline_lib.sources.facebook.post_log import PostLog
from pipeline_lib.sources.facebook.reading import Post, Read, Reader, read_post
from pipeline_lib.sources.facebook.records import Audience
from pipeline_lib.storage import storage_at

NOW = datetime(2026, 11, 29, tzinfo=UTC)
POST = Post("5_1", NOW, [], None)


def item(number: int, message: object = "haa", **more: Any) -> dict[str, Any]:
    created = "2025-09-06T10:11:12+0000"
    return {"id": f"1_{number}", "created_time": created, "message": message, "from": {"id": "77"}} | more


class Listing:
    """Gives its pages, and counts them."""

    def __init__(self, *pages: Page, forever: Page | None = None) -> None:
        self.pages, self.forever, self.given = pages, forever, 0

    def comments(self, post_id: str) -> Iterator[Page]:
        assert post_id == "5_1"
        for page in self.pages:
            self.given += 1
            yield page
        for _ in count() if self.forever else ():
            self.given += 1
            assert self.given < 100
            yield self.forever or Page([], is_last=True)


@pytest.fixture
def log(tmp_path: Path) -> PostLog:
    return PostLog(storage_at(tmp_path.as_uri()), "5", "5_1")


def read(log: PostLog, listing: Listing, scopes: str = "all") -> Read:
    reader = Reader(listing, lambda found: dict.fromkeys(found, "uuid"), Audience("5", are_known=True), scopes, NOW)
    return read_post(log, POST, reader)


def test_the_same_page_for_ever_ends_the_post(log: PostLog) -> None:
    listing = Listing(Page([item(1), item(2)], is_last=False), forever=Page([item(2), item(1)], is_last=False))
    found = read(log, listing)
    assert (found.is_whole, found.comment_count, listing.given) == (False, 2, 3)
    assert list(log.comments()) == ["1_1", "1_2"]


def test_one_page_of_known_comments_and_empty_ones_between_end_nothing(log: PostLog) -> None:
    known, empty = Page([item(1)], is_last=False), Page([], is_last=False)
    listing = Listing(known, known, Page([item(2)], is_last=False), known, empty, Page([item(3)], is_last=True))
    found = read(log, listing)
    assert (found.is_whole, found.comment_count, found.page_count) == (True, 3, 6)


def test_comments_without_ids_for_ever_end_the_post(log: PostLog) -> None:
    nameless = Page([item(1, id=None)], is_last=False)
    listing = Listing(forever=nameless)
    assert not read(log, listing).is_whole


def test_a_comment_that_one_read_gives_twice_is_one_in_its_first_place(log: PostLog) -> None:
    read(log, Listing(Page([item(1), item(2)], is_last=False), Page([item(2), item(3)], is_last=True)))
    assert list(log.comments()) == ["1_1", "1_2", "1_3"]


def test_a_read_that_did_not_come_to_its_end_says_nothing_of_what_is_missing(log: PostLog) -> None:
    read(log, Listing(Page([item(1), item(2)], is_last=True)))
    for _ in range(3):
        read(log, Listing(Page([item(1)], is_last=False, is_stuck=True)))
    assert log.state.missing == {}


def test_what_is_missing_counts_only_with_the_permissions_with_which_it_had_been_seen(log: PostLog) -> None:
    both, first = Page([item(1), item(2)], is_last=True), Page([item(1)], is_last=True)
    read(log, Listing(both), "all")
    for scopes in ("fewer", "fewer", "all", "unknown"):
        read(log, Listing(first), scopes)
    assert (log.state.missing["1_2"].read_count, log.state.deleted) == (1, frozenset())
    read(log, Listing(first), "all")
    assert log.state.deleted == {"1_2"}
    read(log, Listing(both), "all")
    assert log.state.deleted == frozenset()


def test_a_comment_counts_as_seen_with_all_permissions_with_which_it_ever_was(log: PostLog) -> None:
    both, first = Page([item(1), item(2)], is_last=True), Page([item(1)], is_last=True)
    for scopes in ("all", "unknown"):
        read(log, Listing(both), scopes)
    for scopes in ("all", "all"):
        assert log.state.deleted == frozenset()
        read(log, Listing(first), scopes)
    assert log.state.deleted == {"1_2"}


def test_a_comment_that_was_first_seen_with_other_permissions_is_not_missed_with_these(log: PostLog) -> None:
    both, first = Page([item(1), item(2)], is_last=True), Page([item(1)], is_last=True)
    read(log, Listing(first), "fewer")
    read(log, Listing(both), "all")
    for _ in range(3):
        read(log, Listing(first), "fewer")
    assert log.state.missing == {}
    assert log.state.unseen == {"all; authors shown": (), "fewer; authors shown": ("1_2",)}


def test_what_is_set_aside_is_so_until_a_read_shows_otherwise(log: PostLog) -> None:
    read(log, Listing(Page([item(1), item(2, message=7), item(3, message=7)], is_last=True)))
    assert [each.comment for each in log.state.quarantined] == ["1_2", "1_3"]
    read(log, Listing(Page([item(2)], is_last=False, is_stuck=True)))
    assert [each.comment for each in log.state.quarantined] == ["1_3"]
    read(log, Listing(Page([item(1), item(2)], is_last=True)))
    assert log.state.quarantined == ()
