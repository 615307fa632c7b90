"""What is on Drive after an upload, after another one, and after one that went wrong."""

import hashlib
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.delivery.drive_client import DriveClient
from pipeline_lib.delivery.drive_folders import Destination
from pipeline_lib.delivery.drive_ids import RememberedIds, Spot
from pipeline_lib.delivery.drive_plan import plan
from pipeline_lib.delivery.drive_upload import Uploaded, dry_run, upload
from pipeline_lib.errors import FatalSourceError, RetriableSourceError
from sandbox.drive.faults import Fault
from sandbox.drive.model import FOLDER
from sandbox.drive.server import DriveServer

Make = Callable[..., Destination]
Act = Callable[..., Uploaded]
ROBOT = "pipeline@radio-water.iam.gserviceaccount.com"
FAADUMO = "faadumo@example.org"
ANALYSIS = {
    "index.html": "<h1>Water</h1>",
    "theme_distributions.csv": "theme,count\r\n",
    "graphs/season.png": b"\x89PNG\r\n\x1a\n",
    "maps/regions/wells.png": b"\x89PNG\r\n\x1a\n2",
}


def actions(uploaded: Uploaded) -> dict[str, str]:
    return {each.path: each.action.value for each in uploaded.published}


def test_files_and_the_folders_on_their_way_are_made(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    uploaded = run(
        destination("Water/outputs/s01", {"production.csv": "a,b\n"}, "Production"),
        destination("Water/outputs/analysis", ANALYSIS, "Analysis", is_mirror=True),
    )
    assert server.store.paths() == [
        "outputs",
        "outputs/analysis",
        "outputs/analysis/graphs",
        "outputs/analysis/graphs/season.png",
        "outputs/analysis/index.html",
        "outputs/analysis/maps",
        "outputs/analysis/maps/regions",
        "outputs/analysis/maps/regions/wells.png",
        "outputs/analysis/theme_distributions.csv",
        "outputs/s01",
        "outputs/s01/production.csv",
    ]
    item = server.store.at("outputs/s01/production.csv")
    assert (item.content, item.mime_type) == (b"a,b\n", "text/csv")
    assert [each.path.removeprefix("Water/outputs/") for each in uploaded.published] == [
        "s01/production.csv",
        "analysis/graphs/season.png",
        "analysis/maps/regions/wells.png",
        "analysis/theme_distributions.csv",
        "analysis/index.html",  # last, so that it links to nothing that is not there
    ]
    assert set(actions(uploaded).values()) == {"created"}
    first = uploaded.published[0]
    assert (first.item_id, first.link) == (item.item_id, item.link)
    assert first.md5 == hashlib.md5(b"a,b\n", usedforsecurity=False).hexdigest()
    assert uploaded.links["Analysis"] == server.store.at("outputs/analysis").link


def test_a_second_upload_sends_only_what_changed_and_keeps_ids_and_links(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    def upload_with(graph: bytes) -> Uploaded:
        files = {**ANALYSIS, "graphs/season.png": graph}
        return run(destination("Water/analysis", files, is_mirror=True))

    first = upload_with(b"old")
    server.store.at("analysis/graphs/season.png").shares["radio@example.org"] = "reader"
    server.requests.clear()
    second = upload_with(b"new")
    assert {each.item_id for each in first.published} == {each.item_id for each in second.published}
    assert Counter(actions(second).values()) == {"equal": 3, "updated": 1}
    item = server.store.at("analysis/graphs/season.png")
    assert (item.content, item.version, item.shares) == (b"new", 2, {"radio@example.org": "reader"})
    # Where paths begin (shared folders, shared drives, that drive), and what is in each of four folders.
    assert server.request_counts() == {"files.list": 6, "drives.list": 1, "files.get": 1, "files.update": 1}
    server.requests.clear()
    assert set(actions(upload_with(b"new")).values()) == {"equal"}
    assert server.request_counts() == {"files.list": 6, "drives.list": 1, "files.get": 1}


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, client: DriveClient, tmp_path: Path
) -> None:
    run(destination("Water/outputs", {"same.csv": "1", "changed.csv": "1"}))
    server.requests.clear()
    wanted = destination("Water/outputs", {"same.csv": "1", "changed.csv": "2", "new/file.csv": "3"})
    before, state = server.store.paths(), (tmp_path / "project/state/drive/ids.json").read_bytes()
    tried = dry_run(plan(client, [wanted]))
    assert actions(tried) == {
        "Water/outputs/same.csv": "equal",
        "Water/outputs/changed.csv": "updated",
        "Water/outputs/new/file.csv": "created",
    }
    assert server.store.paths() == before
    assert set(server.request_counts()) <= {"files.list", "drives.list", "files.get"}
    assert (tmp_path / "project/state/drive/ids.json").read_bytes() == state


@pytest.mark.parametrize("name", ['it\'s a "test" \\ 100%.csv', "warbixin ñ 水.csv", "a' or name != 'b.csv"])
def test_names_of_any_kind_are_found_again(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, name: str
) -> None:
    place = "Water/Faadumo's folder \\ 2026"
    run(destination(place, {name: "1"}))
    assert actions(run(destination(place, {name: "2"}))) == {f"{place}/{name}": "updated"}
    assert server.store.paths() == ["Faadumo's folder \\ 2026", f"Faadumo's folder \\ 2026/{name}"]


def test_a_name_that_differs_in_capitals_is_another_one(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    server.store.add("Production.csv", server.store.add("Outputs", shared_drive).item_id, b"theirs")
    run(destination("Water/outputs", {"production.csv": "ours"}))
    assert server.store.at("Outputs/Production.csv").content == b"theirs"
    assert server.store.at("outputs/production.csv").content == b"ours"


def test_what_is_in_the_trash_is_not_found(server: DriveServer, shared_drive: str, destination: Make, run: Act) -> None:
    old = server.store.add("outputs", shared_drive)
    old.is_trashed = True
    gone = server.store.add("a.csv", old.item_id, b"old")
    assert actions(run(destination("Water/outputs", {"a.csv": "new"}))) == {"Water/outputs/a.csv": "created"}
    assert gone.content == b"old"
    assert server.store.paths() == ["outputs", "outputs", "outputs/a.csv", "outputs/a.csv"]


def test_long_folders_are_read_page_by_page(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    server.api.page_size = 3
    files = {f"{number:02}.csv": str(number) for number in range(10)}
    run(destination("Water", files, is_mirror=True))
    assert set(actions(run(destination("Water", files, is_mirror=True))).values()) == {"equal"}
    assert len(server.store.paths()) == 10


def test_a_folder_of_a_files_name_stays_and_the_file_is_made_beside_it(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    """The predecessor deleted such a folder for good, with all that was in it."""
    folder = server.store.add("production.csv", shared_drive)
    inside = server.store.add("precious.csv", folder.item_id, b"years of work")
    run(destination("Water", {"production.csv": "a"}))
    assert server.store.items[folder.item_id].mime_type == FOLDER
    assert server.store.items[inside.item_id].content == b"years of work"
    assert server.store.paths() == ["production.csv", "production.csv", "production.csv/precious.csv"]
    assert server.store.deleted_ids == []
    assert actions(run(destination("Water", {"production.csv": "b"}))) == {"Water/production.csv": "updated"}


def test_a_sheet_of_a_files_name_stays_and_the_file_is_made_beside_it(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    server.store.add("a.csv", shared_drive, mime_type="application/vnd.google-apps.spreadsheet")
    assert actions(run(destination("Water", {"a.csv": "1"}))) == {"Water/a.csv": "created"}
    assert actions(run(destination("Water", {"a.csv": "2"}))) == {"Water/a.csv": "updated"}


def test_two_files_of_one_name_are_told_and_left_alone(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    both = [server.store.add("a.csv", shared_drive, b"old") for _ in range(2)]
    uploaded = run(destination("Water", {"a.csv": "new", "b.csv": "new"}))
    assert actions(uploaded) == {"Water/b.csv": "created"}
    assert list(map(str, uploaded.left_alone)) == [
        "Drive: Water/a.csv: there are several files of this name; keep one of them; nothing was changed"
    ]
    assert [item.content for item in both] == [b"old", b"old"]
    assert server.store.deleted_ids == []


def test_two_folders_of_one_name_are_told_and_left_alone(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    for _ in range(2):
        weeks = server.store.add("weeks", server.store.add("graphs", shared_drive).item_id)
        server.store.add("a.png", weeks.item_id, b"old")
    before = server.store.paths()
    uploaded = run(destination("Water", {"graphs/weeks/a.png": "1", "b.csv": "1"}, is_mirror=True))
    assert actions(uploaded) == {"Water/b.csv": "created"}
    assert list(map(str, uploaded.left_alone)) == [
        (
            'Drive: Water/graphs/weeks/a.png: there are several folders called "Water/graphs"; '
            "keep one of them, or name the id of one; nothing was changed"
        )
    ]
    assert server.store.paths() == ["b.csv", *before]
    assert {item.content for item in server.store.items.values() if item.name == "a.png"} == {b"old"}


def test_what_is_no_longer_made_is_told_and_stays(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    csv = destination("Water/analysis", {"production.csv": "1"}, "Production")
    run(csv, destination("Water/analysis", {**ANALYSIS, "graphs/old.png": b"1"}, "Analysis", is_mirror=True))
    server.store.add("notes of a person.txt", server.store.add("old maps", server.store.at("analysis").item_id).item_id)
    uploaded = run(csv, destination("Water/analysis", ANALYSIS, "Analysis", is_mirror=True))
    assert uploaded.no_longer_made == ("Water/analysis/graphs/old.png", "Water/analysis/old maps/")
    assert "analysis/graphs/old.png" in server.store.paths()
    assert "analysis/old maps/notes of a person.txt" in server.store.paths()


def test_a_lost_answer_to_a_creation_makes_no_second_file(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    server.faults += [Fault("lose-answer", "files.create", times=2), Fault("lose-answer", "files.update")]
    uploaded = run(destination("Water/outputs", {"a.csv": "1"}))
    assert actions(uploaded) == {"Water/outputs/a.csv": "created"}
    assert server.store.paths() == ["outputs", "outputs/a.csv"]
    assert uploaded.published[0].item_id == server.store.at("outputs/a.csv").item_id
    assert actions(run(destination("Water/outputs", {"a.csv": "2"}))) == {"Water/outputs/a.csv": "updated"}
    assert server.store.at("outputs/a.csv").content == b"2"


def test_the_id_is_remembered_before_it_is_used(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, ids: Callable[[], RememberedIds]
) -> None:
    server.faults.append(Fault("refuse", "files.create", status=403, reason="domainPolicy"))
    with pytest.raises(FatalSourceError):
        run(destination("Water", {"a.csv": "1"}))
    remembered = ids().of(Spot(shared_drive, "a.csv"))
    run(destination("Water", {"a.csv": "1"}))
    assert server.store.at("a.csv").item_id == remembered
    assert server.request_counts()["files.generateIds"] == 1


def test_ids_that_another_account_was_given_are_given_up(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, client_of: Callable[..., DriveClient]
) -> None:
    server.store.drives[shared_drive].members[FAADUMO] = "writer"
    wanted = destination("Water/outputs", {"a.csv": "1"})
    server.faults.append(Fault("refuse", "files.create", status=403, reason="domainPolicy"))
    with pytest.raises(FatalSourceError):
        run(wanted)
    run(wanted, client=client_of(FAADUMO))
    assert server.store.paths() == ["outputs", "outputs/a.csv"]


def test_no_more_than_three_ids_are_tried(server: DriveServer, shared_drive: str, destination: Make, run: Act) -> None:
    server.faults.append(Fault("refuse", "files.create", times=math.inf, status=400, reason="invalid"))
    with pytest.raises(FatalSourceError, match=r"^Drive: Water/a.csv: Google Drive refuses the request \(400 inv"):
        run(destination("Water", {"a.csv": "1"}))
    assert server.request_counts()["files.create"] == 3


def test_what_a_search_does_not_show_yet_is_not_made_again(
    server: DriveServer, shared_drive: str, destination: Make, client: DriveClient, ids: Callable[[], RememberedIds]
) -> None:
    wanted = [destination("Water/outputs", {"a.csv": "1"})]
    early = plan(client, wanted)  # before the other upload, as a search that lags behind would tell it
    upload(client, plan(client, wanted), ids())
    changed = early.steps[0].local
    changed.write_text("2")
    assert actions(upload(client, early, ids())) == {"Water/outputs/a.csv": "updated"}
    assert server.store.paths() == ["outputs", "outputs/a.csv"]
    assert server.store.at("outputs/a.csv").content == b"2"


@pytest.mark.parametrize("fate", ["trashed", "moved", "deleted"])
def test_what_people_put_away_is_made_anew(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, fate: str
) -> None:
    run(destination("Water/outputs", {"a.csv": "1"}))
    folder = server.store.at("outputs")
    match fate:
        case "trashed":
            folder.is_trashed = True
        case "moved":
            folder.parent_id = server.store.add("archive", shared_drive).item_id
        case "deleted":
            server.store.delete(server.store.accounts[FAADUMO], folder.item_id, everywhere=True)
    assert actions(run(destination("Water/outputs", {"a.csv": "2"}))) == {"Water/outputs/a.csv": "created"}
    (new,) = [item for item in server.store.items.values() if item.name == "a.csv" and item.content == b"2"]
    assert server.store.path(new) == "outputs/a.csv"
    assert set(actions(run(destination("Water/outputs", {"a.csv": "2"}))).values()) == {"equal"}


def test_one_folder_under_two_paths_is_made_once(
    server: DriveServer, shared_drive: str, destination: Make, run: Act
) -> None:
    run(
        destination("Water/new", {"a.csv": "1"}, "One"),
        destination("new", {"b.csv": "1"}, "Other", folder_id=shared_drive),
    )
    assert server.store.paths() == ["new", "new/a.csv", "new/b.csv"]


def test_two_settings_cannot_mean_one_file(server: DriveServer, shared_drive: str, destination: Make, run: Act) -> None:
    one = destination("Water/new", {"a.csv": "1"}, "One")
    other = destination("new", {"a.csv": "2"}, "Other", folder_id=shared_drive)
    with pytest.raises(FatalSourceError, match=r'^Other: "Drive/new/a.csv" is uploaded by another setting already'):
        run(one, other)
    assert server.store.paths() == []


def test_a_large_file_goes_on_where_the_line_broke(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, client: DriveClient
) -> None:
    client.small_bytes, client.piece_bytes = 1000, 512 * 1024
    content = bytes(range(256)) * 10_000
    server.faults += [
        Fault("cut-upload", "upload", after_requests=1),
        Fault("refuse", "upload", after_requests=1),
        Fault("lose-answer", "upload", after_requests=2),
        Fault("cut", "files.create"),
    ]
    assert actions(run(destination("Water", {"big.csv": content}))) == {"Water/big.csv": "created"}
    assert server.store.at("big.csv").content == content
    sent = sum(request.body_bytes for request in server.requests if request.method == "upload")
    assert sent < len(content) + 4 * 512 * 1024
    bigger = content + b"more"
    server.faults.append(Fault("lose-answer", "upload", after_requests=5))  # the last piece came, and was kept
    assert actions(run(destination("Water", {"big.csv": bigger}))) == {"Water/big.csv": "updated"}
    assert server.store.at("big.csv").content == bigger
    assert server.store.at("big.csv").version == 2


def test_a_large_file_whose_session_is_forgotten_begins_anew_and_not_for_ever(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, client: DriveClient
) -> None:
    client.small_bytes, client.piece_bytes = 1000, 256 * 1024
    content = b"x" * 600_000
    server.faults.append(Fault("expire", "upload", after_requests=1, times=2))
    run(destination("Water", {"big.csv": content}))
    assert server.store.paths() == ["big.csv"]
    assert server.store.at("big.csv").content == content
    server.faults.append(Fault("expire", "upload", times=100))
    with pytest.raises(RetriableSourceError, match=r"^Drive: Water/big.csv: was deleted from Google Drive"):
        run(destination("Water", {"big.csv": content + b"y"}))
    assert server.store.at("big.csv").content == content


def test_a_large_file_whose_last_answer_is_lost_is_there_once(
    server: DriveServer, shared_drive: str, destination: Make, run: Act, client: DriveClient
) -> None:
    client.small_bytes, client.piece_bytes = 1000, 256 * 1024
    # The last piece arrives, its answer does not, and then the session is forgotten too.
    server.faults += [
        Fault("lose-answer", "upload", after_requests=2),
        Fault("expire", "upload", after_requests=0, times=1),
    ]
    server.faults[1].after_requests = 3
    run(destination("Water", {"big.csv": b"x" * 600_000}))
    assert server.store.paths() == ["big.csv"]


def test_damage_on_the_way_is_noticed(
    server: DriveServer,
    shared_drive: str,
    destination: Make,
    client: DriveClient,
    ids: Callable[[], RememberedIds],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create = server.store.create

    def damage(account: Any, metadata: Any, content: Any, media_type: str = "", *, everywhere: bool) -> Any:
        return create(account, metadata, content and content[:-1], media_type, everywhere=everywhere)

    monkeypatch.setattr(server.store, "create", damage)
    wanted = [destination("Water", {"a.csv": "12"})]
    with pytest.raises(RetriableSourceError, match=r"^Drive: Water/a.csv: was damaged on its way"):
        upload(client, plan(client, wanted), ids())


def test_an_update_of_what_is_gone_meanwhile_can_be_tried_again(
    server: DriveServer, shared_drive: str, destination: Make, client: DriveClient, run: Act, ids: Any
) -> None:
    run(destination("Water", {"a.csv": "1"}))
    wanted = [destination("Water", {"a.csv": "2"})]
    planned = plan(client, wanted)
    server.store.delete(server.store.accounts[FAADUMO], server.store.at("a.csv").item_id, everywhere=True)
    with pytest.raises(RetriableSourceError, match="was deleted from Google Drive after it was looked up"):
        upload(client, planned, ids())
    run(*wanted)
    assert server.store.at("a.csv").content == b"2"
