from collections import Counter
from collections.abc import Callable

import requests

from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import MATCH, OTHER_PAGE, PAGE, TOKEN, synthetic_world
from sandbox.facebook.world import World

Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def _comments(world: World) -> list[object]:
    return [comment for post in world.posts for comment in world.comments(post)]


def test_the_same_arguments_give_the_same_world() -> None:
    assert _comments(synthetic_world(200)) == _comments(synthetic_world(200))
    assert synthetic_world(200).posts == synthetic_world(200).posts
    assert _comments(synthetic_world(200)) != _comments(synthetic_world(200, seed=2))


def test_there_are_posts_of_every_kind() -> None:
    posts = [post for post in synthetic_world().posts.values() if post.page == PAGE.id]
    kinds = Counter(attached.type for post in posts for attached in post.attachments)
    assert set(kinds) == {
        "photo", "video_inline", "album", "share", "event", "native_templates", "video_direct_response", "hologram",
    }  # fmt: skip
    assert [len(post.attachments[0].subattachments) for post in posts if post.attachments][2] == 3
    assert sum(not post.attachments for post in posts) == 3
    assert sum(post.video is not None for post in posts) == 1


def test_there_are_comments_of_every_kind() -> None:
    world = synthetic_world()
    comments = [comment for post in world.posts for comment in world.comments(post)]
    assert len(comments) == 1000
    assert len({comment.id for comment in comments}) == 1000
    assert {comment.visibility for comment in comments} == {"visible", "hidden", "filtered"}
    for share in (
        sum(comment.parent is not None for comment in comments),
        sum(comment.author is None for comment in comments),
        sum(comment.attachment is not None and comment.message == "" for comment in comments),
    ):
        assert 10 < share < 400


def test_a_page_is_read_to_its_end(serve: Serve, get: Get) -> None:
    world = synthetic_world(2500, post_count=3)
    server = serve(world=world)
    url: str | None = f"{PAGE.id}/published_posts?fields=message"
    posts = get(server, url, token=TOKEN).json()["data"]
    assert all(MATCH in post["message"] for post in posts)
    read = set()
    for post in posts:
        url = f"{post['id']}/comments?filter=stream&limit=100&fields=id"
        while url:
            page = get(server, url, token=TOKEN).json()
            read |= {comment["id"] for comment in page["data"]}
            url = page.get("paging", {}).get("next")
    assert read == {
        comment.id for post in world.posts for comment in world.comments(post) if comment.visibility == "visible"
    }
    assert get(server, OTHER_PAGE.id, token=TOKEN).json()["error"]["code"] == 10
