"""The folders on Drive that paths lead to: those that exist, and those to create."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline_lib.delivery.drive_client import DriveClient, Item
from pipeline_lib.delivery.drive_errors import MAKE_IT_EDITOR, WAYS_TO_OWN
from pipeline_lib.errors import Problem, did_you_mean


@dataclass(frozen=True)
class Destination:
    """A place on Drive, and the files to upload there."""

    setting: str
    """How errors name its path: `pipeline.json: DriveUpload.MessagesUploadPath`."""
    folders: tuple[str, ...]
    """Names of the folders that lead there; the first is one that was shared, unless there is a `folder_id`."""
    files: Mapping[str, Path]
    """Local files by their path below that folder; slashes lead into folders."""
    folder_id: str | None = None
    """The id of the folder in which the path begins."""
    is_mirror: bool = False
    """Whether nothing else should be there, so that files that no run makes any more are reported."""


@dataclass(eq=False)
class Folder:
    """A folder on Drive, or one to create there."""

    path: str
    """Names, joined by slashes."""
    item: Item | None
    """None for one to create."""
    parent: "Folder | None"
    is_ambiguous: bool = False
    """Whether several folders have this name, or the name of a folder above, so that the path is ambiguous."""

    @property
    def name(self) -> str:
        """The last of its path."""
        return self.path.rpartition("/")[2]

    @property
    def nearest(self) -> Item:
        """Itself, or the nearest folder above it that exists."""
        if self.item is not None:
            return self.item
        if self.parent is None:
            raise AssertionError  # the first of a path is always there
        return self.parent.nearest

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for two paths to one folder: the id of the existing part, and the names of the folders to create."""
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
        """The folder that a path leads to; a problem if its first folder cannot be found."""
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
        """The folder that names lead to from another one; a new one where there is none yet."""
        for name in names:
            key = (id(folder), name)
            if key not in self._children:
                self._children[key] = self._child(folder, name)
            folder = self._children[key]
        return folder

    def contents(self, folder: Folder, name: str | None = None) -> list[Item]:
        """The items in a folder, or those with a name; none in a folder that is yet to be created."""
        if folder.item is None:
            return []
        item_id, place = folder.item.item_id, f"Drive: {folder.path}"
        if name is not None and item_id not in self._contents:
            return self.client.children(folder.item, place, name)
        if item_id not in self._contents:
            self._contents[item_id] = self.client.children(folder.item, place)
        return [item for item in self._contents[item_id] if name is None or item.name == name]

    def refusal_to_create(self, folder: Folder, place: str) -> Problem | None:
        """Why nothing can be created in a folder; None if something can."""
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
        """The problem that the account may not change a file, or put something into a folder."""
        wrong = f"{self.client.calls.asking.called} may not change this on Google Drive"
        return Problem(place, wrong, MAKE_IT_EDITOR)

    def _child(self, folder: Folder, name: str) -> Folder:
        path = f"{folder.path}/{name}"
        found = [item for item in self.contents(folder, name) if item.is_folder]
        return Folder(path, found[0] if len(found) == 1 else None, folder, folder.is_ambiguous or len(found) > 1)

    def _by_id(self, item_id: str, setting: str) -> Folder | tuple[str, str]:
        item = self.client.item(item_id, setting)
        if item is None:
            wrong = f"there is no folder with this id, or it is not shared with {self.client.calls.asking.called}"
            return wrong, "correct it, or share the folder as docs/drive.md explains"
        if not item.is_folder:
            return "the id is not that of a folder", "name the folder that the file should be in"
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
            right = "; ".join(filter(None, (meant, "share it, or name a folder's id, as docs/drive.md explains")))
            return f'no folder and no shared drive called "{name}" is shared with {asking}', right
        if len(found) > 1:
            wrong = f'{len(found)} folders or shared drives called "{name}" are shared with {asking}'
            return wrong, "name the id of the one that is meant"
        if found[0].item_id != found[0].drive_id:
            return Folder(name, found[0], None)
        drive = self._by_id(found[0].item_id, setting)  # the list of drives does not say what the account may do there
        return Folder(name, drive.item, None) if isinstance(drive, Folder) else drive
