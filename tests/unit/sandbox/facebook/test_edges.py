from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from sandbox.facebook.model import Person, Post
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID = "371000000000001"
POST, REEL_POST = f"{PAGE_ID}_1", f"{PAGE_ID}_2"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def _ids(answer: Any) -> list[str]:
    return [each["id"].rpartition("_")[2] for each in answer["data"]]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["1", "3", "4"]),
        ({"filter": "toplevel"}, ["1", "3", "4"]),
        ({"filter": "stream"}, ["1", "2", "3", "4"]),
        ({"filter": "stream", "order": "reverse_chronological"}, ["4", "3", "2", "1"]),
        ({"filter": "stream", "since": "2025-09-06T10:14:12Z"}, ["3", "4"]),
        ({"filter": "stream", "since": "1757153653"}, ["4"]),
        ({"filter": "stream", "limit": "0"}, []),
    ],
)
def test_comments_are_filtered_and_ordered(serve: Serve, get: Get, query: dict[str, str], ids: list[str]) -> None:
    assert _ids(get(serve(), f"{POST}/comments", **query).json()) == ids


def test_ranked_comments_come_in_an_order_of_their_own(serve: Serve, get: Get, world: World) -> None:
    world.pages[PAGE_ID] = replace(world.pages[PAGE_ID], ranks_comments=True)
    server = serve()
    for order in ("chronological", "reverse_chronological"):
        answer = get(server, f"{POST}/comments", filter="stream", order=order, summary="order").json()
        assert (_ids(answer), answer["summary"]) == (["2", "1", "3", "4"], {"order": "ranked"})


def test_replies_are_the_comments_of_a_comment(serve: Serve, get: Get) -> None:
    server = serve()
    assert _ids(get(server, "1_1/comments").json()) == ["2"]
    assert get(server, "1_3/comments").json() == {"data": []}
    nested = get(server, "1_1", fields="comment_count,comments{parent{id}}").json()
    assert nested["comment_count"] == 1
    assert nested["comments"]["data"] == [{"parent": {"id": "1_1"}, "id": "1_2"}]


@pytest.mark.parametrize(
    ("query", "summary"),
    [
        ({"filter": "stream", "summary": "true"}, {"order": "chronological", "total_count": 5, "can_comment": True}),
        (
            {"filter": "stream", "summary": "1", "limit": "0"},
            {"order": "chronological", "total_count": 5, "can_comment": True},
        ),
        ({"summary": "total_count"}, {"total_count": 4}),
        ({"summary": "order,total_count"}, {"order": "chronological", "total_count": 4}),
        ({"summary": "false"}, None),
        ({}, None),
    ],
)
def test_a_summary_counts_what_is_not_shown_too(
    serve: Serve, get: Get, query: dict[str, str], summary: dict[str, Any] | None
) -> None:
    assert get(serve(), f"{POST}/comments", **query).json().get("summary") == summary


def test_what_the_page_has_hidden_may_be_shown_to_it(serve: Serve, get: Get, world: World) -> None:
    server = serve()
    world.change_comment("1_1", visibility="hidden")
    assert _ids(get(server, f"{POST}/comments", filter="stream").json()) == ["2", "3", "4"]
    world.serves_hidden = True
    shown = get(server, f"{POST}/comments", filter="stream", fields="is_hidden").json()["data"]
    assert [each["is_hidden"] for each in shown] == [True, False, False, False]


def test_a_list_in_a_field_leads_on_to_its_own_pages(serve: Serve, get: Get) -> None:
    server = serve()
    first = get(server, POST, fields="comments.filter(stream).limit(3){message}").json()["comments"]
    assert [each["message"] for each in first["data"]] == ["qoraal 1", "qoraal 2", "qoraal 3"]
    assert get(server, first["paging"]["next"]).json()["data"] == [{"message": "", "id": "1_4"}]


def test_posts_come_newest_first_within_a_time(serve: Serve, get: Get, world: World) -> None:
    visitor = Post(f"{PAGE_ID}_4", PAGE_ID, world.posts[REEL_POST].created_at, visitor=Person("709", "Qof"))
    world.put_post(visitor)
    world.put_post(replace(visitor, id=f"{PAGE_ID}_5", visitor=None, is_published=False))
    server = serve()
    for edge in ("posts", "published_posts"):
        assert _ids(get(server, f"{PAGE_ID}/{edge}").json()) == ["2", "1"]
    assert _ids(get(server, "me/feed").json()) == ["2", "4", "1"]
    assert _ids(get(server, f"{PAGE_ID}/posts", until="2025-09-06T10:11:12+0000").json()) == ["1"]
    assert _ids(get(server, f"{PAGE_ID}/posts", since="2025-09-06T13:11:13+0300").json()) == ["2"]
    assert _ids(get(server, f"{PAGE_ID}/posts", since="1757153472", until="1757153472").json()) == ["1"]
    assert get(server, f"{PAGE_ID}/posts", since="2026-01-01", until="2025-01-01").json() == {"data": []}
    assert _ids(get(server, f"{PAGE_ID}/posts", since="2025-09-06T03:11:13").json()) == ["2"]  # Pacific time


def test_a_reactions_list_counts_one_kind(serve: Serve, get: Get) -> None:
    server = serve()
    assert get(server, f"{POST}/reactions", type="LOVE", summary="total_count").json() == {
        "data": [],
        "summary": {"total_count": 2},
    }
    assert get(server, "1_2/likes", summary="true").json()["summary"]["total_count"] == 4
