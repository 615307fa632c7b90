"""What is kept of a comment, and what is not."""

from collections.abc import Collection
from typing import Any

import pytest
from msgspec import UNSET

from pipeline_lib.errors import DataError
from pipeline_lib.sources.facebook.records import (
    NO_AUTHOR,
    Audience,
    Comment,
    Edit,
    comments_of,
    decode_comments,
    encode_comments,
    merged,
)

PAGE = "371314232378501"
KNOWN, UNKNOWN = Audience(PAGE, are_known=True), Audience(PAGE, are_known=False)
USER = "7617654321098765"
ITEM = {
    "id": "99_1",
    "created_time": "2025-09-06T13:11:12+0300",
    "message": "kanaari",
    "from": {"id": USER, "name": "Kanaari Magaceeda"},
}


class Table:
    """Gives uuids as they are asked for, and remembers for whom."""

    def __init__(self, *unknown: str) -> None:
        self.asked: list[str] = []
        self.unknown = unknown

    def uuids(self, addresses: Collection[str]) -> dict[str, str]:
        self.asked += addresses
        return {each: f"uuid of {each}" for each in addresses if each not in self.unknown}


def one(item: dict[str, Any], audience: Audience = KNOWN, known: Comment | None = None) -> Comment:
    found = comments_of([item], Table().uuids, audience, {known.id: known} if known else {})
    assert found.quarantined == []
    return found.comments[0]


def reason(item: Any, audience: Audience = KNOWN) -> tuple[str, str]:
    found = comments_of([item], Table().uuids, audience, {})
    assert found.comments == []
    return found.quarantined[0]


def test_of_a_comment_its_text_time_and_participant_are_kept_and_nothing_of_who_wrote() -> None:
    item = ITEM | {
        "parent": {"id": "99_0", "from": {"id": USER, "name": "Kanaari"}},
        "attachment": {"type": "share", "url": f"https://www.facebook.com/{USER}", "target": {"id": USER}},
        "message_tags": [{"id": USER, "name": "Kanaari"}],
    }
    comment = one(item)
    assert comment == Comment(
        id="99_1",
        created_at="2025-09-06T10:11:12+00:00",
        participant=f"uuid of facebook-{USER}",
        message="kanaari",
        parent="99_0",
        attachments=[("share", [])],
    )
    comment.participant = "uuid"
    stored = encode_comments([comment]).decode()
    assert not [secret for secret in (USER, "Kanaari M", "facebook.com") if secret in stored]
    assert "kanaari" not in repr(comment)


def test_everybody_is_looked_up_at_once_and_once() -> None:
    table = Table()
    comments_of([ITEM, ITEM | {"id": "99_2"}, ITEM | {"id": "99_3", "from": {"id": PAGE}}], table.uuids, KNOWN, {})
    assert table.asked == [f"facebook-{USER}", f"facebook-{PAGE}"]


def test_nobody_is_looked_up_where_there_is_nobody() -> None:
    def nobody(_addresses: Collection[str]) -> dict[str, str]:
        raise AssertionError

    assert comments_of([], nobody, KNOWN, {}) == ([], [])


@pytest.mark.parametrize(("user", "by"), [(USER, "person"), (PAGE, "page")])
def test_it_is_told_whether_the_page_wrote_it(user: str, by: str) -> None:
    assert one(ITEM | {"from": {"id": user}}).by == by


@pytest.mark.parametrize("author", [{}, {"from": None}, {"from": {}}, {"from": {"name": "kanaari"}}, {"from": []}])
def test_without_an_author_a_comment_is_set_aside_or_its_own_participant(author: dict[str, Any]) -> None:
    item = {key: value for key, value in ITEM.items() if key != "from"} | author
    assert reason(item) == ("99_1", NO_AUTHOR)
    found = one(item, UNKNOWN)
    assert (found.by, found.participant) == ("unknown", "uuid of facebook-comment-99_1")


