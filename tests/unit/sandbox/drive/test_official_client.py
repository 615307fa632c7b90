"""Google's own client against the stand-in: what it sends is understood, and what comes back is what it expects."""

import hashlib
import io
import socket
from collections.abc import Callable
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload

from sandbox.drive.faults import Fault
from sandbox.drive.model import FOLDER
from sandbox.drive.server import DriveServer

ROBOT = "pipeline@radio-water.iam.gserviceaccount.com"
FAADUMO = "faadumo@example.org"
ClientOf = Callable[..., Any]
ALL = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}


@pytest.fixture
def shared_drive(server: DriveServer) -> str:
    return server.store.add_drive("Water", {ROBOT: "writer", FAADUMO: "organizer"}).item_id


@pytest.fixture
def her_folder(server: DriveServer) -> str:
    folder = server.store.add("water_outputs", server.store.accounts[FAADUMO].root_id)
    folder.shares[ROBOT] = "writer"
    return folder.item_id


def media(content: bytes, media_type: str = "text/csv", chunk: int = 0) -> MediaIoBaseUpload:
    resumable = {"resumable": True, "chunksize": chunk} if chunk else {}
    return MediaIoBaseUpload(io.BytesIO(content), media_type, **resumable)


def refusal(call: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        call.execute()
    return caught.value.status_code, caught.value.error_details[0]["reason"]


@pytest.mark.parametrize("content", [b"", b"uid,age\r\n1,2\r\n", b"\n--\r\n\n", bytes(range(256)) * 40])
def test_a_file_made_in_one_request_has_every_byte(client_of: ClientOf, shared_drive: str, content: bytes) -> None:
    files = client_of().files()
    body = {"name": "a.csv", "parents": [shared_drive]}
    fields = "id,name,md5Checksum,size,mimeType,parents,driveId,webViewLink"
    made = files.create(body=body, media_body=media(content), fields=fields, supportsAllDrives=True).execute()
    assert made == {
        "id": made["id"],
        "name": "a.csv",
        "md5Checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "size": str(len(content)),
        "mimeType": "text/csv",
        "parents": [shared_drive],
        "driveId": shared_drive,
        "webViewLink": f"https://drive.google.com/file/d/{made['id']}/view?usp=drivesdk",
    }


def test_without_a_choice_of_fields_an_answer_has_four(client_of: ClientOf, her_folder: str) -> None:
    got = client_of().files().get(fileId=her_folder).execute()
    assert got == {"kind": "drive#file", "id": her_folder, "name": "water_outputs", "mimeType": FOLDER}


def test_a_large_file_comes_in_pieces_and_goes_on_where_the_line_broke(
    client_of: ClientOf, server: DriveServer, shared_drive: str
) -> None:
    content = b"0123456789abcdef" * 100_000
    body = {"name": "big.csv", "parents": [shared_drive]}
    upload = media(content, chunk=512 * 1024)
    request = client_of().files().create(body=body, media_body=upload, supportsAllDrives=True, fields="md5Checksum")
    server.faults.append(Fault("cut-upload", "upload", after_requests=1))
    request.next_chunk()
    assert request.resumable_progress == 512 * 1024
    with pytest.raises(OSError, match=r".*"):
        request.next_chunk()
    answer = None
    while answer is None:
        _, answer = request.next_chunk()
        assert request.resumable_progress != 1024 * 1024  # it went on from the middle of the piece
    assert answer == {"md5Checksum": hashlib.md5(content, usedforsecurity=False).hexdigest()}


def test_a_session_that_is_forgotten_is_not_found(client_of: ClientOf, server: DriveServer, shared_drive: str) -> None:
    body = {"name": "big.csv", "parents": [shared_drive]}
    upload = media(b"x" * 600_000, chunk=256 * 1024)
    request = client_of().files().create(body=body, media_body=upload, supportsAllDrives=True)
    request.next_chunk()
    server.faults.append(Fault("expire", "upload"))
    with pytest.raises(HttpError) as caught:
        request.next_chunk()
    assert caught.value.status_code == 404
    assert server.store.paths() == []


def test_an_update_keeps_id_name_and_whom_it_is_shared_with(
    client_of: ClientOf, server: DriveServer, her_folder: str
) -> None:
    item = server.store.add("a.csv", her_folder, b"old")
    item.shares["radio@example.org"] = "reader"
    for new in (media(b"new"), media(b"newer", chunk=256 * 1024)):
        got = client_of().files().update(fileId=item.item_id, media_body=new, fields="id,name,version").execute()
        assert (got["id"], got["name"]) == (item.item_id, "a.csv")
    assert (item.content, item.version, item.shares) == (b"newer", 3, {"radio@example.org": "reader"})


def test_a_given_id_can_be_used_once(client_of: ClientOf, server: DriveServer, shared_drive: str) -> None:
    client = client_of()
    (given,) = client.files().generateIds(count=1).execute()["ids"]
    body = {"id": given, "name": "a.csv", "parents": [shared_drive]}
    assert client.files().create(body=body, supportsAllDrives=True).execute()["id"] == given
    assert refusal(client.files().create(body=body, supportsAllDrives=True)) == (409, "fileIdInUse")
    assert refusal(client.files().create(body={**body, "id": "mine"}, supportsAllDrives=True)) == (400, "invalid")
    client_of(FAADUMO).files().delete(fileId=given, supportsAllDrives=True).execute()
    assert refusal(client.files().create(body=body, supportsAllDrives=True)) == (409, "fileIdInUse")
    assert server.store.deleted_ids == [given]


def names(client: Any, query: str, **options: Any) -> list[str]:
    found: list[str] = []
    token = None
    while True:
        page = client.files().list(q=query, pageToken=token, **options).execute()
        found += [item["name"] for item in page["files"]]
        token = page.get("nextPageToken")
        if token is None:
            return sorted(found)


def test_a_search_understands_names_folders_trash_and_brackets(
    client_of: ClientOf, server: DriveServer, her_folder: str
) -> None:
    server.store.add("it's \\ a.csv", her_folder, b"")
    server.store.add("b.csv", her_folder, b"", "text/csv")
    server.store.add("gone.csv", her_folder, b"").is_trashed = True
    inner = server.store.add("inner", her_folder)
    server.store.add("deep.csv", inner.item_id, b"")
    client = client_of()
    assert names(client, "name = 'it\\'s \\\\ a.csv'") == ["it's \\ a.csv"]
    assert names(client, f"'{her_folder}' in parents and trashed = false") == ["b.csv", "inner", "it's \\ a.csv"]
    assert names(client, f"mimeType = '{FOLDER}' and not sharedWithMe") == ["inner"]
    assert names(client, "sharedWithMe and trashed = false") == ["water_outputs"]
    assert names(client, "(name = 'B.CSV' or name contains 'dee') and trashed != true") == ["b.csv", "deep.csv"]
    assert names(client_of(FAADUMO), "'root' in parents") == ["water_outputs"]
    server.store.items[inner.item_id].is_trashed = True
    assert names(client, "name = 'deep.csv' and trashed = false") == []


@pytest.mark.parametrize(
    "query", ["name", "name = b.csv", "name = 'it's'", "nom = 'x'", "(name = 'x'", "'x' in owners"]
)
def test_a_search_that_is_none_is_refused(client_of: ClientOf, query: str) -> None:
    assert refusal(client_of().files().list(q=query)) == (400, "invalid")


def test_what_is_in_a_shared_drive_is_found_there_only(
    client_of: ClientOf, server: DriveServer, shared_drive: str
) -> None:
    item = server.store.add("a.csv", shared_drive, b"")
    client = client_of()
    query = f"'{shared_drive}' in parents"
    assert names(client, query) == []
    assert names(client, query, **ALL) == []
    assert names(client, query, corpora="drive", driveId=shared_drive, **ALL) == ["a.csv"]
    assert names(client, query, corpora="allDrives", **ALL) == ["a.csv"]
    assert refusal(client.files().list(corpora="drive", driveId=shared_drive))[0] == 403
    assert refusal(client.files().get(fileId=item.item_id)) == (404, "notFound")
    assert client.files().get(fileId=item.item_id, supportsAllDrives=True).execute()["name"] == "a.csv"
    assert [drive["name"] for drive in client.drives().list().execute()["drives"]] == ["Water"]
    assert client.drives().get(driveId=shared_drive).execute()["name"] == "Water"


def test_a_long_listing_comes_in_pages(client_of: ClientOf, server: DriveServer, her_folder: str) -> None:
    server.api.page_size = 2
    for number in range(5):
        server.store.add(f"{number}.csv", her_folder, b"")
    assert names(client_of(), "name contains '' and not sharedWithMe") == [f"{number}.csv" for number in range(5)]
    assert server.request_counts() == {"files.list": 3}


def test_a_name_that_is_too_long_for_an_url_is_sent_otherwise(
    client_of: ClientOf, server: DriveServer, her_folder: str
) -> None:
    name = "warka wanaagsan ee ba'an " * 20 + "💧" * 100
    server.store.add(name, her_folder, b"")
    query = "name = '" + name.replace("'", "\\'") + "'"
    assert names(client_of(), query) == [name]


def test_a_service_account_has_no_storage_and_may_update_what_people_own(
    client_of: ClientOf, server: DriveServer, her_folder: str
) -> None:
    files = client_of().files()
    for body in ({"name": "a.csv", "parents": [her_folder]}, {"name": "f", "mimeType": FOLDER}, {"name": "b.csv"}):
        assert refusal(files.create(body=body)) == (403, "storageQuotaExceeded")
    item = server.store.add("a.csv", her_folder, b"old")
    files.update(fileId=item.item_id, media_body=media(b"new")).execute()
    assert item.content == b"new"
    about = client_of().about().get(fields="user(emailAddress),storageQuota(limit)").execute()
    assert about == {"user": {"emailAddress": ROBOT}, "storageQuota": {"limit": "0"}}


def test_a_reader_changes_nothing_and_a_stranger_sees_nothing(
    client_of: ClientOf, server: DriveServer, her_folder: str
) -> None:
    item = server.store.add("a.csv", her_folder, b"")
    server.store.items[her_folder].shares[ROBOT] = "reader"
    files = client_of().files()
    capabilities = files.get(fileId=her_folder, fields="capabilities(canEdit,canAddChildren)").execute()
    assert capabilities == {"capabilities": {"canEdit": False, "canAddChildren": False}}
    assert refusal(files.update(fileId=item.item_id, media_body=media(b"new")))[1] == "insufficientFilePermissions"
    assert refusal(files.delete(fileId=item.item_id))[1] == "insufficientFilePermissions"
    server.store.items[her_folder].shares.clear()
    assert refusal(files.get(fileId=item.item_id)) == (404, "notFound")
    assert refusal(files.create(body={"name": "b", "parents": [her_folder]})) == (404, "notFound")


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (429, "rateLimitExceeded")]
)
def test_a_refusal_on_purpose_says_how_long_to_wait(
    client_of: ClientOf, server: DriveServer, status: int, reason: str
) -> None:
    server.faults.append(Fault("refuse", "files.list", status=status, reason=reason, retry_after="7"))
    with pytest.raises(HttpError) as caught:
        client_of().files().list().execute()
    assert (caught.value.status_code, caught.value.resp["retry-after"]) == (status, "7")
    assert client_of().files().list().execute()["files"] == []


