"""An invented page of any size: posts of every kind, comments and replies, and what a page has beside."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from sandbox.dice import happens
from sandbox.facebook.model import App, Attachment, Comment, Page, Person, Post, Token
from sandbox.facebook.world import World

APP = App("900100200300400", "Radio demo", secret="0a11ce" * 4)
PAGE = Page("371000000000001", "Geedka Hoostiisa", "GeedkaHoostiisa")
OTHER_PAGE = Page("371000000000002", "Beeraha", "BeerahaRadio", fan_count=40)
"""A page of somebody else, which the token is not for."""
TOKEN = "EAAsandbox" + "5a4db0c5" * 5
"""The page's access token."""
USER_TOKEN = "EAAperson" + "7e577e57" * 5
"""That of a person who works on the page."""
APP_TOKEN = f"{APP.id}|{APP.secret}"
MATCH = "#GeedkaHoostiisa"
"""What the page's own posts say."""
STARTED_AT = datetime(2025, 9, 6, 10, 11, 12, tzinfo=UTC)
"""When the oldest post came out."""

_TEXTS = (
    "biyo la'aan ayaa jirta xaafadeena, ceelkii wuu gudhay oo dadku way harraadeen",
    "haa",
    "waxaan codsanayaa in naloo soo celiyo isbitaalka, dhaqtar ma joogo mahadsanid",
    "caafimaadka carruurta ayaa muhiim ah 🙏",
)
_REPLY_SHARE, _PAGE_SHARE, _STICKER_SHARE, _FILTERED_SHARE, _HIDDEN_SHARE = 0.25, 0.03, 0.04, 0.01, 0.01
_BETWEEN_POSTS = timedelta(hours=5)
_COMMENTING_SECONDS = 4 * 24 * 3600
_REEL = "native_templates"


def synthetic_world(comment_count: int = 1000, *, post_count: int = 12, seed: int = 20250906) -> World:
    """A page with so many comments on so many posts; the same arguments give the same world.

    The posts' kinds take turns: picture, video, album, link shared, event, reel, text alone, and one that Facebook has
    only just invented. Beside them there are a visitor's post, an unpublished one, and another page.
    """
    rng = Random(f"{seed}/{comment_count}/{post_count}")  # noqa: S311 - a world is to be repeatable, not secret
    posts = [_post(rng, number) for number in range(post_count)]
    people = [Person(f"7{number:015}", f"Qof {number}") for number in range(1, max(2, comment_count // 3))]
    counts = [0] * post_count
    for _ in range(comment_count):
        counts[rng.randrange(post_count)] += 1
    first = 1
    comments: list[Comment] = []
    for post, count in zip(posts, counts, strict=True):
        comments += _comments(rng, post, people, range(first, first + count))
        first += count
    return World(
        apps=[APP],
        tokens=[
            Token(TOKEN, APP.id, PAGE.id),
            Token(USER_TOKEN, APP.id, None, kind="USER"),
        ],
        pages=[PAGE, OTHER_PAGE],
        posts=[*posts, *_beside(posts, people)],
        comments=comments,
    )


def attachment(kind: str, number: int, *, media_type: str | None = None, count: int = 0) -> Attachment:
    """Something attached; an album has so many pictures."""
    target = f"55{number:013}"
    link = f"https://www.facebook.com/{PAGE.username}/{kind}/{target}"
    picture = {"image": {"height": 480, "src": f"https://media.invalid/{target}.jpg", "width": 720}}
    return Attachment(
        type=kind,
        media_type=media_type or kind,
        target=target,
        target_url=link,
        url=link,
        title="Geedka Hoostiisa",
        media=picture,
        subattachments=tuple(attachment("photo", number * 100 + each) for each in range(1, count + 1)),
    )


def _attachments(number: int) -> tuple[Attachment, ...]:
    kinds = (
        (attachment("photo", number),),
        (attachment("video_inline", number, media_type="video"),),
        (attachment("album", number, count=3),),
        (attachment("share", number, media_type="link"),),
        (attachment("event", number),),
        (attachment(_REEL, number, media_type="video"),),
        (),
        (attachment("video_direct_response", number, media_type="video"),),
        (attachment("hologram", number),),
    )
    return kinds[number % len(kinds)]


def _post(rng: Random, number: int) -> Post:
    attached = _attachments(number)
    is_reel = bool(attached) and attached[0].type == _REEL
    return Post(
        id=f"{PAGE.id}_122{number:012}",
        page=PAGE.id,
        created_at=STARTED_AT + number * _BETWEEN_POSTS,
        message=f"Maxaad ka qabtaan su'aasha {number + 1}? {MATCH}",
        attachments=attached,
        reactions={"LIKE": rng.randint(20, 900), "LOVE": rng.randint(0, 90), "HAHA": rng.randint(0, 9)},
        share_count=rng.randint(0, 40),
        metrics={"post_media_view": rng.randint(2000, 9000), "post_total_media_view_unique": rng.randint(500, 1999)},
        video=attached[0].target if is_reel else None,
    )


def _comments(rng: Random, post: Post, people: list[Person], numbers: range) -> Iterator[Comment]:
    """Comments of one post, oldest first."""
    seconds = sorted(rng.randrange(60, _COMMENTING_SECONDS) for _ in numbers)
    part = post.id.partition("_")[2]
    said: list[str] = []
    for number, second in zip(numbers, seconds, strict=True):
        is_sticker = happens(rng, _STICKER_SHARE)
        comment_id = f"{part}_{24_000_000_000_000 + number}"
        is_reply = bool(said) and happens(rng, _REPLY_SHARE)
        yield Comment(
            id=comment_id,
            post=post.id,
            created_at=post.created_at + timedelta(seconds=second),
            message="" if is_sticker else _TEXTS[number % len(_TEXTS)],
            author=None if happens(rng, _PAGE_SHARE) else rng.choice(people),
            parent=rng.choice(said) if is_reply else None,
            attachment=attachment("sticker", number) if is_sticker else None,
            like_count=rng.randrange(5),
            visibility="filtered"
            if happens(rng, _FILTERED_SHARE)
            else ("hidden" if happens(rng, _HIDDEN_SHARE) else "visible"),
        )
        if not is_reply:
            said.append(comment_id)


def _beside(posts: list[Post], people: list[Person]) -> Iterator[Post]:
    """What a page shows in its feed alone, what it shows nowhere yet, and another page's."""
    newest = posts[-1].created_at if posts else STARTED_AT
    yield Post(f"{PAGE.id}_123000000000001", PAGE.id, newest + timedelta(hours=1), "Salaan!", visitor=people[0])
    yield Post(f"{PAGE.id}_123000000000002", PAGE.id, newest + timedelta(hours=2), MATCH, is_published=False)
    yield Post(f"{OTHER_PAGE.id}_123000000000003", OTHER_PAGE.id, newest, MATCH)
