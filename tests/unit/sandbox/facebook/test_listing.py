"""How a client walks through a list, and what may be wrong with its pages."""

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.facebook.faults import Change, Fault
from sandbox.facebook.model import Comment
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID = "371000000000001"
POST = f"{PAGE_ID}_1"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]
Walk = Callable[..., list[list[int]]]


@pytest.fixture
def walk(get: Get) -> Walk:
    """The numbers of a post's comments, page by page, by the links from each to the next."""

    def walked(server: FacebookServer, most_pages: int = 20, **query: Any) -> list[list[int]]:
        answer = get(server, f"{POST}/comments", **({"filter": "stream", "limit": 2} | query)).json()
        pages = []
        while True:
            pages.append([int(each["id"].partition("_")[2]) for each in answer["data"]])
            link = answer.get("paging", {}).get("next")
            if link is None or len(pages) == most_pages:
                return pages
            answer = get(server, link).json()

    return walked


def test_a_page_is_shorter_by_what_is_not_shown(serve: Serve, walk: Walk, world: World) -> None:
    assert walk(serve()) == [[1, 2], [3, 4], []]
    world.change_comment("1_2", visibility="hidden")
    assert walk(serve()) == [[1], [3, 4], []]


def test_links_hold_the_token_and_what_was_asked(serve: Serve, get: Get) -> None:
    server = serve()
    page = get(server, f"{POST}/comments", filter="stream", limit=2, fields="id").json()
    assert set(page["paging"]) == {"cursors", "next"}
    link = urlsplit(page["paging"]["next"])
    assert link.path == f"/v26.0/{POST}/comments"
    assert parse_qs(link.query) == {
        "access_token": ["page-token"],
        "filter": ["stream"],
        "limit": ["2"],
        "fields": ["id"],
        "after": [page["paging"]["cursors"]["after"]],
    }
    second = get(server, page["paging"]["next"]).json()
    assert get(server, second["paging"]["previous"]).json()["data"] == [{"id": "1_1"}, {"id": "1_2"}]
    alone = get(server, f"{POST}/comments", filter="stream", limit=2, after=page["paging"]["cursors"]["after"]).json()
    assert [each["id"] for each in alone["data"]] == ["1_3", "1_4"]


def test_a_limit_above_the_largest_is_taken_for_it(serve: Serve, get: Get, world: World) -> None:
    like = world.comment("1_1")
    assert like is not None
    for number in range(100, 220):
        world.put_comment(Comment(f"1_{number}", POST, like.created_at, "haa"))
    server = serve()
    assert len(get(server, f"{POST}/comments", limit=5000).json()["data"]) == 100
    assert len(get(server, f"{POST}/comments").json()["data"]) == 25


def test_a_cursor_dies_with_its_comment(serve: Serve, get: Get, world: World) -> None:
    server = serve()
    link = get(server, f"{POST}/comments", filter="stream", limit=2).json()["paging"]["next"]
    world.remove_comment("1_2")
    refused = get(server, link)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    ("fault", "pages"),
    [
        (Fault("short", "comments", times=2), [[1], [2], [3, 4], []]),
        (Fault("empty", "comments"), [[], [1, 2], [3, 4], []]),
        (Fault("empty", "comments", times=3, after_requests=1), [[1, 2], [], [], [], [3, 4], []]),
        (Fault("overlap", "comments", after_requests=1), [[1, 2], [2, 3, 4], []]),
        (Fault("repeat", "comments", after_requests=2), [[1, 2], [3, 4], [], [1, 2], [3, 4], []]),
        (Fault("repeat", "comments"), [[1, 2], [3, 4], []]),  # not at the end of the list
        (Fault("loop", "comments", after_requests=1, times=2), [[1, 2], [3, 4], [3, 4], [3, 4], []]),
        (Fault("loop", "comments", times=math.inf), [[1, 2]] * 20),
        (Fault("loop", "posts", times=math.inf), [[1, 2], [3, 4], []]),
    ],
)
def test_pages_may_go_wrong(serve: Serve, walk: Walk, fault: Fault, pages: list[list[int]]) -> None:
    assert walk(serve(faults=[fault])) == pages


def test_empty_pages_never_have_the_same_link(serve: Serve, get: Get) -> None:
    server = serve(faults=[Fault("empty", "comments", times=3)])
    links = [f"{POST}/comments?filter=stream"]
    for _ in range(3):
        answer = get(server, links[-1]).json()
        assert answer["data"] == []
        links.append(answer["paging"]["next"])
    assert len(set(links)) == 4


def test_the_world_changes_between_two_pages(serve: Serve, walk: Walk, world: World) -> None:
    changes = [
        Change("comments", lambda world: world.remove_comment("1_3")),
        Change("comments", lambda world: world.put_comment(Comment("1_9", POST, world.posts[POST].created_at, "haa"))),
    ]
    assert walk(serve(changes=changes)) == [[1, 2], [4]]
    assert walk(serve()) == [[9, 1], [2, 4], []]