def test_an_answer_that_is_lost_leaves_what_was_done(
    client_of: ClientOf, server: DriveServer, shared_drive: str
) -> None:
    server.faults += [Fault("cut", "files.create"), Fault("lose-answer", "files.create")]
    create = client_of().files().create(body={"name": "a.csv", "parents": [shared_drive]}, supportsAllDrives=True)
    with pytest.raises(ConnectionError):
        create.execute()
    assert server.store.paths() == []
    with pytest.raises(ConnectionError):
        create.execute()
    assert server.store.paths() == ["a.csv"]
    assert [request.status for request in server.requests] == [None, None]


def test_a_token_that_is_nobodys_is_refused(client_of: ClientOf, server: DriveServer) -> None:
    client = client_of()
    server.tokens.forget()
    with pytest.raises(RefreshError, match="refresh"):  # the client takes a 401 for a token that has run out
        client.files().list().execute()
    assert [request.status for request in server.requests] == [401]


def test_who_watches_can_stop_a_request_before_while_and_after_it_is_done(
    client_of: ClientOf, server: DriveServer, her_folder: str
) -> None:
    seen = []
    server.watch = lambda number, when: seen.append((number, when))
    client_of().files().get(fileId=her_folder).execute()
    assert seen == [(1, "arriving"), (1, "before"), (1, "after")]


def test_a_request_that_does_not_come_whole_is_none(server: DriveServer, her_folder: str) -> None:
    item = server.store.add("a.csv", her_folder, b"old")
    token = server.tokens.give(ROBOT)
    host, _, port = server.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(
            f"PATCH /upload/drive/v3/files/{item.item_id}?uploadType=media HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\nhalf".encode()
        )
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    assert item.content == b"old"
