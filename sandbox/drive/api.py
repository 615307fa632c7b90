"""The API's methods: from a request to its answer, by the paths of Google's discovery document."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from sandbox.drive.model import Account, Item, Refusal, not_found
from sandbox.drive.query import parsed
from sandbox.drive.render import masked, rendered
from sandbox.drive.store import Store
from sandbox.drive.tokens import GrantError, Tokens
from sandbox.drive.uploads import Session, Sessions, Wish, as_object, parts_of, take_piece

_PATHS = (
    ("POST", r"/token", "token"),
    ("PUT", r"/(?:resumable/)?upload/drive/v3/files(?:/(?P<id>[^/]+))?", "upload"),
    ("POST", r"/(?:(?:resumable/)?upload/)?drive/v3/files", "files.create"),
    ("PATCH", r"/(?:(?:resumable/)?upload/)?drive/v3/files/(?P<id>[^/]+)", "files.update"),
    ("GET", r"/drive/v3/files/generateIds", "files.generateIds"),
    ("GET", r"/drive/v3/files", "files.list"),
    ("GET", r"/drive/v3/files/(?P<id>[^/]+)", "files.get"),
    ("DELETE", r"/drive/v3/files/(?P<id>[^/]+)", "files.delete"),
    ("GET", r"/drive/v3/drives", "drives.list"),
    ("GET", r"/drive/v3/drives/(?P<id>[^/]+)", "drives.get"),
    ("GET", r"/drive/v3/about", "about.get"),
)
_OTHERWISE = "nothing"


@dataclass(frozen=True)
class Call:
    """A request."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    """By name in small letters."""
    body: bytes = field(repr=False)
    origin: str
    """Scheme and host by which the client reaches this server."""

    @property
    def method(self) -> str:
        """What Google calls it: `files.list`."""
        return next((name for verb, path, name in _PATHS if self._matches(verb, path)), _OTHERWISE)

    @property
    def item_id(self) -> str:
        """The id in the path."""
        path = next(path for verb, path, _ in _PATHS if self._matches(verb, path))
        match = re.fullmatch(path, self.path)
        return str(match["id"]) if match else ""

    @property
    def everywhere(self) -> bool:
        """Whether items of shared drives are meant as well."""
        return self.query.get("supportsAllDrives") == "true"

    def _matches(self, verb: str, path: str) -> bool:
        return verb == self.verb and re.fullmatch(path, self.path) is not None


@dataclass(frozen=True)
class Answer:
    """What goes back to the client."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Api:
    """One Drive, as its clients know it."""

    store: Store
    tokens: Tokens
    sessions: Sessions = field(default_factory=Sessions)
    page_size: int = 1000
    """No page of a listing is longer."""

    def answer(self, call: Call, *, cut: bool = False) -> Answer:
        """What a call is answered, whatever is wrong with it.

        Args:
            call: The call.
            cut: Whether only half of what is uploaded came.
        """
        if call.method == "token":
            return self._token(call)
        try:
            account = self.tokens.account(call.headers.get("authorization", ""))
            if call.method == "upload":
                return self._piece(call, cut=cut)
            return self._methods()[call.method](account, call)
        except Refusal as refusal:
            return refused(refusal)

    def _methods(self) -> dict[str, Callable[[Account, Call], Answer]]:
        return {
            "files.create": self._write,
            "files.update": self._write,
            "files.list": self._list,
            "files.get": self._get,
            "files.generateIds": self._generate_ids,
            "files.delete": self._delete,
            "drives.list": self._drives,
            "drives.get": self._drive,
            "about.get": self._about,
            _OTHERWISE: _unknown,
        }

    def _token(self, call: Call) -> Answer:
        try:
            token = self.tokens.grant(form_of(call.body))
        except GrantError as error:
            return _json({"error": error.word, "error_description": "canary of Google's: Token has been revoked."}, 400)
        return _json({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def _write(self, account: Account, call: Call) -> Answer:
        item_id = call.item_id if call.method == "files.update" else None
        media_type = call.headers.get("content-type", "")
        content: bytes | None = None
        match call.query.get("uploadType"):
            case "multipart":
                metadata, content, media_type = parts_of(media_type, call.body)
            case "media":
                metadata, content = {}, call.body
            case "resumable":
                metadata, media_type = as_object(call.body), call.headers.get("x-upload-content-type", "")
            case _:
                metadata = as_object(call.body)
        wish = Wish(account, item_id, metadata, media_type, call.query, call.everywhere)
        if call.query.get("uploadType") == "resumable":
            return self._begun(wish, call)
        return self._item(account, self._written(wish, content), call.query)

    def _written(self, wish: Wish, content: bytes | None) -> Item:
        if wish.item_id is None:
            return self.store.create(wish.account, wish.metadata, content, wish.media_type, everywhere=wish.everywhere)
        return self.store.update(wish.account, wish.item_id, wish.metadata, content, everywhere=wish.everywhere)

    def _begun(self, wish: Wish, call: Call) -> Answer:
        if wish.item_id is None:
            self.store.check_creation(wish.account, wish.metadata, everywhere=wish.everywhere)
        else:
            self.store.check_update(wish.account, wish.item_id, everywhere=wish.everywhere)
        upload_id = self.sessions.begin(Session(wish))
        location = f"{call.origin}{call.path}?uploadType=resumable&upload_id={upload_id}"
        return Answer(200, headers={"Location": location})

    def _piece(self, call: Call, *, cut: bool) -> Answer:
        session = self.sessions.found(call.query.get("upload_id", ""))
        if session.made_id is None:
            if not take_piece(session, call.headers.get("content-range", ""), call.body, cut=cut):
                came = len(session.received)
                return Answer(308, headers={"Range": f"bytes=0-{came - 1}"} if came else {})
            session.made_id = self._written(session.wish, bytes(session.received)).item_id
        return self._item(session.wish.account, self.store.items[session.made_id], session.wish.query)

    def _list(self, account: Account, call: Call) -> Answer:
        matches = parsed(call.query.get("q", ""), self.store, account)
        corpus = [item for item in self._corpus(account, call) if item.parent_id is not None and matches(item)]
        shown, next_token = self._page(corpus[::-1], call.query)
        answer = {"kind": "drive#fileList", "incompleteSearch": False} | next_token
        answer["files"] = [rendered(self.store, account, item) for item in shown]
        usual = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)"
        return _json(masked(answer, call.query.get("fields"), usual))

    def _corpus(self, account: Account, call: Call) -> list[Item]:
        """What a search is in; items of shared drives are in none but that drive's own, or that of all."""
        corpora, drive_id = call.query.get("corpora", "user"), call.query.get("driveId")
        includes_all = call.everywhere and call.query.get("includeItemsFromAllDrives") == "true"
        if (corpora == "drive") != (drive_id is not None) or (corpora != "user" and not includes_all):
            raise Refusal(403, "teamDrivesParameterConflict", "corpora, driveId and the other parameters disagree.")
        if drive_id is not None:
            self._found_drive(account, drive_id)
        known = [item for item in self.store.items.values() if self.store.role(account, item) is not None]
        if corpora == "user":
            return [item for item in known if item.drive_id is None or (includes_all and account.email in item.shares)]
        return [item for item in known if drive_id is None or item.drive_id == drive_id]

    def _page(self, found: list[Any], query: Mapping[str, str]) -> tuple[list[Any], dict[str, Any]]:
        token = query.get("pageToken", "page-0")
        if not re.fullmatch(r"page-\d+", token):
            raise Refusal(400, "invalid", "Invalid Value")
        start = int(token.removeprefix("page-"))
        end = start + min(int(query.get("pageSize", 100)), self.page_size)
        return found[start:end], {"nextPageToken": f"page-{end}"} if end < len(found) else {}

    def _get(self, account: Account, call: Call) -> Answer:
        return self._item(account, self.store.seen(account, call.item_id, everywhere=call.everywhere), call.query)

    def _generate_ids(self, account: Account, call: Call) -> Answer:
        ids = self.store.generate_ids(account, int(call.query.get("count", 10)))
        return _json({"kind": "drive#generatedIds", "space": "drive", "ids": ids})

    def _delete(self, account: Account, call: Call) -> Answer:
        self.store.delete(account, call.item_id, everywhere=call.everywhere)
        return Answer(204)

    def _drives(self, account: Account, call: Call) -> Answer:
        drives = [
            {"kind": "drive#drive", "id": drive.drive_id, "name": drive.name}
            for drive in self.store.drives.values()
            if account.email in drive.members
        ]
        shown, next_token = self._page(drives, call.query)
        answer: dict[str, Any] = {"kind": "drive#driveList", "drives": shown} | next_token
        return _json(masked(answer, call.query.get("fields"), "*"))

    def _drive(self, account: Account, call: Call) -> Answer:
        drive = self._found_drive(account, call.item_id)
        return _json({"kind": "drive#drive", "id": call.item_id, "name": drive})

    def _found_drive(self, account: Account, drive_id: str) -> str:
        drive = self.store.drives.get(drive_id)
        if drive is None or account.email not in drive.members:
            raise not_found(drive_id)
        return drive.name

    def _about(self, account: Account, call: Call) -> Answer:
        if not call.query.get("fields"):
            raise Refusal(400, "required", "The 'fields' parameter is required for this method.")
        quota = {"limit": "0" if account.is_service_account else "16106127360", "usage": "0"}
        answer: dict[str, Any] = {"kind": "drive#about", "storageQuota": quota}
        return _json(masked(answer | {"user": {"emailAddress": account.email, "me": True}}, call.query["fields"]))

    def _item(self, account: Account, item: Item, query: Mapping[str, str]) -> Answer:
        return _json(masked(rendered(self.store, account, item), query.get("fields")))


def refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Answer:
    """An error, as Google writes it."""
    error = {"domain": "global", "reason": refusal.reason, "message": refusal.message}
    body = {"error": {"code": refusal.status, "message": refusal.message, "errors": [error]}}
    return _json(body, refusal.status, headers)


def form_of(body: bytes) -> dict[str, str]:
    """A form's fields."""
    return dict(parse_qsl(body.decode()))


def _unknown(_: Account, __: Call) -> Answer:
    raise Refusal(404, "notFound", "Not Found")


def _json(content: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    typed = {"Content-Type": "application/json; charset=UTF-8", **(headers or {})}
    return Answer(status, json.dumps(content).encode(), typed)
