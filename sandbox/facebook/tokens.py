"""Who asks, and what a token may see: `debug_token`, permissions, and whose names are shown (sources.md D.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.facebook.errors import (
    DEBUGGER_NEEDED,
    NO_TOKEN,
    PAGE_TOKEN_NEEDED,
    PERMISSION_DENIED,
    PERMISSION_NEEDED,
    TOKEN_DEAD,
    TOKEN_UNREADABLE,
    GraphError,
    GraphRefusal,
)
from sandbox.facebook.model import INSIGHTS, PAGES_CONTENT, PEOPLES_CONTENT, App, Comment, Token
from sandbox.facebook.world import World

_SCHEMES = {"bearer", "oauth"}
_TOKEN_HEADER_PARTS = 2
_EXPIRED = 463


@dataclass(frozen=True)
class Viewer:
    """Who asks."""

    token: Token = field(repr=False)
    app: App

    def require_page(self, page_id: str) -> None:
        """Refuse whoever may not read a page's own things.

        Raises:
            GraphRefusal: The token is another page's or the app's, or it lacks the permission.
        """
        if self.token.kind == "APP" or self.token.page not in {None, page_id} or PAGES_CONTENT not in self.token.scopes:
            raise GraphRefusal(PERMISSION_NEEDED.about(PAGES_CONTENT))

    def require_page_token(self) -> None:
        """Refuse all but pages' tokens.

        Raises:
            GraphRefusal: It is another one.
        """
        if self.token.kind != "PAGE":
            raise GraphRefusal(PAGE_TOKEN_NEEDED)

    def require_insights(self) -> None:
        """Refuse whoever may not read metrics.

        Raises:
            GraphRefusal: The token is no page's, or lacks the permission or the task.
        """
        self.require_page_token()
        if INSIGHTS not in self.token.scopes or "ANALYZE" not in self.token.tasks:
            raise GraphRefusal(PERMISSION_DENIED.about(INSIGHTS))

    def sees(self, comment: Comment, *, serves_hidden: bool) -> bool:
        """Whether a comment is served."""
        if self.token.kind != "PAGE" or (comment.author is not None and PEOPLES_CONTENT not in self.token.scopes):
            return False
        return comment.visibility == "visible" or (comment.visibility == "hidden" and serves_hidden)

    def sees_author(self, comment: Comment) -> bool:
        """Whether it is served by whom a comment is."""
        author = comment.author
        return author is None or self.app.has_advanced_access or author.id in self.app.people_with_roles

    def sees_id(self, comment: Comment) -> bool:
        """Whether a comment's id is served."""
        return comment.author is None or "MODERATE" in self.token.tasks


def viewer_of(world: World, authorizations: Sequence[str], parameter: str | None, now: float) -> Viewer:
    """Who asks, by the header or by the parameter; the header counts.

    Raises:
        GraphRefusal: Nobody, or a token that is not valid.
    """
    parts = authorizations[0].split() if authorizations else []
    in_header = parts[1] if len(parts) == _TOKEN_HEADER_PARTS and parts[0].lower() in _SCHEMES else None
    value = in_header or parameter
    if not value:
        raise GraphRefusal(NO_TOKEN)
    token = _found(world, value)
    if token is None:
        raise GraphRefusal(TOKEN_UNREADABLE)
    dead = _why_dead(token, now)
    if dead is not None:
        raise GraphRefusal(dead)
    return Viewer(token, world.apps[token.app])


def debugged(world: World, viewer: Viewer, input_token: str, now: float) -> dict[str, object]:
    """What `debug_token` tells of a token.

    Raises:
        GraphRefusal: Who asks may not know.
    """
    token = _found(world, input_token)
    is_trusted = viewer.token.kind == "APP" or input_token == viewer.token.value
    if not is_trusted:
        raise GraphRefusal(DEBUGGER_NEEDED)
    if token is None or token.app != viewer.app.id:
        refused = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": refused, "is_valid": False, "scopes": []}}
    error = _why_dead(token, now)
    app = world.apps[token.app]
    told: dict[str, object] = {"app_id": app.id, "type": token.kind, "application": app.name}
    if token.kind == "APP":
        return {"data": {**told, "is_valid": True, "scopes": []}}
    told |= {"data_access_expires_at": token.data_access_expires_at}
    if error is not None:
        told["error"] = {"code": error.code, "message": error.message, "subcode": error.subcode}
    told |= {"expires_at": token.expires_at, "is_valid": error is None, "issued_at": token.issued_at}
    if token.kind == "PAGE":
        told["profile_id"] = token.page
    targets = [token.page] if token.page else list(world.pages)
    granular = [{"scope": scope, "target_ids": targets} for scope in token.scopes]
    return {"data": {**told, "scopes": list(token.scopes), "granular_scopes": granular, "user_id": token.user}}


def _found(world: World, value: str) -> Token | None:
    app = world.apps.get(value.partition("|")[0])
    if app is not None and value == f"{app.id}|{app.secret}":
        return Token(value, app.id, None, kind="APP", scopes=())
    return world.tokens.get(value)


def _why_dead(token: Token, now: float) -> GraphError | None:
    if token.dead is not None:
        return TOKEN_DEAD[token.dead]
    return TOKEN_DEAD[_EXPIRED] if token.expires_at and token.expires_at <= now else None
