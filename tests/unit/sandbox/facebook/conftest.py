from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.facebook.model import App, Attachment, Comment, Page, Person, Post, Token
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

START = datetime(2025, 9, 6, 10, 11, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
PAGE_ID, OTHER_PAGE_ID, APP_ID = "371000000000001", "371000000000002", "900100"
TOKEN, USER_TOKEN = "page-token", "user-token"
APP_TOKEN = f"{APP_ID}|secret"
PHOTO_POST, REEL_POST, OTHER_PAGES_POST = f"{PAGE_ID}_1", f"{PAGE_ID}_2", f"{OTHER_PAGE_ID}_9"
REEL = "5500"

Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def comment(number: int, **given: Any) -> Comment:
    """A comment on the post with a photo, so many minutes after the start."""
    defaults: dict[str, Any] = {
        "post": PHOTO_POST,
        "message": f"qoraal {number}",
        "author": Person(f"70{number}", f"Qof {number}"),
    }
    return Comment(f"1_{number}", **(defaults | {"created_at": at(number)} | given))


@pytest.fixture
def world() -> World:
    """A page with two posts, the older of which has five comments, and another page."""
    photo = Attachment("photo", "photo", "88", "https://www.facebook.com/88", "https://www.facebook.com/88")
    return World(
        apps=[App(APP_ID, "Radio", "secret")],
        tokens=[Token(TOKEN, APP_ID, PAGE_ID), Token(USER_TOKEN, APP_ID, None, kind="USER")],
        pages=[Page(PAGE_ID, "Geedka", "GeedkaRadio"), Page(OTHER_PAGE_ID, "Beeraha")],
        posts=[
            Post(
                PHOTO_POST,
                PAGE_ID,
                at(0),
                "Su'aal #1",
                attachments=(photo,),
                reactions={"LIKE": 5, "LOVE": 2},
                share_count=3,
                metrics={"post_media_view": 120},
            ),
            Post(REEL_POST, PAGE_ID, at(60), video=REEL, metrics={"blue_reels_play_count": 44}),
            Post(OTHER_PAGES_POST, OTHER_PAGE_ID, at(30), "Salaan"),
        ],
        comments=[
            comment(1),
            comment(2, parent="1_1", like_count=4),
            comment(3, author=None),
            comment(4, message="", attachment=Attachment("sticker", "sticker", "77")),
            comment(5, visibility="filtered"),
        ],
    )


@pytest.fixture
def serve(world: World) -> Iterator[Serve]:
    with ExitStack() as running:

        def started(**options: Any) -> FacebookServer:
            options = {"clock": lambda: NOW} | options
            return running.enter_context(FacebookServer(options.pop("world", world), **options))

        yield started


@pytest.fixture
def get() -> Iterator[Get]:
    """A GET of one client, which keeps its connection: of a path, or of a URL."""
    with requests.Session() as session:

        def got(server: FacebookServer, target: str, *, token: str | None = TOKEN, **parameters: Any) -> Any:
            url = target if target.startswith("http") else f"{server.url}/v26.0/{target}"
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            return session.get(url, params=parameters, headers=headers, timeout=600)

        yield got
