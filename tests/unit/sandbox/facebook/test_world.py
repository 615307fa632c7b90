from dataclasses import replace

import pytest

from sandbox.facebook.world import World

PAGE_ID = "371000000000001"
POST = f"{PAGE_ID}_1"


def test_a_deleted_comment_takes_its_replies_with_it(world: World) -> None:
    like = world.comment("1_2")
    assert like is not None
    world.put_comment(replace(like, id="1_6", parent="1_2"))
    world.remove_comment("1_1")
    assert [comment.id for comment in world.comments(POST)] == ["1_3", "1_4", "1_5"]
    assert world.comment("1_6") is None


def test_a_deleted_post_takes_its_comments_with_it(world: World) -> None:
    world.remove_post(POST)
    assert world.comments(POST) == []
    assert world.comment("1_1") is None
    assert POST not in world.posts


def test_an_edit_leaves_a_comment_in_its_place(world: World) -> None:
    world.change_comment("1_2", message="qoraal cusub", like_count=7)
    edited = world.listed(POST, "stream").items[1]
    assert (edited.id, edited.message, edited.like_count) == ("1_2", "qoraal cusub", 7)


def test_what_is_not_there_cannot_be_changed(world: World) -> None:
    with pytest.raises(KeyError):
        world.change_comment("1_77", message="haa")


def test_comments_of_one_second_keep_the_order_in_which_they_came(world: World) -> None:
    for comment in world.comments(POST):
        world.change_comment(comment.id, created_at=world.posts[POST].created_at)
    assert [comment.id for comment in world.listed(POST, "stream").items] == ["1_1", "1_2", "1_3", "1_4", "1_5"]


def test_an_order_that_was_asked_for_is_kept_until_something_changes(world: World) -> None:
    first = world.listed(POST, "stream")
    assert world.listed(POST, "stream") is first
    world.remove_comment("1_4")
    assert [comment.id for comment in world.listed(POST, "stream").items] == ["1_1", "1_2", "1_3", "1_5"]


def test_a_new_reply_is_among_those_of_its_comment(world: World) -> None:
    first, second = world.comment("1_1"), world.comment("1_2")
    assert first is not None
    assert second is not None
    assert [reply.id for reply in world.replies(first).items] == ["1_2"]
    world.put_comment(replace(second, id="1_6"))
    assert [reply.id for reply in world.replies(first).items] == ["1_2", "1_6"]
