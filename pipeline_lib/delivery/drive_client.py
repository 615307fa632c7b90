"""Google Drive through its official client: with retries, across all drives, and without its traps.

Nothing here deletes. Names must match exactly, though Drive's own search may ignore case, and the trash is never
searched.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

from google.auth.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.http import MediaIoBaseUpload

from pipeline_lib.delivery.drive_calls import AnsweredError, Calls, CountingHttp, RetryPolicy
from pipeline_lib.delivery.drive_errors import Asking
from pipeline_lib.errors import FatalSourceError, PipelineError, Problem
from pipeline_lib.input_files import open_input

FOLDER = "application/vnd.google-apps.folder"
_GOOGLES_OWN = "application/vnd.google-apps."
_FIELDS = (
    "id,name,mimeType,md5Checksum,webViewLink,trashed,parents,driveId,ownedByMe,capabilities(canEdit,canAddChildren)"
)
_EVERYWHERE = MappingProxyType({"supportsAllDrives": True})
_OF_ALL_DRIVES = MappingProxyType({"includeItemsFromAllDrives": True})
_MEDIA_TYPES = MappingProxyType(
    {".csv": "text/csv", ".html": "text/html", ".png": "image/png", ".svg": "image/svg+xml"}
)
_MOST_IDS = 1000
_MOST_PAGES = 10_000
_NOT_THERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_UNUSABLE = frozenset({HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST})
_SILENCE_SECONDS = 120

AnswerT = TypeVar("AnswerT")


class UnusableIdError(Exception):
    """The id for a new file or folder is in use already, or was given to another account."""

    def __init__(self, failure: PipelineError) -> None:
        super().__init__()
        self.failure = failure


@dataclass(frozen=True)
class Item:
    """A file or folder on Drive, as the account that asks sees it."""

    item_id: str
    name: str
    is_folder: bool
    is_file: bool
    """Whether it has bytes of its own; a Doc, a Sheet or a shortcut has none."""
    md5: str
    link: str
    parent_id: str
    drive_id: str | None
    """The shared drive's; None in somebody's My Drive."""
    is_trashed: bool
    can_edit: bool
    can_add: bool
    """Whether the account is allowed to put something into it; it may still lack the storage."""


@dataclass
class DriveClient:
    """The calls to Drive that an upload needs. Each method raises a SourceError that names the given place."""

    service: Any = field(repr=False)
    transport: CountingHttp = field(repr=False)
    calls: Calls
    small_bytes: int = 5 * 2**20
    """Files up to this size go in one request."""
    piece_bytes: int = 8 * 2**20
    """Larger files go in pieces of this size: in memory, and sent again after a lost connection; n x 256 KiB."""

    @cached_property
    def _files(self) -> Any:
        """Kept, since each call for it has the official client write its methods again, documentation and all."""
        return self.service.files()

    @property
    def request_count(self) -> int:
        """Requests to Google so far, including those for tokens and those that failed."""
        return self.transport.request_count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.service.close()

    def item(self, item_id: str, place: str) -> Item | None:
        """The item with an id; None if there is none, or none that this account may see."""
        request = self._files.get(fileId=item_id, fields=_FIELDS, **_EVERYWHERE)
        try:
            return _item(self.calls.ask(place, request.execute, expected=_NOT_THERE))
        except AnsweredError:
            return None

    def shared_folders(self, place: str) -> list[Item]:
        """Where a path may begin: folders that were shared with the account, its own, and the shared drives."""
        where = "sharedWithMe" if self.calls.asking.is_service_account else "(sharedWithMe or 'root' in parents)"
        query = f"{where} and mimeType = '{FOLDER}' and trashed = false"
        folders = list(self._listed(place, {"q": query, **_OF_ALL_DRIVES}))
        drives = self._pages(place, self.service.drives(), {"pageSize": 100})
        return folders + [_drive(each) for page in drives for each in page.get("drives", [])]

    def children(self, folder: Item, place: str, name: str | None = None) -> list[Item]:
        """The items in a folder, or those with a name; the trash is left out."""
        query = f"{quoted(folder.item_id)} in parents and trashed = false"
        query = query if name is None else f"{query} and name = {quoted(name)}"
        try:
            found = list(self._listed(place, {"q": query, **_corpus_of(folder)}, expected=_NOT_THERE))
        except AnsweredError:  # the folder was shared, not the drive that it is in
            found = list(self._listed(place, {"q": query, "corpora": "allDrives", **_OF_ALL_DRIVES}))
        return [item for item in found if name is None or item.name == name]

    def new_ids(self, count: int, place: str) -> list[str]:
        """Ids for new files and folders, so that a creation whose answer is lost can be repeated."""
        ids: list[str] = []
        while len(ids) < count:
            request = self._files.generateIds(count=min(count - len(ids), _MOST_IDS), space="drive")
            ids += self.calls.ask(place, request.execute)["ids"]
        return ids

    def create_folder(self, item_id: str, name: str, parent_id: str, place: str) -> Item:
        """A new folder; UnusableIdError where the id cannot be used."""
        body = {"id": item_id, "name": name, "parents": [parent_id], "mimeType": FOLDER}
        request = self._files.create(body=body, fields=_FIELDS, **_EVERYWHERE)
        try:
            return _item(self.calls.ask(place, request.execute, expected=_UNUSABLE))
        except AnsweredError as answered:
            failure = answered.failure
        raise UnusableIdError(failure)

    def create_file(self, item_id: str, path: Path, name: str, parent_id: str, place: str) -> Item:
        """A new file; UnusableIdError where the id cannot be used."""
        body = {"id": item_id, "name": name, "parents": [parent_id]}
        call = partial(self._files.create, body=body, fields=_FIELDS, **_EVERYWHERE)
        try:
            return _item(self._sent(call, path, place, expected=_UNUSABLE))
        except AnsweredError as answered:
            failure = answered.failure
        raise UnusableIdError(failure)

    def update_file(self, item_id: str, path: Path, place: str) -> Item:
        """Replace a file's content; its id, name, links and sharing stay."""
        call = partial(self._files.update, fileId=item_id, fields=_FIELDS, **_EVERYWHERE)
        return _item(self._sent(call, path, place))

    def _sent(self, call: Callable[..., Any], path: Path, place: str, expected: frozenset[int] = frozenset()) -> Any:
        """The answer to an upload, in one request or in pieces; it resumes where the connection was lost."""
        media_type = _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
        is_small = path.stat().st_size <= self.small_bytes
        with open_input(path) as content:
            for is_last in (False, False, True):
                media = MediaIoBaseUpload(content, media_type, chunksize=self.piece_bytes, resumable=not is_small)
                request = call(media_body=media)
                if is_small:
                    return self.calls.ask(place, request.execute, expected)
                try:
                    return self._in_pieces(request, place, expected | _NOT_THERE)
                except AnsweredError as answered:
                    if answered.status in expected:
                        raise
                    failure = None if request.resumable_uri and not is_last else answered.failure
                if failure is not None:
                    raise failure
                # Drive has forgotten the session: from the beginning
        raise AssertionError  # the last session returns, or raises something else

    def _in_pieces(self, request: Any, place: str, expected: frozenset[int]) -> Any:
        answer = None
        while answer is None:
            _, answer = self.calls.ask(place, request.next_chunk, expected)
        return answer

    def _listed(self, place: str, where: Mapping[str, Any], expected: frozenset[int] = frozenset()) -> Iterator[Item]:
        fields = f"nextPageToken,incompleteSearch,files({_FIELDS})"
        options = {**where, "fields": fields, "pageSize": 1000, "spaces": "drive", **_EVERYWHERE}
        for page in self._pages(place, self._files, options, expected):
            if page.get("incompleteSearch"):
                wrong, right = (
                    "Google Drive's search was incomplete",
                    "make the account a member of the shared drive",
                )
                raise FatalSourceError(Problem(place, wrong, right))
            yield from map(_item, page.get("files", []))

    def _pages(
        self, place: str, collection: Any, options: Mapping[str, Any], expected: frozenset[int] = frozenset()
    ) -> Iterator[Any]:
        """All pages of a listing, until it ends."""
        token, seen = None, set[str]()
        for _ in range(_MOST_PAGES):
            page = self.calls.ask(place, collection.list(pageToken=token, **options).execute, expected)
            yield page
            token = page.get("nextPageToken")
            if not token or token in seen:
                return
            seen.add(token)


