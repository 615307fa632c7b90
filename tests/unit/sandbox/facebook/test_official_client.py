"""Meta's own client reads everything, so that the server is not only our reading of the protocol."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import requests
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from sandbox.facebook import errors
from sandbox.facebook.faults import Fault
from sandbox.facebook.model import Comment
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID, TOKEN = "371000000000001", "page-token"
POST, REEL_POST = f"{PAGE_ID}_1", f"{PAGE_ID}_2"
Serve = Callable[..., FacebookServer]

pytestmark = [  # it looks at names and types, complains, and sends what it was given
    pytest.mark.filterwarnings("ignore:value of .* might not be compatible:UserWarning"),
    pytest.mark.filterwarnings("ignore:.* does not allow field:UserWarning"),
]
Api = Callable[..., FacebookAdsApi]


@pytest.fixture
def api() -> Api:
    def connected(server: FacebookServer, token: str = TOKEN) -> FacebookAdsApi:
        session = FacebookSession(access_token=token)
        session.GRAPH = server.url
        return FacebookAdsApi(session, api_version="v26.0")

    return connected


def test_it_reads_a_page(serve: Serve, api: Api) -> None:
    page = Page(PAGE_ID, api=api(serve())).api_get(fields=["name", "username", "fan_count"])
    assert (page["name"], page["username"], page["fan_count"]) == ("Geedka", "GeedkaRadio", 5000)


@pytest.mark.parametrize("edge", ["get_feed", "get_posts", "get_published_posts"])
def test_it_reads_posts_page_by_page(serve: Serve, api: Api, edge: str) -> None:
    server = serve()
    fields = [PagePost.Field.message, PagePost.Field.created_time, PagePost.Field.shares, "attachments{type}"]
    posts = list(getattr(Page(PAGE_ID, api=api(server)), edge)(fields=fields, params={"limit": 1}))
    assert [post["id"] for post in posts] == [REEL_POST, POST]
    assert posts[1]["shares"] == {"count": 3}
    assert posts[1]["attachments"]["data"] == [{"type": "photo"}]
    assert server.request_counts() == {"posts": 2}


def test_it_reads_comments_page_by_page(serve: Serve, api: Api, world: World) -> None:
    for number in range(100, 340):
        world.put_comment(Comment(f"1_{number}", POST, world.posts[POST].created_at, "haa"))
    params = {"filter": "stream", "order": "chronological", "limit": 100}
    server = serve()
    comments = PagePost(POST, api=api(server)).get_comments(fields=["message", "from", "parent"], params=params)
    read = list(comments)
    assert len(read) == 244
    assert (read[-4]["message"], read[-4]["from"]) == ("qoraal 1", {"name": "Qof 1", "id": "701"})
    assert read[-3]["parent"]["id"] == "1_1"
    assert server.request_counts() == {"comments": 3}


def test_it_counts_comments(serve: Serve, api: Api) -> None:
    params = {"filter": "stream", "summary": "total_count", "limit": 1}
    comments = PagePost(POST, api=api(serve())).get_comments(params=params)
    assert comments.total() == 5


def test_it_reads_metrics(serve: Serve, api: Api) -> None:
    server = serve()
    metrics = PagePost(POST, api=api(server)).get_insights(params={"metric": ["post_media_view", "post_clicks"]})
    assert {metric["name"]: metric["values"] for metric in metrics} == {
        "post_media_view": [{"value": 120}],
        "post_clicks": [{"value": 0}],
    }
    with pytest.raises(FacebookRequestError) as refused:
        list(PagePost(POST, api=api(server)).get_insights(params={"metric": ["post_media_view", "post_impressions"]}))
    assert (refused.value.http_status(), refused.value.api_error_code()) == (400, 100)


def test_it_is_led_round_in_circles(serve: Serve, api: Api) -> None:
    server = serve(faults=[Fault("loop", "comments", times=math.inf)])
    comments = PagePost(POST, api=api(server)).get_comments(params={"filter": "stream", "limit": 2})
    seen = [next(comments)["id"] for _ in range(4)]
    assert set(seen) <= {"1_1", "1_2", "1_3", "1_4"}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.BUSINESS_THROTTLED, (400, 80001, 2446079, False)),
        (errors.APP_THROTTLED, (403, 4, None, True)),
        (errors.UNAVAILABLE, (500, 2, None, True)),
        (errors.TOKEN_DEAD[460], (400, 190, 460, False)),
        (errors.PERMISSION_NEEDED, (403, 10, None, False)),
    ],
)
def test_it_understands_every_refusal(serve: Serve, api: Api, error: errors.GraphError, expected: Any) -> None:
    server = serve(faults=[Fault("error", "page", error=error)])
    with pytest.raises(FacebookRequestError) as refused:
        Page(PAGE_ID, api=api(server)).api_get()
    told = refused.value
    assert (told.http_status(), told.api_error_code(), told.api_error_subcode(), told.api_transient_error()) == expected


def test_it_sees_a_token_that_is_wrong_and_a_connection_that_ends(serve: Serve, api: Api) -> None:
    server = serve(faults=[Fault("cut", "page", after_requests=1)])
    with pytest.raises(FacebookRequestError) as refused:
        Page(PAGE_ID, api=api(server, "wrong")).api_get()
    assert refused.value.api_error_type() == "OAuthException"
    with pytest.raises(requests.ConnectionError):
        Page(PAGE_ID, api=api(server)).api_get()
