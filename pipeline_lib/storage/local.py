"""`file://`: storage on a local disk, for one machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.input_files import is_input, needs_a_person, open_input, reason
from pipeline_lib.storage.base import (
    VERSIONS,
    MissingArtifactError,
    Versioned,
    checked,
    conflict,
    local_fingerprint,
    misplaced,
    missing,
    told_by_uri,
)
from pipeline_lib.storage.leases import scratch_folder
from pipeline_lib.storage.versions import (
    clear,
    discard,
    held,
    is_published,
    place_file,
    place_folder,
    published_at_or_above,
    stamp,
    stamp_of,
    workspace,
)

_ABSENT = "there is no such file"
_NO_FILE = (FileNotFoundError, NotADirectoryError)


@dataclass(frozen=True)
class LocalStorage:
    """Everything below a folder: documents and published files are files, a published folder is a link to a version."""

    root: Path
    """Absolute; it is made by the first write."""

    @property
    def uri(self) -> str:
        """The folder's URI."""
        return self.root.as_uri()

    def uri_of(self, name: str) -> str:
        """The URI of a name, percent-encoded."""
        return self._path(name).as_uri()

    def exists(self, name: str) -> bool:
        """Whether there is a file, a published folder, or a folder with files in it."""
        path = self._path(name)
        return is_input(path) or _is_folder(path)

    def names(self, folder: str) -> list[str]:
        """The files below a folder, sorted; without versions and temporaries."""
        path, prefix = (self._path(folder), f"{folder}/") if folder else (self.root, "")
        return sorted(_files(path, prefix))

    def read(self, name: str) -> bytes:
        """A file's content; MissingArtifactError where there is no such file."""
        found = self.read_versioned(name)
        if found is None:
            raise missing(self.uri_of(name), "there is no such file")
        return found.content

    def read_versioned(self, name: str) -> Versioned | None:
        """A document and its version; None where there is none."""
        path = self._path(name)
        if path.is_dir():
            return None
        try:
            with open_input(path) as opened:
                return Versioned(opened.read(), stamp_of(os.fstat(opened.fileno())))
        except _NO_FILE:
            return None
        except OSError as error:
            if not needs_a_person(error):
                raise
            raise misplaced(path.as_uri(), *reason(error)) from None

    def create(self, name: str, content: bytes) -> None:
        """Write a document that does not exist yet."""
        self.replace(name, content, expected=None)

    def replace(self, name: str, content: bytes, *, expected: Versioned | None) -> None:
        """Write a document if it still is what was read."""
        target = self._target(name)
        seen = expected.version if expected else None
        if stamp(target) != seen:  # an early error; the comparison under the lock decides
            raise conflict(target.as_uri())
        with workspace(target) as space:
            made = space / target.name
            made.write_bytes(content)
            place_file(made, target, seen)

    @contextmanager
    def publish_file(self, name: str) -> Iterator[Path]:
        """A path to write a file to, published whole on a clean exit."""
        target = self._target(name)
        if target.is_dir():
            raise misplaced(target.as_uri(), "is a folder", "give the file another name")
        seen = stamp(target)
        with workspace(target) as space:
            made = space / target.name
            yield made
            place_file(made, target, seen)

    @contextmanager
    def publish_folder(self, name: str) -> Iterator[Path]:
        """A folder to fill, published whole on a clean exit."""
        target = self._target(name)
        if target.is_file():
            raise misplaced(target.as_uri(), "is a file", "give the folder another name")
        seen = stamp(target)
        with workspace(target) as space:
            yield space
            place_folder(space, target, seen)

    def remove(self, name: str) -> None:
        """Remove a file or a folder, by one rename out of sight."""
        target = self._target(name)
        if not target.parent.is_dir() or stamp(target) is None:
            return
        with suppress(FileNotFoundError):
            discard(target)
        clear(target.parent)  # the versions of a published folder, to which no link leads any more

    @contextmanager
    def local_file(self, name: str) -> Iterator[Path]:
        """A file in the current version of its folder; one published by itself, as this reader's hard link."""
        path = self._path(name)
        with ExitStack() as stack:
            published = published_at_or_above(path, self.root)
            if published is not None:
                path = stack.enter_context(held(path, published))
            if not is_input(path):
                raise missing(self.uri_of(name), _why_no_file(path))
            if (
                published is None and (path.parent / VERSIONS).is_dir()
            ):  # otherwise it is a person's own file: nobody publishes here
                path = stack.enter_context(_kept(path))
            stack.enter_context(told_by_uri(path, self, name))
            yield path

    @contextmanager
    def local_folder(self, name: str) -> Iterator[Path]:
        """A folder's current version; one that holds single published files is given as a folder of links to them."""
        path = self._path(name)
        with ExitStack() as stack:
            published = published_at_or_above(path, self.root)
            if published is not None:
                path = stack.enter_context(held(path, published))
            if not _is_folder(path):
                raise missing(self.uri_of(name), "there is no such folder")
            if published is None and _holds_versions(path):
                path = stack.enter_context(_view(path))
            stack.enter_context(told_by_uri(path, self, name))
            yield path

    def fingerprint(self, name: str) -> str:
        """The SHA-256 of a file's content, or of the list of a folder's files and theirs."""
        if not self.exists(name):
            why = _why_no_file(self._path(name))
            raise missing(self.uri_of(name), "there is no such file or folder" if why == _ABSENT else why)
        try:
            with self.local_file(name) as path:
                return local_fingerprint(path)
        except MissingArtifactError:
            with self.local_folder(name) as folder:
                return local_fingerprint(folder)

    def _path(self, name: str) -> Path:
        return self.root / checked(name)

    def _target(self, name: str) -> Path:
        """The path of a name that may be written."""
        target = self._path(name)
        whole = published_at_or_above(target.parent, self.root)
        if whole is not None:
            raise misplaced(target.as_uri(), f'"{whole.name}" is published whole', "publish all of that folder again")
        if target.exists() and not (target.is_file() or target.is_dir()):
            wrong = "is a device, a pipe or a socket, which must not be replaced"  # /dev/null, and one is root
            raise misplaced(target.as_uri(), wrong, "name a file or a folder")
        return target