def connected(
    credentials: Credentials, asking: Asking, host: str | None = None, policy: RetryPolicy | None = None
) -> DriveClient:
    """A client with credentials; nothing is sent yet.

    Args:
        credentials: The account's.
        asking: Whose credentials they are, for errors.
        host: A stand-in's host, instead of Google's servers.
        policy: How to retry temporary failures.
    """
    document = json.loads(get_static_doc("drive", "v3"))
    if host:
        document["rootUrl"] = f"http://{host}/"  # an endpoint alone would leave uploads with Google
    http = CountingHttp()
    service = build_from_document(document, http=AuthorizedHttp(credentials, http=http))
    return DriveClient(service, http, Calls(asking, policy or RetryPolicy()))


def quoted(text: str) -> str:
    r"""A text in the quotes of a search query: `'Faadumo\'s folder'`."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _corpus_of(folder: Item) -> dict[str, Any]:
    """The parameters with which a search finds the folder's content: by default it leaves shared drives out."""
    if folder.drive_id is None:
        return {}
    return {"corpora": "drive", "driveId": folder.drive_id, **_OF_ALL_DRIVES}


def _item(written: Mapping[str, Any]) -> Item:
    capabilities = written.get("capabilities", {})
    return Item(
        item_id=written["id"],
        name=written["name"],
        is_folder=written["mimeType"] == FOLDER,
        is_file=not written["mimeType"].startswith(_GOOGLES_OWN),
        md5=written.get("md5Checksum", ""),
        link=written.get("webViewLink", ""),
        parent_id=next(iter(written.get("parents", [])), ""),
        drive_id=written.get("driveId"),
        is_trashed=written.get("trashed", False),
        can_edit=capabilities.get("canEdit", False),
        can_add=capabilities.get("canAddChildren", False),
    )


def _drive(written: Mapping[str, Any]) -> Item:
    """A shared drive as a folder; it does not say what the account may do there."""
    drive_id = written["id"]
    return Item(drive_id, written["name"], True, False, "", "", "", drive_id, False, False, False)
