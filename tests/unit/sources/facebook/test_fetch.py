"""Fetches of a page, one after the other, while people write, edit and delete."""

import logging
import math
from datetime import timedelta
from typing import Any

import orjson
import pytest

from pipeline_lib.errors import ConfigError, DataError, FatalSourceError, RetriableSourceError
from pipeline_lib.model.shrink_limit import ShrinkLimit
from pipeline_lib.sources.forget_queues import participants_to_forget
from sandbox.facebook.errors import GraphError
from sandbox.facebook.faults import Change, Fault
from sandbox.facebook.model import Attachment, Comment, Person, Post, Token
from sandbox.facebook.synthetic import APP, MATCH, OTHER_PAGE, PAGE, TOKEN
from tests.step_counts import the_count
from tests.unit.sources.facebook.page import NOW, PLACE, SEARCH, START, Fetcher, no_advanced_access

GONE = "the post is not there any more, or not to be seen; what was read of it before stays"
NO_AUTHOR = "Facebook does not tell who wrote it"


def test_a_comment_has_the_fields_that_the_predecessors_gave_it_but_for_its_author(fetcher: Fetcher) -> None:
    post = fetcher.written.post("#GeedkaHoostiisa", "photo")
    first = fetcher.written.comment(post, "waa nabad", attachment=Attachment("sticker"))
    fetcher.written.comment(post, "haa", author=2, parent=first)
    fetcher.fetch()
    at_post = {"id": f"{PAGE.id}_00001", "attachments": {"data": [{"type": "photo"}]}}
    assert fetcher.lines() == [
        {
            "avf_facebook_id": fetcher.participant(1),
            "fb.id": "00001_000001",
            "fb.created_time": "2025-10-06T10:01:00+00:00",
            "fb.message": "waa nabad",
            "fb.parent": {},
            "fb.post": at_post,
            "fb.attachments": {"data": [{"type": "sticker"}]},
        },
        {
            "avf_facebook_id": fetcher.participant(2),
            "fb.id": "00001_000002",
            "fb.created_time": "2025-10-06T10:02:00+00:00",
            "fb.message": "haa",
            "fb.parent": {"id": "00001_000001"},
            "fb.post": at_post,
        },
    ]
    assert fetcher.participant(1).startswith("avf-facebook-uuid-")


def test_the_newest_post_comes_first_and_its_comments_by_time(fetcher: Fetcher) -> None:
    older, newer = fetcher.written.post(), fetcher.written.post()
    fetcher.written.comment(older, "a")
    late = fetcher.written.comment(newer, "c")
    fetcher.written.comment(newer, "b")
    fetcher.world.change_comment(late, created_at=START + timedelta(days=40))
    fetcher.fetch()
    assert fetcher.texts() == ["b", "c", "a"]


def test_posts_are_found_by_their_text_and_their_time_and_by_id(fetcher: Fetcher) -> None:
    named = fetcher.written.post("some #GeedkaHoostiisa text")
    by_id = fetcher.written.post("another text")
    for message in ("#geedkahoostiisa", None):
        fetcher.written.comment(fetcher.written.post(message), "of a post with another text")
    late = fetcher.written.post("#GeedkaHoostiisa")
    fetcher.written.comment(late, "of a post that is too late")
    fetcher.written.comment(named, "named")
    fetcher.written.comment(by_id, "by id")
    search = {**SEARCH, "EndDate": (START + timedelta(days=5)).isoformat()}
    fetcher.fetch(Datasets=[{"Name": "fb", "PostIDs": ["00002"], "Search": search}])
    assert fetcher.texts() == ["by id", "named"]


def test_a_second_fetch_with_nothing_new_costs_a_request_a_hundred_comments_and_four_in_all(fetcher: Fetcher) -> None:
    posts = [fetcher.written.post() for _ in range(3)]
    for number in range(250):
        fetcher.written.comment(posts[0], author=number)
    first = fetcher.fetch()
    fetcher.requested()
    second = fetcher.fetch()
    assert fetcher.requested() == {"debug_token": 1, "me": 1, "page": 1, "posts": 1, "comments": 3 + 1 + 1}
    assert [file.is_unchanged for file in (*first.files, *second.files)] == [False, True]
    assert first.files[0].fingerprint == second.files[0].fingerprint


