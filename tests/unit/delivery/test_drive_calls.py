"""What is tried again and for how long, what is not, and what people are told; never in Google's words."""

import logging
import math
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from pipeline_lib.delivery.drive_client import DriveClient, Item
from pipeline_lib.delivery.drive_errors import retry_after_seconds
from pipeline_lib.delivery.drive_folders import Destination
from pipeline_lib.delivery.drive_upload import Uploaded
from pipeline_lib.errors import FatalSourceError, PipelineError, RetriableSourceError
from sandbox.drive.faults import Fault
from sandbox.drive.server import DriveServer

Make = Callable[..., Destination]
Act = Callable[..., Uploaded]
ROBOT = "pipeline@radio-water.iam.gserviceaccount.com"
PASSING = [
    (403, "rateLimitExceeded"),
    (403, "userRateLimitExceeded"),
    (429, "rateLimitExceeded"),
    (408, "timeout"),
    (500, "internalError"),
    (502, ""),
    (503, "backendError"),
]


def item(client: DriveClient, item_id: str) -> Item | None:
    return client.item(item_id, "the place")


@pytest.mark.parametrize(("status", "reason"), PASSING)
def test_a_call_that_is_retried_returns_what_the_retry_brought(
    server: DriveServer, her_folder: str, client: DriveClient, waits: list[float], status: int, reason: str
) -> None:
    """The predecessor's returned nothing, so that a folder's id became None and files went elsewhere."""
    server.faults.append(Fault("refuse", "files.get", times=3, status=status, reason=reason))
    found = item(client, her_folder)
    assert found is not None
    assert (found.item_id, found.name) == (her_folder, "water_outputs")
    assert server.request_counts()["files.get"] == 4
    assert len(waits) == 3


@pytest.mark.parametrize("kind", ["cut", "lose-answer"])
def test_a_line_that_breaks_is_tried_again(
    server: DriveServer, her_folder: str, client: DriveClient, kind: Any
) -> None:
    server.faults.append(Fault(kind, "files.list", times=2))
    assert [folder.name for folder in client.shared_folders("the place")] == ["water_outputs"]


