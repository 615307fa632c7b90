"""A world out of raw comments that were fetched once, so that they can be fetched again (semantics.md 10)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sandbox.facebook.model import Attachment, Comment, Page, Person, Post, Token
from sandbox.facebook.synthetic import APP, TOKEN
from sandbox.facebook.world import World


class RawDataset(NamedTuple):
    """One file of raw comments, and by which search its posts are to be found."""

    name: str
    """What the fields' names begin with."""
    lines: Iterable[str]
    """Traced data: a comment a line, post by post, the newest post first."""
    match: str
    """What its posts say."""
    start: datetime
    end: datetime


class RefetchableWorld(NamedTuple):
    """A world, and who its people are."""

    world: World
    addresses: Mapping[str, str]
    """Every author's participant uuid by the id that Facebook knows them by."""


def world_of_raw_comments(page: Page, datasets: Iterable[RawDataset]) -> RefetchableWorld:
    """A page whose posts and comments are those of the files, which `synthetic.TOKEN` may read.

    When a post came out is not in a file: they are spread over the time that is searched, the newest first. A comment
    that is there twice is one.
    """
    world = World(apps=[APP], tokens=[Token(TOKEN, APP.id, page.id)], pages=[page])
    addresses: dict[str, str] = {}
    for dataset in datasets:
        rows = [_unprefixed(line, dataset.name) for line in dataset.lines]
        posts = {row["post"]["id"]: row["post"] for row in rows}
        step = (dataset.end - dataset.start) / (len(posts) + 1)
        for place, raw in enumerate(posts.values(), start=1):
            created_at = (dataset.end - place * step).replace(microsecond=0)
            world.put_post(_post(page, raw, created_at, dataset.match))
        for row in rows:
            world.put_comment(_comment(page, row))
            addresses[row["from"]["id"]] = row["avf_facebook_id"]
    return RefetchableWorld(world, addresses)


def _unprefixed(line: str, name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(line)[0]["Data"]
    return {key.removeprefix(f"{name}."): value for key, value in data.items()}


def _post(page: Page, raw: Mapping[str, Any], created_at: datetime, message: str) -> Post:
    return Post(raw["id"], page.id, created_at, message, attachments=tuple(_attachments(raw)))


def _comment(page: Page, row: Mapping[str, Any]) -> Comment:
    author, parent = row["from"], row["parent"]
    return Comment(
        id=row["id"],
        post=row["post"]["id"],
        created_at=datetime.fromisoformat(row["created_time"]),
        message=row.get("message"),
        author=None if author["id"] == page.id else Person(author["id"], author.get("name", "Qof")),
        parent=parent.get("id"),
        attachment=next(_attachments(row), None),
        left_out=frozenset() if "message" in row else frozenset({"message"}),
    )


def _attachments(raw: Mapping[str, Any]) -> Iterator[Attachment]:
    for item in raw.get("attachments", {}).get("data", ()):
        target = item.get("target", {})
        yield Attachment(
            type=item["type"],
            target=target.get("id"),
            target_url=target.get("url"),
            url=item.get("url"),
            title=item.get("title"),
            description=item.get("description"),
            media=item.get("media"),
        )
