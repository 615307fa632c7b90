from collections.abc import Callable

import requests

from sandbox.facebook.model import Attachment, Post
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID = "371000000000001"
POST, REEL_POST = f"{PAGE_ID}_1", f"{PAGE_ID}_2"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def test_every_field_of_a_comment_is_there_for_the_asking(serve: Serve, get: Get, world: World) -> None:
    world.change_comment("1_2", message_tags=({"id": "1", "name": "Geedka", "offset": 0, "length": 6},))
    fields = (
        "id,from{id,name},parent{id},message,created_time,attachment{type,media_type,target{id}},attachments,like_count,"
        "comment_count,message_tags,is_hidden,permalink_url,object,can_hide"
    )
    data = get(serve(), f"{POST}/comments", filter="stream", fields=fields).json()["data"]
    assert data[1] == {
        "id": "1_2",
        "from": {"id": "702", "name": "Qof 2"},
        "parent": {"id": "1_1"},
        "message": "qoraal 2",
        "created_time": "2025-09-06T10:13:12+0000",
        "like_count": 4,
        "comment_count": 0,
        "message_tags": [{"id": "1", "name": "Geedka", "offset": 0, "length": 6}],
        "is_hidden": False,
        "permalink_url": f"https://www.facebook.com/{PAGE_ID}/posts/1?comment_id=2",
        "object": {"id": POST},
    }
    assert data[2]["from"] == {"id": PAGE_ID, "name": "Geedka"}
    assert data[3]["attachment"] == {"type": "sticker", "media_type": "sticker", "target": {"id": "77"}}
    assert data[3]["attachments"] == {"data": [{"target": {"id": "77"}, "type": "sticker"}]}


def test_fields_may_be_missing_or_null(serve: Serve, get: Get, world: World) -> None:
    world.change_comment("1_1", left_out=frozenset({"message", "created_time"}))
    world.change_comment("1_2", message=None)
    data = get(serve(), f"{POST}/comments", filter="stream", fields="message,created_time").json()["data"]
    assert data[0] == {"id": "1_1"}
    assert data[1] == {"message": None, "created_time": "2025-09-06T10:13:12+0000", "id": "1_2"}


def test_a_posts_fields_are_lists_counts_and_attachments(serve: Serve, get: Get) -> None:
    fields = (
        "attachments{type,media_type,target},message,created_time,updated_time,permalink_url,shares,from,status_type,"
        "comments.filter(stream).limit(0).summary(true),reactions.limit(0).summary(total_count),"
        "reactions.type(LOVE).limit(0).summary(total_count).as(love),likes.summary(true)"
    )
    assert get(serve(), POST, fields=fields).json() == {
        "attachments": {
            "data": [
                {"type": "photo", "media_type": "photo", "target": {"id": "88", "url": "https://www.facebook.com/88"}}
            ]
        },
        "message": "Su'aal #1",
        "created_time": "2025-09-06T10:11:12+0000",
        "updated_time": "2025-09-06T10:11:12+0000",
        "permalink_url": f"https://www.facebook.com/{PAGE_ID}/posts/1",
        "shares": {"count": 3},
        "from": {"name": "Geedka", "id": PAGE_ID},
        "comments": {"data": [], "summary": {"order": "chronological", "total_count": 5, "can_comment": True}},
        "reactions": {"data": [], "summary": {"total_count": 7}},
        "love": {"data": [], "summary": {"total_count": 2}},
        "likes": {"data": [], "summary": {"total_count": 5, "can_like": True, "has_liked": False}},
        "id": POST,
    }


def test_an_album_shows_its_pictures_and_a_text_no_attachments(serve: Serve, get: Get, world: World) -> None:
    pictures = tuple(Attachment("photo", "photo", str(number)) for number in (1, 2))
    world.put_post(
        Post(
            f"{PAGE_ID}_3",
            PAGE_ID,
            world.posts[POST].created_at,
            attachments=(Attachment("album", subattachments=pictures),),
        )
    )
    album = get(serve(), f"{PAGE_ID}_3", fields="attachments{type,subattachments{target}},message,shares").json()
    assert album == {
        "attachments": {
            "data": [{"type": "album", "subattachments": {"data": [{"target": {"id": "1"}}, {"target": {"id": "2"}}]}}]
        },
        "id": f"{PAGE_ID}_3",
    }
    assert get(serve(), REEL_POST, fields="attachments,message").json() == {"id": REEL_POST}