def test_every_kind_of_call_gives_what_its_retry_brought(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    methods = ("files.list", "files.get", "files.create", "files.generateIds", "drives.list")
    server.faults += [Fault("refuse", method, status=403, reason="userRateLimitExceeded") for method in methods]
    run(destination("Water/outputs/s01", {"a.csv": "1"}))
    assert server.store.paths() == ["outputs", "outputs/s01", "outputs/s01/a.csv"]
    server.faults.append(Fault("refuse", "files.update"))
    assert [each.action for each in run(destination("Water/outputs/s01", {"a.csv": "2"})).published] == ["updated"]
    assert all(fault.times == 0 for fault in server.faults)


def test_it_waits_as_long_as_it_is_asked_to(
    server: DriveServer, her_folder: str, client: DriveClient, waits: list[float]
) -> None:
    server.faults += [
        Fault("refuse", "files.get", status=429, retry_after="17"),
        Fault("refuse", "files.get", status=503, retry_after="100000"),
        Fault("refuse", "files.get", status=503, retry_after="soon"),
        Fault("refuse", "files.get", status=503, retry_after="Mon, 01 Jan 2001 00:00:00 GMT"),
    ]
    item(client, her_folder)
    assert [17 <= waits[0] <= 18, 600 <= waits[1] <= 602, waits[2] <= 4, waits[3] <= 8] == [True] * 4


def test_a_date_to_wait_for_is_understood() -> None:
    class Answer(dict[str, str]):
        status = 503
        reason = ""

    from googleapiclient.errors import HttpError  # noqa: PLC0415

    error = HttpError(Answer({"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}), b"")
    assert retry_after_seconds(error) > 365 * 24 * 3600
    assert retry_after_seconds(None) == 0


def test_tries_come_to_an_end(server: DriveServer, her_folder: str, client: DriveClient, waits: list[float]) -> None:
    server.faults.append(Fault("refuse", "files.get", times=math.inf, status=503, reason="backendError"))
    with pytest.raises(RetriableSourceError) as caught:
        item(client, her_folder)
    assert str(caught.value) == "the place: Google Drive answers with an error (503 backendError); try again later"
    assert server.request_counts()["files.get"] == 7
    assert len(waits) == 6
    assert sum(waits) <= 1 + 2 + 4 + 8 + 16 + 32


def test_a_server_that_is_not_there_can_be_tried_again_later(server: DriveServer, client: DriveClient) -> None:
    server.faults.append(Fault("cut", "files.get", times=math.inf))
    with pytest.raises(RetriableSourceError, match=r"^the place: Google Drive does not answer; try again later$"):
        item(client, "any")


REFUSALS = [
    (
        403,
        "storageQuotaExceeded",
        f"the service account {ROBOT} has no storage, so it cannot create anything here (403 storageQuotaExceeded)",
    ),
    (403, "accessNotConfigured", "the Google Drive API is not enabled in the credentials' project (403 accessNot"),
    (403, "insufficientPermissions", "these credentials are not for Google Drive (403 insufficientPermissions); make"),
    (403, "appNotAuthorizedToFile", "these credentials reach only files that they created themselves (403 appNot"),
    (403, "domainPolicy", "an administrator has forbidden Google Drive to apps (403 domainPolicy); ask"),
    (403, "teamDriveFileLimitExceeded", "the shared drive has reached its limit of items (403 teamDrive"),
    (403, "insufficientFilePermissions", f"the service account {ROBOT} may not change this on Google Drive (403"),
    (403, "somethingNew", "Google Drive refuses the request (403 somethingNew)"),
    (400, "no word: canary@example.org", "Google Drive refuses the request (400)"),
]


@pytest.mark.parametrize(("status", "reason", "said"), REFUSALS)
def test_a_refusal_is_not_tried_again_and_says_what_to_do(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, status: int, reason: str, said: str
) -> None:
    server.faults.append(Fault("refuse", "files.create", times=math.inf, status=status, reason=reason))
    with pytest.raises(FatalSourceError) as caught:
        run(destination("Water", {"a.csv": "1"}))
    assert str(caught.value).startswith(f"Drive: Water/a.csv: {said}")
    assert server.request_counts()["files.create"] == (3 if status == 400 else 1)  # of a 400 the id may be the cause


def test_a_limit_of_the_day_is_left_for_later(server: DriveServer, her_folder: str, client: DriveClient) -> None:
    server.faults.append(Fault("refuse", "files.get", status=403, reason="dailyLimitExceeded"))
    with pytest.raises(RetriableSourceError):
        item(client, her_folder)
    assert server.request_counts()["files.get"] == 1


def test_a_persons_full_storage_is_told(
    server: DriveServer, her_folder: str, destination: Make, run: Act, client_of: Callable[..., DriveClient]
) -> None:
    server.store.full.add("faadumo@example.org")
    with pytest.raises(FatalSourceError) as caught:
        run(destination("water_outputs", {"a.csv": "1"}), client=client_of("faadumo@example.org"))
    assert str(caught.value) == (
        "Drive: water_outputs/a.csv: the storage of the person whose credentials these are is full "
        "(403 storageQuotaExceeded); make room there, or upload to a shared drive"
    )


@pytest.mark.slow
def test_nothing_of_googles_words_tokens_or_addresses_gets_out(
    server: DriveServer,
    shared_drive: str,
    destination: Make,
    run: Act,
    client: DriveClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client.small_bytes, client.piece_bytes = 1000, 256 * 1024
    with caplog.at_level(logging.DEBUG):
        run(destination("Water", {"a.csv": "1", "big.csv": b"x" * 600_000}))
        for status in (400, 401, 403, 404, 410, 503):
            server.faults.append(Fault("refuse", "upload", times=math.inf, status=status, after_requests=1))
            with pytest.raises(PipelineError) as caught:
                run(destination("Water", {"big.csv": b"y" * 600_000 + str(status).encode()}))
            told = "".join(traceback.format_exception(caught.value))
            assert "canary" not in told
            server.faults.clear()
    assert "canary" not in caplog.text
