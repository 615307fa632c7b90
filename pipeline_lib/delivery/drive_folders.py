"""Where paths lead on Drive: folders that are there, and those that are to be made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline_lib.delivery.drive_client import DriveClient, Item
from pipeline_lib.delivery.drive_errors import MAKE_IT_EDITOR, WAYS_TO_OWN
from pipeline_lib.errors import Problem, did_you_mean


@dataclass(frozen=True)
class Destination:
    """A place on Drive, and what is to be there."""

    setting: str
    """How errors name its path: `pipeline.json: DriveUpload.MessagesUploadPath`."""
    folders: tuple[str, ...]
    """Names of the folders that lead there; the first is one that was shared, unless there is a `folder_id`."""
    files: Mapping[str, Path]
    """By their path there; slashes lead into folders."""
    folder_id: str | None = None
    """Of the folder in which the path begins."""
    is_mirror: bool = False
    """Whether nothing else should be there, so that what is no longer made is worth telling."""


@dataclass(eq=False)
class Folder:
    """A folder on Drive, or one that is to be made there."""

    path: str
    """Names, joined by slashes."""
    item: Item | None
    """None for one to be made."""
    parent: "Folder | None"
    is_ambiguous: bool = False
    """Whether there are several of that name, here or above, so that nobody knows which."""

    @property
    def name(self) -> str:
        """The last of its path."""
        return self.path.rpartition("/")[2]

    @property
    def nearest(self) -> Item:
        """Itself, or the next above it that is there."""
        if self.item is not None:
            return self.item
        if self.parent is None:
            raise AssertionError  # the first of a path is always there
        return self.parent.nearest

    @property
    def identity(self) -> tuple[str, ...]:
        """The same for two paths to one folder: the id of what is there, and the names of what is to be made."""
        if self.item is not None or self.parent is None:
            return (self.nearest.item_id,)
        return (*self.parent.identity, self.name)


@dataclass
class Finder:
    """Looks folders up, each once."""

    client: DriveClient
    _shared: list[Item] | None = None
    _starts: dict[str, "Folder | tuple[str, str]"] = field(default_factory=dict)
    _children: dict[tuple[int, str], Folder] = field(default_factory=dict)
    _contents: dict[str, list[Item]] = field(default_factory=dict)

    def end_of(self, destination: Destination) -> Folder | Problem:
        """The folder to which a path leads; a problem where it begins nowhere."""
        key = destination.folder_id or destination.folders[0]
        if key not in self._starts:
            setting = destination.setting
            self._starts[key] = self._by_id(key, setting) if destination.folder_id else self._by_name(key, setting)
        match self._starts[key]:
            case Folder() as start:
                return self.below(start, destination.folders[0 if destination.folder_id else 1 :])
            case wrong, right:
                return Problem(destination.setting, wrong, right)

    def below(self, folder: Folder, names: Sequence[str]) -> Folder:
        """The folder to which names lead from another one; a new one where there is none yet."""
        for name in names:
            key = (id(folder), name)
            if key not in self._children:
                self._children[key] = self._child(folder, name)
            folder = self._children[key]
        return folder

    def contents(self, folder: Folder, name: str | None = None) -> list[Item]:
        """What is in a folder, or what of it has a name; nothing in one that is to be made."""
        if folder.item is None:
            return []
        item_id, place = folder.item.item_id, f"Drive: {folder.path}"
        if name is not None and item_id not in self._contents:
            return self.client.children(folder.item, place, name)
        if item_id not in self._contents:
            self._contents[item_id] = self.client.children(folder.item, place)
        return [item for item in self._contents[item_id] if name is None or item.name == name]

    def refusal_to_create(self, folder: Folder, place: str) -> Problem | None:
        """Why nothing can be created in a folder; None where it can."""
        if folder.is_ambiguous:
            first = folder
            while first.parent is not None and first.parent.is_ambiguous:
                first = first.parent
            wrong = f'there are several folders called "{first.path}"'
            return Problem(place, wrong, "keep one of them, or name the id of one; nothing was changed")
        asking = self.client.calls.asking
        if folder.nearest.drive_id is None and asking.is_service_account:
            wrong = f"cannot be created: {asking.called} has no storage in a person's My Drive"
            return Problem(place, wrong, WAYS_TO_OWN)
        return None if folder.nearest.can_add else self.refusal_to_change(place)

    def refusal_to_change(self, place: str) -> Problem:
        """Why something cannot be changed, or put into a folder, that the account only sees."""
        return Problem(place, f"Google Drive does not allow it to {self.client.calls.asking.called}", MAKE_IT_EDITOR)

    def _child(self, folder: Folder, name: str) -> Folder:
        path = f"{folder.path}/{name}"
        found = [item for item in self.contents(folder, name) if item.is_folder]
        return Folder(path, found[0] if len(found) == 1 else None, folder, folder.is_ambiguous or len(found) > 1)

    def _by_id(self, item_id: str, setting: str) -> Folder | tuple[str, str]:
        item = self.client.item(item_id, setting)
        if item is None:
            wrong = f"there is no folder with this id, or it is not shared with {self.client.calls.asking.called}"
            return wrong, "correct it, or share the folder as docs/drive.md tells"
        if not item.is_folder:
            return "the id is not a folder's", "name the folder that the file is to be in"
        if item.is_trashed:
            return "the folder is in the trash", "take it out, or name another one"
        return Folder(item.name, item, None)

    def _by_name(self, name: str, setting: str) -> Folder | tuple[str, str]:
        asking = self.client.calls.asking.called
        if self._shared is None:
            self._shared = self.client.shared_folders(setting)
        found = [item for item in self._shared if item.name == name]
        if not found:
            meant = did_you_mean(name, [item.name for item in self._shared])
            right = "; ".join(filter(None, (meant, "share it, or name a folder's id, as docs/drive.md tells")))
            return f'no folder and no shared drive called "{name}" is shared with {asking}', right
        if len(found) > 1:
            wrong = f'{len(found)} folders or shared drives called "{name}" are shared with {asking}'
            return wrong, "name the id of the one that is meant"
        if found[0].item_id != found[0].drive_id:
            return Folder(name, found[0], None)
        drive = self._by_id(found[0].item_id, setting)  # the list of drives does not tell what may be done there
        return Folder(name, drive.item, None) if isinstance(drive, Folder) else drive
