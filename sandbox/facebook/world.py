"""Everything that a stand-in of the Graph API serves, and what may happen to it meanwhile."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from operator import attrgetter
from threading import RLock
from typing import Any

from sandbox.facebook.model import App, Comment, Page, Post, Token

EVER = datetime.min.replace(tzinfo=UTC)
"""Before everything."""


@dataclass(frozen=True)
class Ordered:
    """Things in the order in which they are listed, and where each stands."""

    items: Sequence[Any]
    places: Mapping[str, int] = field(repr=False)
    """By id."""


class World:
    """Apps, tokens, pages, posts and comments. Hold the lock to read more than one thing, or to change any."""

    def __init__(
        self,
        *,
        apps: Iterable[App],
        tokens: Iterable[Token],
        pages: Iterable[Page],
        posts: Iterable[Post] = (),
        comments: Iterable[Comment] = (),
    ) -> None:
        self.lock = RLock()
        self.apps = {app.id: app for app in apps}
        self.tokens = {token.value: token for token in tokens}
        self.pages = {page.id: page for page in pages}
        self.posts: dict[str, Post] = {}
        self.serves_hidden = False
        """Whether the page gets what it has hidden itself; counted it is in any case."""
        self._comments: dict[str, dict[str, Comment]] = defaultdict(dict)
        self._post_of: dict[str, str] = {}
        self._orders: dict[str, dict[str, Ordered]] = defaultdict(dict)
        self._replies: dict[str, dict[str, Ordered]] = {}
        for post in posts:
            self.put_post(post)
        for comment in comments:
            self.put_comment(comment)

    def put_post(self, post: Post) -> None:
        """Add a post, or take another version of it."""
        with self.lock:
            self.posts[post.id] = post
            self._forget_order(post.page)

    def remove_post(self, post_id: str) -> None:
        """Delete a post, and with it its comments."""
        with self.lock:
            post = self.posts.pop(post_id)
            for comment_id in self._comments.pop(post_id, {}):
                del self._post_of[comment_id]
            self._forget_order(post.page)
            self._forget_order(post_id)

    def put_comment(self, comment: Comment) -> None:
        """Add a comment, or take another version of it; of the same second, the later added comes later."""
        with self.lock:
            self._comments[comment.post][comment.id] = comment
            self._post_of[comment.id] = comment.post
            self._forget_order(comment.post)

    def remove_comment(self, comment_id: str) -> None:
        """Delete a comment, and with it what answers it."""
        with self.lock:
            post_id = self._post_of[comment_id]
            gone = {comment_id}
            for comment in self._comments[post_id].values():  # a reply is added after what it answers
                if comment.parent in gone:
                    gone.add(comment.id)
            for each in gone:
                del self._comments[post_id][each], self._post_of[each]
            self._forget_order(post_id)

    def change_comment(self, comment_id: str, **changes: Any) -> None:
        """Edit a comment: `message`, `visibility`, ….

        Raises:
            KeyError: There is none of that id.
        """
        with self.lock:
            comment = self.comment(comment_id)
            if comment is None:
                raise KeyError(comment_id)
            self.put_comment(replace(comment, **changes))

    def change_token(self, value: str, **changes: Any) -> None:
        """Let a token die (`dead=463`), lose scopes, …."""
        with self.lock:
            self.tokens[value] = replace(self.tokens[value], **changes)

    def change_app(self, app_id: str, **changes: Any) -> None:
        """Give an app advanced access, or take it."""
        with self.lock:
            self.apps[app_id] = replace(self.apps[app_id], **changes)

    def reel(self, video_id: str) -> Post | None:
        """The post that a reel's own id is of."""
        return next((post for post in self.posts.values() if post.video == video_id), None)

    def comment(self, comment_id: str) -> Comment | None:
        """The comment of an id."""
        post_id = self._post_of.get(comment_id)
        return None if post_id is None else self._comments[post_id][comment_id]

    def comments(self, post_id: str) -> Sequence[Comment]:
        """All comments of a post, those that are not shown too, as they were added."""
        return list(self._comments.get(post_id, {}).values())

    def page_posts(self, page_id: str, edge: str, since: datetime, until: datetime) -> Ordered:
        """The posts of `feed`, or of `posts` and `published_posts`, newest first, of a time with both its ends."""

        def found() -> Iterable[Post]:
            posts = [post for post in self.posts.values() if post.page == page_id and post.is_published]
            chosen = [post for post in posts if since <= post.created_at <= until]
            own = [post for post in chosen if edge == "feed" or post.visitor is None]
            return sorted(own, key=attrgetter("created_at"), reverse=True)

        return self._kept(page_id, f"{edge}/{since}/{until}", found)

    def listed(self, post_id: str, filter_: str, *, newest_first: bool = False, since: datetime = EVER) -> Ordered:
        """A post's comments, those that are not shown too: all (`stream`), or those that answer none (`toplevel`).

        Where the page ranks comments, the order that is asked for does not count.
        """

        def found() -> Iterable[Comment]:
            comments = self._comments.get(post_id, {}).values()
            chosen = [
                comment
                for comment in comments
                if (filter_ == "stream" or comment.parent is None) and comment.created_at >= since
            ]
            if self.pages[self.posts[post_id].page].ranks_comments:
                return sorted(chosen, key=lambda comment: (-comment.like_count, comment.id[::-1]))
            by_time = sorted(chosen, key=attrgetter("created_at"))
            return reversed(by_time) if newest_first else by_time

        return self._kept(post_id, f"{filter_}/{newest_first}/{since}", found)

    def replies(self, comment: Comment) -> Ordered:
        """What answers a comment, oldest first."""
        with self.lock:
            if comment.post not in self._replies:
                by_parent: dict[str, list[Comment]] = defaultdict(list)
                for each in self.listed(comment.post, "stream").items:
                    by_parent[each.parent or ""].append(each)
                self._replies[comment.post] = {parent: _ordered(children) for parent, children in by_parent.items()}
            return self._replies[comment.post].get(comment.id, _NOTHING)

    def _kept(self, owner: str, kind: str, found: Callable[[], Iterable[Any]]) -> Ordered:
        with self.lock:
            kept = self._orders[owner]
            if kind not in kept:
                kept[kind] = _ordered(found())
            return kept[kind]

    def _forget_order(self, owner: str) -> None:
        self._orders.pop(owner, None)
        self._replies.pop(owner, None)


def _ordered(items: Iterable[Any]) -> Ordered:
    items = list(items)
    return Ordered(items, {item.id: place for place, item in enumerate(items)})


_NOTHING = _ordered(())
