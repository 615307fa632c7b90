"""The upload itself: files keep their ids and links, equal ones are left as they are, nothing is ever deleted."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline_lib.delivery.drive_client import DriveClient, Item, UnusableIdError
from pipeline_lib.delivery.drive_folders import Folder
from pipeline_lib.delivery.drive_ids import RememberedIds, Spot
from pipeline_lib.delivery.drive_plan import Plan, Step
from pipeline_lib.errors import Problem, RetriableSourceError
from pipeline_lib.input_files import open_input

logger = logging.getLogger(__name__)

_TRIES = 3
"""How many ids a creation tries."""


class Action(StrEnum):
    """What becomes of a file."""

    CREATED = "created"
    UPDATED = "updated"
    EQUAL = "equal"


@dataclass(frozen=True)
class Published:
    """A file as it is on Drive now."""

    path: str
    """Names from a shared folder, a shared drive or a folder's id on, joined by slashes."""
    item_id: str
    """Empty, like the link, for a file that would be created."""
    link: str
    md5: str
    action: Action


@dataclass(frozen=True)
class Uploaded:
    """What an upload has done."""

    published: tuple[Published, ...]
    left_alone: tuple[Problem, ...]
    """What somebody must correct, one problem per file."""
    no_longer_made: tuple[str, ...]
    """Files and folders in mirrored folders on Drive that no run makes any more."""
    folders: Mapping[str, str]
    """Paths of the destinations' folders, by their settings."""
    links: Mapping[str, str]
    """To these folders."""


def dry_run(plan: Plan) -> Uploaded:
    """What `upload` would do; changes nothing and sends no request."""
    published = []
    for step in _possible(plan):
        md5, remote = md5_of(step.local), step.remote
        if remote is None:
            published.append(Published(step.path, "", "", md5, Action.CREATED))
        else:
            action = Action.EQUAL if remote.md5 == md5 else Action.UPDATED
            published.append(Published(step.path, remote.item_id, remote.link, md5, action))
    return _outcome(plan, published, {})


def upload(client: DriveClient, plan: Plan, ids: RememberedIds) -> Uploaded:
    """Does what is planned.

    Args:
        client: A client of Drive.
        plan: As `plan` made it.
        ids: The ids of new files and folders; they outlive this process.

    Raises:
        SourceError: Drive is unavailable; files that were uploaded before stay, and the next upload finds them equal.
    """
    return _Upload(client, ids).whole(plan)


def md5_of(path: Path) -> str:
    """A local file's MD5, written as Drive writes it."""
    with open_input(path) as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _possible(plan: Plan) -> list[Step]:
    return [step for step in plan.steps if step.refusal is None]


def _outcome(plan: Plan, published: list[Published], made: Mapping[int, Item]) -> Uploaded:
    items = {setting: folder.item or made.get(id(folder)) for setting, folder in plan.folders.items()}
    links = {setting: item.link for setting, item in items.items() if item is not None}
    paths = {setting: folder.path for setting, folder in plan.folders.items()}
    return Uploaded(tuple(published), plan.refusals, plan.no_longer_made, paths, links)