def test_an_edit_is_counted_and_traced(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post, "waa nabad")
    fetcher.written.comment(post, "haa")
    fetcher.fetch()
    fetcher.world.change_comment(comment, message="waa dagaal")
    assert fetcher.counts(fetcher.fetch())["comments_edited_since_last_fetch"] == 1
    again = fetcher.counts(fetcher.fetch(now=NOW + timedelta(days=1)))
    assert "comments_edited_since_last_fetch" not in again
    assert again["comments_edited_ever"] == 1
    edited, other = fetcher.lines()
    assert [update["Data"].get("fb.message") for update in edited] == ["waa dagaal", "waa nabad"]
    assert edited[0]["Metadata"] == {"Source": "edit", "User": "Facebook", "Timestamp": "2026-11-29T12:00:00+00:00"}
    assert other["fb.message"] == "haa"


def test_a_comment_that_is_twice_missing_is_deleted_and_who_wrote_it_to_be_forgotten(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post, "kanaari", author=1)
    fetcher.written.comment(post, "kanaari too", author=1)
    fetcher.written.comment(post, "haa", author=2)
    fetcher.fetch()
    fetcher.world.remove_comment(comment)
    fetcher.fetch()
    assert fetcher.texts() == ["kanaari", "kanaari too", "haa"]
    assert fetcher.forgotten() == []
    counts = fetcher.counts(fetcher.fetch())
    assert counts["comments_deleted"] == 1
    assert fetcher.texts() == ["kanaari too", "haa"]
    assert [line.get("deleted_contact") for line in fetcher.lines()] == [True, None]
    assert fetcher.forgotten() == [(comment, [fetcher.participant(1)])]
    assert participants_to_forget(fetcher.storage) == {fetcher.participant(1)}
    fetcher.fetch()
    assert len(fetcher.forgotten()) == 1


def test_a_comment_that_comes_back_is_not_deleted(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post, "waa nabad")
    fetcher.written.comment(post, "haa")
    fetcher.fetch()
    fetcher.world.change_comment(comment, visibility="hidden")
    fetcher.fetch()
    fetcher.world.change_comment(comment, visibility="visible")
    fetcher.fetch()
    fetcher.world.change_comment(comment, visibility="hidden")
    fetcher.fetch()
    assert fetcher.texts() == ["waa nabad", "haa"]
    assert fetcher.forgotten() == []


