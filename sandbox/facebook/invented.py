"""The page of the demo's invented show: its listeners comment on what each episode asked."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from sandbox.dice import happens, weighted
from sandbox.facebook.model import Attachment, Comment, Person, Post, Token
from sandbox.facebook.synthetic import APP, MATCH, PAGE, TOKEN, attachment
from sandbox.facebook.world import World
from sandbox.listeners import audience
from sandbox.rapid_pro.people import new_name
from sandbox.runs import ACTIVATION_FLOWS, Received
from sandbox.talk import EPISODES, talk
from sandbox.timeline import PROJECT_START_AT, SECOND_SHOW_AT, message_time, soon_after
from sandbox.word_lists import word_list
from sandbox.world import SEED

if TYPE_CHECKING:
    from sandbox.listeners import Audience

COMMENT_COUNT = 400
_AIRED_AT: Mapping[str, datetime] = {EPISODES[0]: PROJECT_START_AT + timedelta(hours=6), EPISODES[1]: SECOND_SHOW_AT}
_KINDS = {"text": 92, "sticker": 4, "photo": 2, "thanks": 2}
_FIRST_NUMBER = 24_000_000_000_000


class InventedPage(NamedTuple):
    """A page, and what its listeners meant."""

    world: World
    received: Mapping[str, Received]
    """Their texts as far as Facebook shows them, by comment id; the dataset is the episode."""


def invented_page(seed: int = SEED, comment_count: int = COMMENT_COUNT) -> InventedPage:
    """A page with two posts of each episode, a picture and a reel, and so many comments by listeners.

    The same arguments give the same world. The people are others than those who send messages: Facebook knows nobody's
    number.
    """
    rng = Random(f"{seed}/{comment_count}/Facebook")  # noqa: S311 - a world is to be repeatable, not secret
    posts = {episode: list(_posts(rng, episode)) for episode in EPISODES}
    people = audience(rng, max(1, comment_count // 2))
    names = {
        listener.participant_uuid: Person(f"{7_000_000_000_000_000 + number}", new_name(rng))
        for number, listener in enumerate(people.listeners)
    }
    drafts = sorted(
        _drafts(rng, posts, people, names, comment_count), key=lambda draft: (draft[0].created_at, draft[0].id)
    )
    world = World(
        apps=[APP],
        tokens=[Token(TOKEN, APP.id, PAGE.id)],
        pages=[PAGE],
        posts=[post for each in posts.values() for post in each],
        comments=_with_replies(rng, [comment for comment, _ in drafts]),
    )
    texts = {
        comment.id: received
        for comment, received in drafts
        if comment.message and comment.author and comment.visibility == "visible"
    }
    return InventedPage(world, texts)


def _posts(rng: Random, episode: str) -> Iterator[Post]:
    question = word_list("rapid_pro")["questions"][ACTIVATION_FLOWS[episode]]
    place = EPISODES.index(episode) + 1
    picture, reel = attachment("photo", place), attachment("native_templates", place + 10, media_type="video")
    for number, attached in enumerate((picture, reel)):
        seen = rng.randint(2000, 9000)
        yield Post(
            id=f"{PAGE.id}_122{place:06}{number:06}",
            page=PAGE.id,
            created_at=_AIRED_AT[episode] + number * timedelta(hours=9),
            message=f"{question} {MATCH}",
            attachments=(attached,),
            reactions={"LIKE": rng.randint(90, 900), "LOVE": rng.randint(5, 90), "SAD": rng.randint(0, 30)},
            share_count=rng.randint(2, 40),
            metrics={
                "post_media_view": seen,
                "post_total_media_view_unique": seen * 2 // 3,
                "blue_reels_play_count": seen // 2,
                "post_impressions_unique": seen // 3,
            },
            video=attached.target if attached is reel else None,
        )


def _drafts(
    rng: Random, posts: Mapping[str, list[Post]], people: "Audience", names: Mapping[str, Person], count: int
) -> Iterator[tuple[Comment, Received]]:
    """Comments that answer no other one, in no order, and what a listener would have meant by them."""
    for number in range(_FIRST_NUMBER, _FIRST_NUMBER + count):
        episode = weighted(rng, {EPISODES[0]: 56, EPISODES[1]: 44})
        post, listener = rng.choice(posts[episode]), people.writer(rng)
        kind = weighted(rng, _KINDS)
        earliest = soon_after(rng, post.created_at)
        created_at = max(earliest, message_time(rng, episode)).replace(microsecond=0)
        answer = talk(rng, episode, listener)
        comment = Comment(
            id=f"{post.id.partition('_')[2]}_{number}",
            post=post.id,
            created_at=created_at,
            message=_message(rng, kind, answer.text),
            author=None if kind == "thanks" else names[listener.participant_uuid],
            attachment=_attached(kind, number),
            like_count=rng.choice([0, 0, 0, 1, 2, 5]),
            visibility="filtered" if happens(rng, 0.02) else "visible",
        )
        yield comment, Received(episode, answer, created_at, listener)


def _message(rng: Random, kind: str, text: str | None) -> str:
    match kind:
        case "sticker":
            return ""
        case "thanks":
            return rng.choice(["Mahadsanid!", "Waad ku mahadsan tihiin dhammaantiin."])
    return text or ""


def _attached(kind: str, number: int) -> Attachment | None:
    return attachment(kind, number) if kind in {"sticker", "photo"} else None


def _with_replies(rng: Random, comments: list[Comment]) -> Iterator[Comment]:
    """The comments, some of which answer an earlier one on the same post."""
    said: dict[str, list[str]] = {}
    for comment in comments:
        earlier = said.setdefault(comment.post, [])
        if earlier and happens(rng, 0.2):
            yield replace(comment, parent=rng.choice(earlier))
        else:
            earlier.append(comment.id)
            yield comment