class _Upload:
    """One upload under way."""

    def __init__(self, client: DriveClient, ids: RememberedIds) -> None:
        self._client, self._ids = client, ids
        self._made: dict[int, Item] = {}

    def whole(self, plan: Plan) -> Uploaded:
        steps = _possible(plan)
        self._remember_ids([step for step in steps if step.remote is None])
        published = [self._published(step) for step in steps]
        return _outcome(plan, published, self._made)

    def _remember_ids(self, steps: list[Step]) -> None:
        """Ids for all new folders and files, folders first; all are kept before the first is used."""
        new = {id(each): each for step in steps for each in _made_for(step)}
        free: list[str] = []
        given: dict[Spot, str] = {}
        ids_of_folders: dict[int, str] = {}
        for number, each in enumerate(new.values()):
            above = each.folder if isinstance(each, Step) else each.parent
            if above is None:
                raise AssertionError  # the first of a path is always there
            spot = Spot(above.item.item_id if above.item else ids_of_folders[id(above)], each.name)
            item_id = self._ids.of(spot) or given.get(spot)
            if item_id is None:
                free = free or self._client.new_ids(len(new) - number, "Drive: ids of new files")
                item_id = given[spot] = free.pop()
            if isinstance(each, Folder):
                ids_of_folders[id(each)] = item_id
        self._ids.remember(given)

    def _published(self, step: Step) -> Published:
        place, md5 = f"Drive: {step.path}", md5_of(step.local)
        if step.remote is None:
            return self._new(step, self._folder(step.folder), md5, place)
        if step.remote.md5 == md5:
            return _told(step, step.remote, Action.EQUAL)
        return self._updated(step, step.remote, md5, place)

    def _new(self, step: Step, folder: Item, md5: str, place: str) -> Published:
        failure: Exception = AssertionError()  # there is one when tries are over
        for _ in range(_TRIES):
            item_id = self._id_at(Spot(folder.item_id, step.name), place)
            try:
                item = self._client.create_file(item_id, step.local, step.name, folder.item_id, place)
            except UnusableIdError as unusable:
                failure = unusable.failure
                found = self._kept(item_id, folder, step.name, place, is_folder=False)
                if found is None:
                    continue
                # It was created before, and the answer was lost.
                if found.md5 != md5:
                    return self._updated(step, found, md5, place)
                item = found
            return _told(step, _checked(item, md5, place), Action.CREATED)
        raise failure

    def _updated(self, step: Step, remote: Item, md5: str, place: str) -> Published:
        item = self._client.update_file(remote.item_id, step.local, place)
        return _told(step, _checked(item, md5, place), Action.UPDATED)

    def _folder(self, folder: Folder) -> Item:
        """The folder; creates it and the folders above it if they do not exist."""
        if folder.item is not None:
            return folder.item
        if folder.parent is None:
            raise AssertionError  # the first of a path is always there
        if id(folder) not in self._made:
            self._made[id(folder)] = self._new_folder(folder, self._folder(folder.parent))
        return self._made[id(folder)]

    def _new_folder(self, folder: Folder, parent: Item) -> Item:
        place = f"Drive: {folder.path}"
        failure: Exception = AssertionError()  # there is one when tries are over
        for _ in range(_TRIES):
            item_id = self._id_at(Spot(parent.item_id, folder.name), place)
            try:
                return self._client.create_folder(item_id, folder.name, parent.item_id, place)
            except UnusableIdError as unusable:
                failure = unusable.failure
                found = self._kept(item_id, parent, folder.name, place, is_folder=True)
                if found is not None:
                    return found
        raise failure

    def _kept(self, item_id: str, folder: Item, name: str, place: str, *, is_folder: bool) -> Item | None:
        """The item created with an id; None, with a new id remembered, if it is gone or something else now."""
        found = self._client.item(item_id, place)
        is_usable = found is not None and not found.is_trashed and found.is_folder == is_folder
        if found is not None and is_usable and (found.parent_id, found.name) == (folder.item_id, name):
            return found
        self._ids.remember({Spot(folder.item_id, name): self._new_id(place)}, instead_of=item_id)
        return None

    def _id_at(self, spot: Spot, place: str) -> str:
        known = self._ids.of(spot)
        if known is None:  # somebody has removed the folder, so that it has another id than planned
            self._ids.remember({spot: self._new_id(place)})
            known = self._ids.of(spot) or ""
        return known

    def _new_id(self, place: str) -> str:
        return self._client.new_ids(1, place)[0]


def _to_be_made(folder: Folder) -> list[Folder]:
    """The folder and those above it that do not exist yet, topmost first."""
    if folder.item is not None or folder.parent is None:
        return []
    return [*_to_be_made(folder.parent), folder]


def _made_for(step: Step) -> list[Folder | Step]:
    """What has to be created for a new file, in order."""
    return [*_to_be_made(step.folder), step]


def _told(step: Step, item: Item, action: Action) -> Published:
    if action is not Action.EQUAL:
        logger.info("%s: %s", action, step.path)
    return Published(step.path, item.item_id, item.link, item.md5, action)


def _checked(item: Item, md5: str, place: str) -> Item:
    if item.md5 != md5:
        raise RetriableSourceError(Problem(place, "was damaged on its way: its checksum differs", "try again"))
    return item