@contextmanager
def _kept(path: Path) -> Iterator[Path]:
    """The file under a name of this reader's own, so that it outlives a replacement."""
    with ExitStack() as stack:
        try:
            kept = stack.enter_context(workspace(path)) / path.name
            kept.hardlink_to(path)
        except OSError:  # the folder is not this reader's to write in, or its file system has no hard links
            kept = stack.enter_context(scratch_folder()) / path.name
            shutil.copyfile(path, kept)
        yield kept


@contextmanager
def _view(folder: Path) -> Iterator[Path]:
    """A folder of links to the files of another, without versions and temporaries."""
    with scratch_folder() as scratch:
        view = scratch / folder.name
        for file in _files(folder, ""):
            (view / file).parent.mkdir(parents=True, exist_ok=True)
            (view / file).symlink_to((folder / file).resolve())
        yield view


def _why_no_file(path: Path) -> str:
    try:
        open_input(path).close()
    except OSError as error:
        return reason(error)[0]
    return _ABSENT


def _is_folder(path: Path) -> bool:
    """Whether a path is a folder for readers too; one with nothing but work in progress is not."""
    return path.is_dir() and (is_published(path) or any(_files(path, "")) or not _holds_versions(path))


def _holds_versions(folder: Path) -> bool:
    return any(VERSIONS in folders for _, folders, _ in os.walk(folder))


def _files(folder: Path, prefix: str) -> Iterator[str]:
    """The files below a folder; those of a published one are of one version."""
    if is_published(folder):
        with held(folder, folder) as version:
            yield from list(_files(version, prefix))
        return
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry in entries if entry.name != VERSIONS]
    except _NO_FILE:
        return
    for entry in listed:
        if entry.is_dir():
            yield from _files(Path(entry), f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield f"{prefix}{entry.name}"
