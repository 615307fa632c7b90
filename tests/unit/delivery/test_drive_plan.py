"""What is found out before an upload: where paths lead, and what the account may do there."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline_lib.delivery.drive_client import DriveClient
from pipeline_lib.delivery.drive_folders import Destination
from pipeline_lib.delivery.drive_plan import grouped, plan
from pipeline_lib.delivery.drive_upload import Uploaded
from pipeline_lib.errors import FatalSourceError, Problem
from sandbox.drive.server import DriveServer

Make = Callable[..., Destination]
Act = Callable[..., Uploaded]
ROBOT = "pipeline@radio-water.iam.gserviceaccount.com"
FAADUMO = "faadumo@example.org"
CHANGING = {"files.create", "files.update", "files.delete", "files.generateIds", "upload"}
NO_STORAGE = f"cannot be created: the service account {ROBOT} has no storage in a person's My Drive"
WAYS = (
    "move the folder to a shared drive and make the service account a Contributor there; or use a person's credentials "
    "(authorized_user); or let the service account act for a person (Subject): see docs/drive.md"
)


def refused(server: DriveServer, act: Callable[[], Any]) -> list[str]:
    before = server.store.paths()
    with pytest.raises(FatalSourceError) as caught:
        act()
    assert server.store.paths() == before
    assert not CHANGING & set(server.request_counts())
    assert FAADUMO not in str(caught.value)
    return list(map(str, caught.value.problems))


def test_paths_that_begin_nowhere_are_told_at_once(
    server: DriveServer, her_folder: str, shared_drive: str, destination: Make, run: Act
) -> None:
    wanted = [
        destination("water_output/s01", {"a.csv": "1"}, "One"),
        destination("nowhere", {"b.csv": "1"}, "Two"),
        destination("water_output", {"c.csv": "1"}, "Three"),
    ]
    shared = f"is shared with the service account {ROBOT}"
    share = "share it, or name a folder's id, as docs/drive.md explains"
    assert refused(server, lambda: run(*wanted)) == [
        f'One: no folder and no shared drive called "water_output" {shared}; did you mean "water_outputs"?; {share}',
        f'Two: no folder and no shared drive called "nowhere" {shared}; known: "Water", "water_outputs"; {share}',
        f'Three: no folder and no shared drive called "water_output" {shared}; did you mean "water_outputs"?; {share}',
    ]


def test_a_person_is_not_named(
    server: DriveServer, her_folder: str, destination: Make, run: Act, client_of: Callable[..., DriveClient]
) -> None:
    (problem,) = refused(server, lambda: run(destination("nowhere", {"a.csv": "1"}, "One"), client=client_of(FAADUMO)))
    assert 'called "nowhere" is shared with the person whose credentials these are' in problem


def test_several_folders_of_the_first_name_cannot_be_told_apart(
    server: DriveServer, her_folder: str, destination: Make, run: Act
) -> None:
    server.store.add_drive("water_outputs", {ROBOT: "writer"})
    assert refused(server, lambda: run(destination("water_outputs", {"a.csv": "1"}, "One"))) == [
        (
            f'One: 2 folders or shared drives called "water_outputs" are shared with the service account {ROBOT}; '
            "name the id of the one that is meant"
        )
    ]


def test_an_id_that_leads_to_no_folder_is_told(
    server: DriveServer, her_folder: str, destination: Make, run: Act
) -> None:
    file = server.store.add("a.csv", her_folder, b"")
    trash = server.store.add("old", her_folder)
    trash.is_trashed = True
    stranger = server.store.add("secret", server.store.accounts[FAADUMO].root_id)
    found = refused(
        server,
        lambda: run(
            *(
                destination("", {"a.csv": "1"}, item_id, folder_id=item_id)
                for item_id in (file.item_id, trash.item_id, stranger.item_id, "nothing-at-all")
            )
        ),
    )
    not_there = f"there is no folder with this id, or it is not shared with the service account {ROBOT}"
    share = "correct it, or share the folder as docs/drive.md explains"
    assert found == [
        f"{file.item_id}: the id is not that of a folder; name the folder that the file should be in",
        f"{trash.item_id}: the folder is in the trash; take it out, or name another one",
        f"{stranger.item_id}: {not_there}; {share}",
        f"nothing-at-all: {not_there}; {share}",
    ]


def test_in_a_persons_drive_a_service_account_updates_what_is_there_and_says_what_it_cannot_create(
    server: DriveServer, her_folder: str, destination: Make, run: Act
) -> None:
    mine = server.store.add("a.csv", her_folder, b"old")
    uploaded = run(destination("water_outputs", {"a.csv": "new", "b.csv": "new", "graphs/c.png": b"new"}))
    assert mine.content == b"new"
    assert [str(problem) for problem in grouped(uploaded.left_alone)] == [
        f"Drive: water_outputs/b.csv, Drive: water_outputs/graphs/c.png: {NO_STORAGE}; {WAYS}"
    ]
    assert not {"files.create", "files.generateIds"} & set(server.request_counts())


def test_where_nothing_can_be_done_it_is_said_before_anything_is(
    server: DriveServer, her_folder: str, destination: Make, run: Act
) -> None:
    files = {f"{number:02}.csv": "1" for number in range(12)}
    (problem,) = refused(server, lambda: run(destination("water_outputs", files)))
    assert problem.startswith("Drive: water_outputs/00.csv, Drive: water_outputs/01.csv, ")
    assert problem.endswith(f"Drive: water_outputs/09.csv and 2 more: {NO_STORAGE}; {WAYS}")


def test_a_person_creates_in_their_own_drive(
    server: DriveServer, her_folder: str, destination: Make, run: Act, client_of: Callable[..., DriveClient]
) -> None:
    uploaded = run(destination("water_outputs/s01", {"a.csv": "1"}), client=client_of(FAADUMO))
    assert server.store.at("water_outputs/s01/a.csv").owner == FAADUMO
    assert not uploaded.left_alone


def test_whoever_may_only_look_is_told_so(
    server: DriveServer, her_folder: str, shared_drive: str, destination: Make, run: Act
) -> None:
    server.store.drives[shared_drive].members[ROBOT] = "reader"
    server.store.add("a.csv", shared_drive, b"old")
    right = "make it an Editor of the folder, or a Contributor of the shared drive"
    assert refused(server, lambda: run(destination("Water", {"a.csv": "1", "b.csv": "1"}))) == [
        (
            "Drive: Water/a.csv, Drive: Water/b.csv: "
            f"the service account {ROBOT} may not change this on Google Drive; {right}"
        )
    ]


def test_a_folder_of_a_shared_drive_may_be_shared_alone(server: DriveServer, destination: Make, run: Act) -> None:
    drive = server.store.add_drive("Water", {FAADUMO: "organizer"})
    folder = server.store.add("outputs", drive.item_id)
    folder.shares[ROBOT] = "writer"
    run(destination("outputs/s01", {"a.csv": "1"}), destination("", {"b.csv": "1"}, "B", folder_id=folder.item_id))
    uploaded = run(destination("outputs/s01", {"a.csv": "1"}))
    assert [each.action for each in uploaded.published] == ["equal"]
    assert server.store.paths() == ["outputs", "outputs/b.csv", "outputs/s01", "outputs/s01/a.csv"]


def test_a_plan_asks_and_changes_nothing(
    server: DriveServer, shared_drive: str, destination: Make, client: DriveClient
) -> None:
    plan(client, [destination("Water/new", {"a.csv": "1"})])
    assert server.store.paths() == []
    assert not CHANGING & set(server.request_counts())


def test_problems_that_differ_stay_apart() -> None:
    one, other, third = Problem("a", "is full"), Problem("b", "is full", "empty it"), Problem("c", "is full")
    assert grouped([one, other, third]) == [Problem("a, c", "is full"), other]
