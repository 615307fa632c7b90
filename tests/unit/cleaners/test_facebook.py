import json

import polars as pl

from pipeline_lib.cleaners import clean


def post(*types: str | None) -> str:
    return json.dumps(
        {"id": "1_2", "attachments": {"data": [{} if kind is None else {"type": kind} for kind in types]}}
    )


def album(*types: str) -> str:
    inner = {"data": [{"type": kind} for kind in types]}
    return json.dumps({"id": "1_2", "attachments": {"data": [{"type": "album", "subattachments": inner}]}})


def test_a_comment_without_parent_answers_the_post() -> None:
    parents = pl.Series(["{}", " { } ", '{"id": "1_2"}', '{"from": {}}', "", "null", "[]", "{", None])
    assert clean("facebook.comment_reply_to", parents).to_list() == [
        *("post", "post", "comment", "comment"),
        *(None, None, None, None, None),
    ]


def test_a_post_is_of_the_kind_that_all_its_attachments_are_of() -> None:
    posts = {
        post("photo"): "photo",
        post("photo", "photo"): "photo",
        post("video_inline"): "video",
        post("video_direct_response"): "video",
        post("video_inline", "video_direct_response"): "video",
        post("photo", "video_inline"): None,
        post("album"): None,
        album("photo", "photo"): "photo",
        album("photo", "video_inline"): None,
        album(): None,
        post("photo", "share"): None,
        post("event"): None,
        post("native_templates"): None,
        post("photo", None): None,
        post(): None,
        '{"id": "1_2"}': None,
        '{"attachments": []}': None,
        '{"attachments": {"data": ["photo"]}}': None,
        '{"attachments": {"data": [{"type": ["photo"]}]}}': None,
        '"photo"': None,
        '{"attachments"': None,
        "[" * 100_000: None,
        "": None,
    }
    assert dict(zip(posts, clean("facebook.post_type", pl.Series(list(posts))), strict=True)) == posts


def test_the_words_of_a_post_do_not_decide_its_kind() -> None:
    described = {
        "attachments": {"data": [{"type": "photo", "description": '"type": "video_inline"', "media": {"type": "x"}}]}
    }
    assert clean("facebook.post_type", pl.Series([json.dumps(described)])).to_list() == ["photo"]