def test_an_answer_that_went_with_what_it_answers_is_gone_and_its_author_is_not_forgotten(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    asked = fetcher.written.comment(post, "waa nabad", author=1)
    fetcher.written.comment(post, "haa", author=2, parent=asked)
    for text in ("maya", "maya haa"):
        fetcher.written.comment(post, text, author=3)
    fetcher.fetch()
    fetcher.world.remove_comment(asked)
    for _ in range(2):
        fetcher.fetch()
    assert fetcher.texts() == ["maya", "maya haa"]
    assert fetcher.forgotten() == [(asked, [fetcher.participant(1)])]


def test_the_page_is_not_forgotten_when_it_deletes_what_it_wrote(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    own = fetcher.written.comment(post, "mahadsanid", author=None)
    fetcher.written.comment(post, "soo dhawow", author=None)
    result = fetcher.fetch()
    assert fetcher.counts(result)["comments_by_page"] == 2
    fetcher.world.remove_comment(own)
    for _ in range(2):
        fetcher.fetch()
    assert fetcher.texts() == ["soo dhawow"]
    assert fetcher.forgotten() == []


def test_nobody_is_forgotten_for_what_a_token_with_fewer_permissions_does_not_show(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comments = [fetcher.written.comment(post, author=number) for number in range(1, 4)]
    fetcher.fetch()
    fetcher.world.change_token(TOKEN, scopes=("pages_read_engagement", "pages_read_user_content"))
    for comment in comments[:2]:
        fetcher.world.change_comment(comment, visibility="filtered")
    for _ in range(3):
        fetcher.fetch()
    assert (len(fetcher.lines()), fetcher.forgotten()) == (3, [])


def test_nobody_is_forgotten_when_meta_counts_comments_and_shows_none(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comments = [fetcher.written.comment(post, author=number) for number in range(1, 4)]
    fetcher.fetch()
    for comment in comments:
        fetcher.world.change_comment(comment, visibility="filtered")
    for _ in range(3):
        counts = fetcher.counts(fetcher.fetch())
    assert counts["comments_not_shown"] == 3
    assert (len(fetcher.lines()), fetcher.forgotten()) == (3, [])


def test_comments_that_are_counted_and_not_shown_are_told_of(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    fetcher.written.comment(post)
    fetcher.written.comment(post, visibility="filtered")
    counts = fetcher.counts(fetcher.fetch())
    assert (counts["comments_counted_by_meta"], counts["comments_shown"]) == (2, 1)
    assert counts["comments_not_shown"] == 1


def test_comments_without_an_author_are_set_aside_and_too_many_stop_the_fetch(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post)
    fetcher.written.comment(post, author=None)
    no_advanced_access(fetcher)
    with pytest.raises(DataError) as raised:
        fetcher.fetch()
    assert str(raised.value) == (
        f"{PLACE}: 1 of its 2 comments cannot be used: 1 x {NO_AUTHOR}; at most 1.0% may be (QuarantineShareLimit); "
        'the run\'s Quarantine lists them; have the app get Advanced Access, or write "Authors": "unknown" '
        "(docs/facebook.md, Who wrote)"
    )
    assert not fetcher.storage.exists(f"runs/today/Raw Data/fb_{PAGE.username}.jsonl")
    fetcher.limit = 0.5
    fetcher.fetch()
    assert fetcher.quarantine() == [(post, comment, NO_AUTHOR)]
    fetcher.world.change_app(APP.id, has_advanced_access=True)
    fetcher.limit = 0.0
    fetcher.fetch()
    assert (len(fetcher.lines()), fetcher.quarantine()) == (2, [])


def test_who_wrote_stays_known_when_facebook_does_not_tell_it_any_more(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post, "waa nabad")
    fetcher.fetch()
    no_advanced_access(fetcher)
    fetcher.world.change_comment(comment, message="waa dagaal")
    fetcher.fetch()
    assert [update["Data"].get("fb.message") for update in fetcher.lines()[0]] == ["waa dagaal", "waa nabad"]


def test_with_unknown_authors_every_comment_is_a_participant_of_its_own(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    for author in (1, 1, 2, None):
        fetcher.written.comment(post, author=author)
    result = fetcher.fetch(Authors="unknown")
    participants = [line["avf_facebook_id"] for line in fetcher.lines()]
    assert len(set(participants)) == 4
    assert fetcher.counts(result)["comments_of_unknown_authors"] == 3
    no_advanced_access(fetcher)
    fetcher.fetch(Authors="unknown")
    assert [line["avf_facebook_id"] for line in fetcher.lines()] == participants
    with pytest.raises(DataError, match="3 of its 4 comments cannot be used"):
        fetcher.fetch()


def test_an_author_of_two_pages_is_one_participant_where_facebook_knows_them_by_one_id(fetcher: Fetcher) -> None:
    world, token = fetcher.world, "EAAother"
    fetcher.written.comment(fetcher.written.post(), author=1)
    fetcher.fetch()
    world.tokens[token] = Token(token, APP.id, OTHER_PAGE.id)
    there = Post(f"{OTHER_PAGE.id}_1", OTHER_PAGE.id, START, MATCH)
    world.put_post(there)
    for number, author in enumerate((1, 2), start=1):
        world.put_comment(Comment(f"1_{number}", there.id, START, "haa", Person(f"7{author:015}", "Qof")))
    fetcher.fetch(token=token, PageID=OTHER_PAGE.id)
    here, (first, second) = fetcher.lines(), fetcher.lines(f"fb_{OTHER_PAGE.id}")
    assert first["avf_facebook_id"] == here[0]["avf_facebook_id"] == fetcher.participant(1)
    assert second["avf_facebook_id"] == fetcher.participant(2) != fetcher.participant(1)


def test_an_accounts_id_is_never_taken_for_a_phone_number(fetcher: Fetcher) -> None:
    phone = fetcher.table.uuids(["7000000000000001"])
    fetcher.written.comment(fetcher.written.post(), author=1)
    fetcher.fetch()
    assert fetcher.lines()[0]["avf_facebook_id"] not in phone.values()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"left_out": frozenset({"created_time"})}, "comment has no time that can be read"),
        ({"left_out": frozenset({"message"})}, "comment has neither a message nor an attachment"),
        ({"message": None}, "comment has neither a message nor an attachment"),
    ],
)
def test_a_comment_that_cannot_be_used_is_set_aside_and_the_others_are_not(
    fetcher: Fetcher, changes: dict[str, Any], reason: str
) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post)
    fetcher.world.change_comment(comment, **changes)
    fetcher.written.comment(post, "haa")
    fetcher.limit = 0.5
    result = fetcher.fetch()
    assert fetcher.texts() == ["haa"]
    assert fetcher.quarantine() == [(post, comment, reason)]
    assert result.files[0].quarantined_counts == {reason: 1}


def test_half_a_character_of_a_comment_costs_itself_only_and_is_counted(fetcher: Fetcher) -> None:
    """Meta cuts emoji, too."""
    post = fetcher.written.post()
    comment = fetcher.written.comment(post)
    fetcher.written.comment(post, "haa")
    fetcher.world.change_comment(comment, message="biyo \ud83d")
    result = fetcher.fetch()
    assert sorted(fetcher.texts()) == ["biyo \ufffd", "haa"]
    assert (result.files[0].quarantined_counts, result.files[0].replaced_count) == ({}, 1)


def test_the_older_version_stays_where_the_newest_cannot_be_used(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post, "waa nabad")
    fetcher.fetch()
    fetcher.world.change_comment(comment, message=None)
    fetcher.limit = 1.0
    counts = fetcher.counts(fetcher.fetch())
    assert counts["comments_in_older_version"] == 1
    assert (fetcher.texts(), len(fetcher.quarantine())) == (["waa nabad"], 1)


def test_a_picture_without_a_text_is_a_comment(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comment = fetcher.written.comment(post, attachment=Attachment("photo"))
    fetcher.world.change_comment(comment, left_out=frozenset({"message"}))
    fetcher.fetch()
    assert [("fb.message" in line, line["fb.attachments"]) for line in fetcher.lines()] == [
        (False, {"data": [{"type": "photo"}]})
    ]


def test_a_kind_of_attachment_that_nobody_knows_is_told_as_other_and_warned_of_once(
    fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    post = fetcher.written.post("#GeedkaHoostiisa", "hologram")
    for kind in ("smell", "photo", "smell"):
        fetcher.written.comment(post, attachment=Attachment(kind))
    fetcher.fetch()
    assert [line["fb.attachments"]["data"][0]["type"] for line in fetcher.lines()] == ["other", "photo", "other"]
    assert fetcher.lines()[0]["fb.post"]["attachments"] == {"data": [{"type": "other"}]}
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [
        (
            f"{PLACE}: 3 attachments of kinds that this version does not know are stored as other; "
            "the comments are kept; ask for the kinds to be added"
        )
    ]


@pytest.mark.parametrize("kinds", [("album",), ("share",), ("event",), ("native_templates",), ("photo", "share"), ()])
def test_posts_of_all_kinds_are_read(fetcher: Fetcher, kinds: tuple[str, ...]) -> None:
    post = fetcher.written.post("#GeedkaHoostiisa")
    fetcher.world.put_post(
        Post(post, PAGE.id, START + timedelta(days=1), "#GeedkaHoostiisa", attachments=tuple(map(Attachment, kinds)))
    )
    fetcher.written.comment(post, "haa")
    fetcher.fetch()
    told = fetcher.lines()[0]["fb.post"].get("attachments", {"data": []})
    assert [each["type"] for each in told["data"]] == list(kinds)


def test_a_post_that_is_deleted_between_listing_and_reading_is_set_aside(fetcher: Fetcher) -> None:
    posts = [fetcher.written.post() for _ in range(3)]
    for post in posts:
        fetcher.written.comment(post, post)
    fetcher.server.changes.append(Change("posts", lambda world: world.remove_post(posts[1])))
    fetcher.fetch()
    assert fetcher.texts() == [posts[2], posts[0]]
    assert fetcher.quarantine() == [(posts[1], "", GONE)]


def test_what_was_read_of_a_post_stays_when_the_page_takes_it_down(fetcher: Fetcher) -> None:
    posts = [fetcher.written.post() for _ in range(2)]
    for post in posts:
        fetcher.written.comment(post, post)
    datasets = [{"Name": "fb", "Search": SEARCH}, {"Name": "by_id", "PostIDs": [posts[0]]}]
    fetcher.fetch(Datasets=datasets)
    fetcher.world.remove_post(posts[0])
    for _ in range(3):
        fetcher.fetch(Datasets=datasets)
    assert fetcher.texts() == [posts[1], posts[0]]
    assert fetcher.quarantine() == fetcher.quarantine(f"by_id_{PAGE.username}") == [(posts[0], "", GONE)]
    assert fetcher.forgotten() == []


def test_a_post_stays_a_datasets_when_its_text_is_changed_but_not_when_the_search_is(fetcher: Fetcher) -> None:
    post = fetcher.written.post("#GeedkaHoostiisa one")
    fetcher.written.comment(post, "haa")
    fetcher.fetch()
    fetcher.world.put_post(Post(post, PAGE.id, START + timedelta(days=1), "edited"))
    fetcher.fetch()
    assert fetcher.texts() == ["haa"]
    other = [{"Name": "fb", "Search": {**SEARCH, "Match": "#GeedkaHoostiisa two"}}]
    with pytest.raises(DataError) as raised:
        fetcher.fetch(Datasets=other)
    assert str(raised.value) == (
        f"{PLACE}.Datasets[0]: had 1 comment when it was last read, and has none now; have them restored; "
        f"or, if they are gone for good, accept it once with --accept-shrink fb_{PAGE.username} or the run's parameter "
        "accept_shrink (SourceShrinkLimit: at least 50% must be there)"
    )
    assert fetcher.texts() == ["haa"]
    fetcher.shrink_limit = ShrinkLimit(accepted=frozenset({f"fb_{PAGE.username}"}))
    fetcher.fetch(Datasets=other)
    assert fetcher.texts() == []


def test_a_post_whose_comments_are_not_given_any_more_is_refused_once_they_count_as_deleted(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comments = [fetcher.written.comment(post) for _ in range(5)]
    fetcher.fetch()
    for comment in comments[:3]:
        fetcher.world.remove_comment(comment)
    fetcher.fetch()
    for _ in range(2):
        with pytest.raises(DataError, match="had 5 comments when it was last read, and has 2 now"):
            fetcher.fetch(run_folder="runs/tomorrow")
    assert not fetcher.storage.exists("runs/tomorrow")


def test_a_search_that_finds_nothing_says_what_to_look_at(fetcher: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    reason = "no post of the page has Search.Match in its text between StartDate and EndDate; capitals count"
    fetcher.fetch()
    assert (fetcher.lines(), fetcher.quarantine()) == ([], [("", "", reason)])
    assert f"{PLACE}.Datasets[0]: {reason}" in caplog.messages


def test_posts_that_are_not_there_or_another_pages_are_all_named(fetcher: Fetcher) -> None:
    with pytest.raises(ConfigError) as raised:
        fetcher.fetch(
            Datasets=[
                {"Name": "fb", "PostIDs": ["99", f"{OTHER_PAGE.id}_5"]},
                {"Name": "fb2", "PostIDs": [f"{PAGE.id}_98"]},
            ]
        )
    assert str(raised.value).splitlines() == [
        (
            f"{PLACE}.Datasets[0].PostIDs[0]: post 99 does not exist, or this page's token may not see it; "
            "correct it, or remove it"
        ),
        (
            f"{PLACE}.Datasets[0].PostIDs[1]: post {OTHER_PAGE.id}_5 belongs to another page than PageID; "
            f"remove it, or correct PageID: the ids of its posts begin with {PAGE.id}_"
        ),
        (
            f"{PLACE}.Datasets[1].PostIDs[0]: post {PAGE.id}_98 does not exist, or this page's token may not see it; "
            "correct it, or remove it"
        ),
    ]


@pytest.mark.parametrize("kind", ["loop", "repeat"])
def test_comments_that_go_in_circles_end_the_post_with_a_remark(fetcher: Fetcher, kind: Any) -> None:
    post = fetcher.written.post()
    for number in range(250):
        fetcher.written.comment(post, author=number)
    fetcher.server.faults.append(Fault(kind, "comments", times=math.inf))
    fetcher.fetch()
    assert len(fetcher.server.requests) < 20
    assert fetcher.quarantine() == [
        (post, "", "the list of the post's comments goes in circles: later ones may be missing")
    ]
    assert len(fetcher.lines()) == (200 if kind == "loop" else 250)


def test_nobody_is_forgotten_for_comments_that_a_circle_hides(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    for number in range(150):
        fetcher.written.comment(post, author=number)
    fetcher.fetch()
    fetcher.server.faults.append(Fault("loop", "comments", times=math.inf))
    for _ in range(3):
        fetcher.fetch()
    assert (len(fetcher.lines()), fetcher.forgotten()) == (150, [])


@pytest.mark.parametrize("kind", ["empty", "short", "overlap"])
def test_short_and_empty_pages_and_repeated_comments_hide_nothing(fetcher: Fetcher, kind: Any) -> None:
    post = fetcher.written.post()
    for number in range(250):
        fetcher.written.comment(post, author=number)
    fetcher.server.faults.append(Fault(kind, "comments", times=3))
    fetcher.fetch()
    assert len({line["fb.id"] for line in fetcher.lines()}) == len(fetcher.lines()) == 250


@pytest.mark.parametrize("kind", ["bad-gateway", "cut", "truncate", "early-json"])
@pytest.mark.parametrize("endpoint", ["me", "page", "debug_token", "posts", "comments"])
def test_what_fails_in_passing_is_asked_again(fetcher: Fetcher, kind: Any, endpoint: Any) -> None:
    fetcher.written.comment(fetcher.written.post(), "haa")
    fetcher.server.faults.append(Fault(kind, endpoint, times=2))
    result = fetcher.fetch()
    assert fetcher.texts() == ["haa"]
    assert the_count(result.counts, "requests_repeated") == 2


def test_posts_that_were_read_before_an_error_stay_and_the_others_are_read_next_time(fetcher: Fetcher) -> None:
    posts = [fetcher.written.post() for _ in range(3)]
    for post in posts:
        for number in range(150):
            fetcher.written.comment(post, author=number)
    fetcher.server.faults.append(Fault("cut", "comments", times=math.inf, after_requests=3))
    with pytest.raises(RetriableSourceError):
        fetcher.fetch()
    assert [len(fetcher.stored(post)) for post in posts] == [0, 0, 150]
    assert not fetcher.storage.exists(f"runs/today/Raw Data/fb_{PAGE.username}.jsonl")
    fetcher.server.faults.clear()
    fetcher.fetch()
    assert len(fetcher.lines()) == 450


def test_a_token_that_dies_in_the_middle_says_what_to_do_and_is_not_asked_again(fetcher: Fetcher) -> None:
    for _ in range(2):
        fetcher.written.comment(fetcher.written.post())
    fetcher.server.changes.append(Change("comments", lambda world: world.change_token(TOKEN, dead=463)))
    with pytest.raises(FatalSourceError) as raised:
        fetcher.fetch()
    assert str(raised.value) == (
        f"{PLACE}.TokenFileURL: {fetcher.server.host} does not accept the token any more: it answered error 190 "
        "(subcode 463) to comments; it has expired: make a new one (docs/facebook.md, The token) and put it where "
        "TokenFileURL leads"
    )
    assert fetcher.requested()["comments"] == 2


@pytest.mark.parametrize("code", [10, 100, 190, 200, 299, 368])
def test_a_refusal_that_stays_is_asked_once(fetcher: Fetcher, code: int) -> None:
    fetcher.written.comment(fetcher.written.post())
    error = GraphError(code, "kanaari")
    fetcher.server.faults.append(Fault("error", "comments", times=math.inf, error=error))
    with pytest.raises(FatalSourceError) as raised:
        fetcher.fetch()
    assert f"error {code}" in str(raised.value)
    assert "kanaari" not in str(raised.value)
    assert fetcher.requested()["comments"] == 1
    assert fetcher.waits == []


def test_the_state_of_a_post_is_written_only_where_something_changed(fetcher: Fetcher) -> None:
    post = fetcher.written.post()
    comments = [fetcher.written.comment(post, author=number) for number in range(1, 4)]
    fetcher.fetch()
    fetcher.world.remove_comment(comments[0])
    for _ in range(2):
        fetcher.fetch()
    name = f"state/raw/Facebook/{PAGE.id}/{post}/manifest.json"
    before = fetcher.storage.read_versioned(name)
    fetcher.fetch(now=NOW + timedelta(days=1))
    assert fetcher.storage.read_versioned(name) == before
    assert orjson.loads(fetcher.storage.read(name))["permissions"].startswith("pages_read_engagement ")


def test_posts_beyond_the_first_page_of_the_list_are_read_too(fetcher: Fetcher) -> None:
    posts = [fetcher.written.post() for _ in range(20)]
    for number in range(35):
        at = START + timedelta(hours=number)
        fetcher.world.put_post(Post(f"{PAGE.id}_9{number:04}", PAGE.id, at, MATCH))
    fetcher.written.comment(posts[0], "haa")
    result = fetcher.fetch()
    assert fetcher.counts(result)["posts_read"] == 55
    assert fetcher.requested()["posts"] == 3
