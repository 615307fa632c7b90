from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID = "371000000000001"
POST, REEL_POST, REEL = f"{PAGE_ID}_1", f"{PAGE_ID}_2", "5500"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def _values(answer: Any) -> dict[str, Any]:
    return {each["name"]: each["values"][0]["value"] for each in answer["data"]}


def _error(response: Any) -> tuple[int, int]:
    return response.status_code, response.json()["error"]["code"]


def test_a_metric_has_one_value_over_all_time(serve: Serve, get: Get) -> None:
    answer = get(serve(), f"{POST}/insights", metric="post_media_view", period="lifetime").json()
    assert answer["data"][0] == {
        "name": "post_media_view",
        "period": "lifetime",
        "values": [{"value": 120}],
        "title": "Post media view",
        "description": "",
        "id": f"{POST}/insights/post_media_view/lifetime",
    }


@pytest.mark.parametrize("metric", ["post_media_view,post_reactions_love_total", '["post_media_view","post_clicks"]'])
def test_several_metrics_may_be_asked_at_once(serve: Serve, get: Get, metric: str) -> None:
    values = _values(get(serve(), f"{POST}/insights", metric=metric).json())
    assert values in (
        {"post_media_view": 120, "post_reactions_love_total": 2},
        {"post_media_view": 120, "post_clicks": 0},
    )


def test_reactions_by_type_are_an_object(serve: Serve, get: Get) -> None:
    answer = get(serve(), f"{POST}/insights", metric="post_reactions_by_type_total").json()
    assert _values(answer) == {"post_reactions_by_type_total": {"like": 5, "love": 2}}


@pytest.mark.parametrize(
    "metric", ["post_engaged_users", "post_impressions", "nothing", "post_media_view,nothing", "", "[x"]
)
def test_one_wrong_metric_is_an_error_for_all(serve: Serve, get: Get, metric: str) -> None:
    assert _error(get(serve(), f"{POST}/insights", metric=metric)) == (400, 100)


@pytest.mark.parametrize(
    ("metric", "last_day"),
    [
        ("post_engaged_users", datetime(2024, 3, 13, tzinfo=UTC)),
        ("post_impressions", datetime(2025, 11, 14, tzinfo=UTC)),
        ("post_impressions_unique", datetime(2026, 6, 14, tzinfo=UTC)),
    ],
)
def test_metrics_ended_on_their_days(serve: Serve, get: Get, metric: str, last_day: datetime) -> None:
    now = [last_day.timestamp()]
    server = serve(clock=lambda: now[0])
    assert get(server, f"{POST}/insights", metric=metric).status_code == 200
    now[0] += 24 * 3600
    assert _error(get(server, f"{POST}/insights", metric=metric)) == (400, 100)


@pytest.mark.parametrize("path", [REEL, REEL_POST])
def test_a_reel_has_video_insights_alone(serve: Serve, get: Get, path: str) -> None:
    server = serve()
    assert _error(get(server, f"{path}/insights", metric="post_media_view")) == (400, 100)
    every = _values(get(server, f"{path}/video_insights").json())
    assert (every["blue_reels_play_count"], len(every)) == (44, 8)
    one = get(server, f"{path}/video_insights", metric="blue_reels_play_count").json()["data"]
    assert [each["id"] for each in one] == [f"{REEL}/video_insights/blue_reels_play_count/lifetime"]
    assert _error(get(server, f"{POST}/video_insights")) == (400, 100)


def test_a_page_that_few_like_has_no_metrics(serve: Serve, get: Get, world: World) -> None:
    world.pages[PAGE_ID] = replace(world.pages[PAGE_ID], fan_count=99)
    assert get(serve(), f"{POST}/insights", metric="post_media_view").json() == {"data": []}
    assert get(serve(), f"{POST}/insights", metric="post_media_view", period="day").json() == {"data": []}


@pytest.mark.parametrize("lost", [{"scopes": ("pages_read_engagement",)}, {"tasks": ("MODERATE",)}])
def test_metrics_need_a_permission_and_a_task(serve: Serve, get: Get, world: World, lost: dict[str, Any]) -> None:
    world.change_token("page-token", **lost)
    assert _error(get(serve(), f"{POST}/insights", metric="post_media_view")) == (403, 200)
