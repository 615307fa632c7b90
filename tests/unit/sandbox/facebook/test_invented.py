from collections import Counter

from sandbox.facebook.invented import invented_page
from sandbox.facebook.synthetic import MATCH, PAGE


def test_each_episode_has_a_picture_and_a_reel() -> None:
    posts = list(invented_page().world.posts.values())
    assert [(post.attachments[0].type, post.video is not None) for post in posts] == [
        ("photo", False),
        ("native_templates", True),
    ] * 2
    assert [post.created_at.isoformat() for post in posts] == [
        "2025-09-06T06:00:00+03:00",
        "2025-09-06T15:00:00+03:00",
        "2025-09-10T08:00:00+03:00",
        "2025-09-10T17:00:00+03:00",
    ]
    assert all(post.id.startswith(PAGE.id) and MATCH in str(post.message) for post in posts)


def test_listeners_comment_after_the_post_and_answer_one_another() -> None:
    world = invented_page(comment_count=300).world
    count = 0
    for post in world.posts.values():
        comments = world.comments(post.id)
        count += len(comments)
        earlier: set[str] = set()
        assert [comment.created_at for comment in comments] == sorted(comment.created_at for comment in comments)
        for comment in comments:
            assert comment.created_at > post.created_at
            assert comment.parent is None or comment.parent in earlier
            earlier.add(comment.id)
        assert any(comment.parent for comment in comments)
    assert count == 300


def test_some_comment_often_and_the_page_itself_too() -> None:
    world = invented_page().world
    comments = [comment for post in world.posts for comment in world.comments(post)]
    by_author = Counter(comment.author.id for comment in comments if comment.author)
    assert by_author.most_common(1)[0][1] > 5
    assert sum(by_author.values()) < len(comments) == 400
    assert all(comment.message for comment in comments if comment.attachment is None)


def test_what_was_meant_is_told_of_the_listeners_texts_that_facebook_shows() -> None:
    world, received = invented_page()
    comments = [comment for post in world.posts for comment in world.comments(post)]
    texts = {c.id: c.message for c in comments if c.author and c.message and c.visibility == "visible"}
    assert {id_: item.answer.text for id_, item in received.items()} == texts
    assert {item.dataset for item in received.values()} == {"s01e01_water", "s01e02_health"}
    assert all(item.answer.choices for item in received.values())
    assert all(c.created_at == received[c.id].sent_at for c in comments if c.id in received)


def test_the_same_arguments_give_the_same_page() -> None:
    first, second, other = (page.world for page in (invented_page(), invented_page(), invented_page(seed=2)))
    assert first.posts == second.posts
    (post, *_) = first.posts
    assert first.comments(post) == second.comments(post) != other.comments(post)