def test_with_unknown_authors_nobody_is_recognised_even_where_facebook_tells_them() -> None:
    table = Table()
    comments_of([ITEM, ITEM | {"id": "99_2"}], table.uuids, UNKNOWN, {})
    assert table.asked == ["facebook-comment-99_1", "facebook-comment-99_2"]


def test_who_wrote_a_comment_stays_known_but_not_who_was_unknown() -> None:
    item = {key: value for key, value in ITEM.items() if key != "from"}
    known = Comment("99_1", "", "uuid of before", by="person")
    assert one(item, KNOWN, known).participant == "uuid of before"
    of_nobody = Comment("99_1", "", "uuid of before", by="unknown")
    found = comments_of([item], Table().uuids, KNOWN, {"99_1": of_nobody})
    assert found.quarantined == [("99_1", NO_AUTHOR)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"created_time": None}, "comment has no time that can be read"),
        ({"created_time": "kanaari"}, "comment has no time that can be read"),
        ({"created_time": "2025-09-06T10:11:12"}, "comment has no time that can be read"),
        ({"created_time": 1757153472}, "comment has no time that can be read"),
        ({"message": None}, "comment has neither a message nor an attachment"),
        ({"message": 7}, "message is no text"),
        ({"message": "\ud83d"}, "message is not valid Unicode"),
        ({"from": {"id": "kanaari"}}, "author's id is no number"),
        ({"from": {"id": 7}}, "author's id is no number"),
        ({"from": {"id": "+252617654321"}}, "author's id is no number"),
        ({"parent": {"name": "kanaari"}}, "comment answers something without an id"),
    ],
)
def test_what_cannot_be_used_is_set_aside_with_a_reason_that_tells_nothing(changes: dict[str, Any], why: str) -> None:
    assert reason(ITEM | changes) == ("99_1", why)


@pytest.mark.parametrize("own_id", [None, 99, "", "kanaari", "99_1/kanaari", "252617654321@x"])
def test_an_id_that_is_none_is_not_told(own_id: Any) -> None:
    why = "comment has no id: Meta shows ids to tokens of people with the task MODERATE on the page"
    assert reason(ITEM | {"id": own_id}) == ("", why)


@pytest.mark.parametrize("item", [None, "kanaari", ["kanaari"], 7])
def test_what_is_no_object_is_set_aside(item: Any) -> None:
    assert reason(item) == ("", "comment is no object")


def test_somebody_whom_the_table_leaves_out_is_set_aside() -> None:
    found = comments_of([ITEM], Table(f"facebook-{USER}").uuids, KNOWN, {})
    assert found.quarantined == [("99_1", "its author has no participant uuid yet")]


def test_an_edit_keeps_what_was_said_before() -> None:
    first = Comment("99_1", "", "uuid", "waa nabad")
    second = merged(first, Comment("99_1", "", "uuid", "waa dagaal", attachments=[("photo", [])]), "t1")
    assert (second.message, second.edits) == ("waa nabad", [Edit("t1", "waa dagaal")])
    assert second.attachments == [("photo", [])]
    assert merged(second, Comment("99_1", "", "uuid", "waa dagaal", attachments=[("photo", [])]), "t2") == second
    third = merged(second, Comment("99_1", "", "uuid", "waa nabad"), "t3")
    assert third.edits == [Edit("t1", "waa dagaal"), Edit("t3", "waa nabad")]


@pytest.mark.parametrize("message", ["", "waa nabad", None, UNSET])
def test_comments_are_stored_as_they_are(message: Any) -> None:
    comments = [Comment("99_1", "t", "uuid", message, "99_0", [("album", ["photo"])], "page", [Edit("t", message)])]
    assert decode_comments(encode_comments(comments)) == comments


def test_a_line_that_is_no_comment_is_an_error_that_tells_nothing() -> None:
    with pytest.raises(DataError) as raised:
        decode_comments(b'{"id": "kanaari"}\n')
    assert str(raised.value) == "raw store: a line is not a record of a comment; restore the segment from a backup"
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
