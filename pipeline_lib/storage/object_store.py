"""Storage on an object store, which has no folders and no rename, but can replace one object by compare and swap.

    Outputs/.current.json               the pointer: which version is current, and its files
    Outputs/.versions/<token>/…         the current version, the one before it, and what is being uploaded

A document or a file that is published by itself is one object under its own name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.concurrency import map_concurrently
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.storage.base import (
    CURRENT,
    VERSIONS,
    Versioned,
    checked,
    conflict,
    folder_fingerprint,
    local_names,
    misplaced,
    missing,
    told_by_uri,
)
from pipeline_lib.storage.leases import scratch_folder

_ATTEMPTS = 5
"""How often a reader starts again if what it reads is replaced twice meanwhile."""

_ABANDONED_AFTER = timedelta(days=7)
"""Uploads that never became current count as abandoned at this age; no upload takes as long."""

_TRANSFERS = 8
"""At once, for one folder; Google's client keeps ten connections."""

TakenT = TypeVar("TakenT")


class Objects(Protocol):
    """What differs between object stores. Paths begin as `ObjectStorage.prefix` does."""

    def version(self, path: str) -> str | None:
        """The object's version; None where there is no object."""

    def read(self, path: str) -> Versioned | None:
        """The object and its version; None where there is no object."""

    def put(self, path: str, content: bytes | Path, expected: str | None) -> bool:
        """Write the object if its version is the expected one (None: if there is none), and say whether it was."""

    def download(self, path: str, to: Path) -> None:
        """Copy the object to a local file; FileNotFoundError where there is no object."""

    def fingerprint(self, path: str) -> str | None:
        """What identifies the object's content; None where there is no object."""

    def found(self, folder: str) -> dict[str, datetime]:
        """The paths of all objects below a folder, and when each was written; all that existed before are there."""

    def remove(self, path: str) -> None:
        """Remove the object, if it is there."""


class Pointer(BaseModel):
    """What says which version of a published folder is current."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: str
    files: tuple[str, ...]
    """Relative to the folder, sorted."""


class _Published(NamedTuple):
    folder: str
    pointer: Pointer

    def objects(self) -> dict[str, str]:
        """The names of the folder's files and of the objects that hold them."""
        version = f"{self.folder}/{VERSIONS}/{self.pointer.version}"
        return {f"{self.folder}/{file}": f"{version}/{file}" for file in self.pointer.files}


@dataclass(frozen=True)
class ObjectStorage:
    """Everything whose path starts with a prefix: a bucket, or a folder in one."""

    uri: str
    prefix: str
    objects: Objects

    def uri_of(self, name: str) -> str:
        """The URI of a name, verbatim."""
        return f"{self.uri}/{checked(name)}"

    def exists(self, name: str) -> bool:
        """Whether there is a file, a published folder, or a folder with files in it."""
        return self.objects.version(self._path(checked(name))) is not None or self._listing(name) is not None

    def names(self, folder: str) -> list[str]:
        """The files below a folder, sorted; without versions and pointers."""
        return sorted(self._listing(checked(folder) if folder else "") or {})

    def read(self, name: str) -> bytes:
        """A file's content; MissingArtifactError where there is no such file."""
        found = self.read_versioned(name)
        if found is None:
            raise missing(self.uri_of(name), "there is no such file")
        return found.content

    def read_versioned(self, name: str) -> Versioned | None:
        """A document and its version; None where there is none."""
        return self._taken(name, self.objects.read)

    def create(self, name: str, content: bytes) -> None:
        """Write a document that does not exist yet."""
        self.replace(name, content, expected=None)

    def replace(self, name: str, content: bytes, *, expected: Versioned | None) -> None:
        """Write a document if it still is what was read."""
        self._put(self._target(name), content, expected.version if expected else None)

    @contextmanager
    def publish_file(self, name: str) -> Iterator[Path]:
        """A local path to write a file to, uploaded as one object on a clean exit."""
        target = self._target(name)
        if self._published(name) is not None:
            raise misplaced(self.uri_of(name), "is a folder", "give the file another name")
        seen = self.objects.version(self._path(target))
        with scratch_folder() as scratch:
            made = scratch / name.rpartition("/")[2]
            yield made
            self._put(target, made, seen)

    @contextmanager
    def publish_folder(self, name: str) -> Iterator[Path]:
        """A local folder to fill, uploaded as a version on a clean exit; then the pointer is swapped."""
        target = self._target(name)
        if self.objects.version(self._path(target)) is not None:
            raise misplaced(self.uri_of(name), "is a file", "give the folder another name")
        seen = self.objects.read(self._path(f"{target}/{CURRENT}"))
        with scratch_folder() as scratch:
            made = scratch / name.rpartition("/")[2]
            made.mkdir()
            yield made
            self._place_folder(made, target, seen)

    def remove(self, name: str) -> None:
        """Remove a file or a folder; folders that were published whole in it go first, by their pointers."""
        target = self._target(name)
        below = self._found(target)
        pointers = [each for each in below if each.endswith(f"/{CURRENT}")]
        self._remove_all(pointers)
        self._remove_all(each for each in below if each not in pointers)
        self.objects.remove(self._path(target))

    @contextmanager
    def local_file(self, name: str) -> Iterator[Path]:
        """A copy of a file, removed afterwards."""
        with scratch_folder() as scratch:
            copy = scratch / checked(name).rpartition("/")[2]
            if self._taken(name, lambda path: self._downloaded(path, copy)) is None:
                raise missing(self.uri_of(name), "there is no such file")
            with told_by_uri(copy, self, name):
                yield copy

    @contextmanager
    def local_folder(self, name: str) -> Iterator[Path]:
        """A copy of a folder, removed afterwards."""
        with scratch_folder() as scratch:
            for attempt, files in enumerate(self._listings(name)):
                copy = scratch / str(attempt) / name.rpartition("/")[2]
                if self._all_downloaded(files, copy):
                    break
            else:
                raise conflict(self.uri_of(name))
            with told_by_uri(copy, self, name):
                yield copy

    def fingerprint(self, name: str) -> str:
        """What identifies the content of a file, or of a folder's files and their names."""
        found = self._taken(name, self.objects.fingerprint)
        if found is not None:
            return found
        for files in self._listings(name, "there is no such file or folder"):
            fingerprints = map_concurrently(self.objects.fingerprint, files.values(), _TRANSFERS)
            known = [found for found in fingerprints if found is not None]
            if len(known) == len(files):
                return folder_fingerprint(dict(zip(files, known, strict=True)))
        raise conflict(self.uri_of(name))

    def _path(self, name: str) -> str:
        return f"{self.prefix}/{name}"

    def _target(self, name: str) -> str:
        """A name that may be written."""
        above = self._published(checked(name).rpartition("/")[0])
        if above is not None:
            wrong = f'"{above.folder}" is published whole'
            raise misplaced(self.uri_of(name), wrong, "publish all of that folder again")
        return name

    def _put(self, target: str, content: bytes | Path, expected: str | None, at: str = "") -> None:
        """Write a target's own object, or with `at` one that belongs to it, such as its pointer."""
        if not self.objects.put(self._path(f"{target}{at}"), content, expected):
            raise conflict(self.uri_of(target))

    def _published(self, name: str) -> _Published | None:
        """The published folder that a name is or lies in, if any."""
        while name:
            held = self.objects.read(self._path(f"{name}/{CURRENT}"))
            if held is not None:
                return _Published(name, self._pointer(name, held))
            name = name.rpartition("/")[0]
        return None

    def _taken(self, name: str, take: Callable[[str], TakenT | None]) -> TakenT | None:
        """What `take` makes of a file's object, its own or its published folder's; None where there is neither."""
        checked(name)
        seen = None
        for _ in range(_ATTEMPTS):
            taken = take(self._path(name))
            if taken is not None:
                return taken
            published = self._published(name)
            inside = published.objects().get(name) if published else None
            if inside is None or inside == seen:  # its version is still current, so somebody has deleted it
                return None
            seen = inside
            taken = take(self._path(inside))
            if taken is not None:
                return taken
        raise conflict(self.uri_of(name))

    def _all_downloaded(self, files: Mapping[str, str], to: Path) -> bool:
        """Copies a folder's files into a new local folder, and says whether all of their objects were there."""
        to.mkdir(parents=True)
        return None not in map_concurrently(lambda file: self._downloaded(files[file], to / file), files, _TRANSFERS)

    def _downloaded(self, path: str, to: Path) -> Path | None:
        """The local copy of an object; None where there is no object."""
        to.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self.objects.download(path, to)
            return to
        return None

    def _listing(self, folder: str) -> dict[str, str] | None:
        """The files below a folder, each with the path of the object that holds it; None where there is no folder."""
        published = self._published(folder)
        if published is not None:
            listing = {name: at for name, at in published.objects().items() if name.startswith(f"{folder}/")}
            return self._paths(listing) if listing or published.folder == folder else None
        found = self._found(folder)
        listing = {name: name for name in found if not {VERSIONS, CURRENT}.intersection(name.split("/"))}
        pointers = [name for name in found if name.endswith(f"/{CURRENT}") and VERSIONS not in name.split("/")]
        for inner in filter(None, (self._published(pointer.rpartition("/")[0]) for pointer in pointers)):
            listing = {name: at for name, at in listing.items() if not name.startswith(f"{inner.folder}/")}
            listing |= inner.objects()
        return self._paths(listing) if listing or pointers else None

    def _listings(self, folder: str, absent: str = "there is no such folder") -> Iterator[dict[str, str]]:
        """A folder's files by name with their objects; listed anew for a reader who finds that one is gone."""
        seen = None
        for _ in range(_ATTEMPTS):
            listing = self._listing(checked(folder))
            if listing is None:
                raise missing(self.uri_of(folder), absent)
            if listing == seen:
                raise missing(self.uri_of(folder), "somebody has deleted some of its files")
            seen = listing
            yield {name[len(folder) + 1 :]: path for name, path in listing.items()}

    def _paths(self, listing: dict[str, str]) -> dict[str, str]:
        return {name: self._path(at) for name, at in listing.items()}

    def _found(self, folder: str) -> dict[str, datetime]:
        """The names of all objects below a folder, versions and pointers included, and when they were written."""
        below = self._path(f"{folder}/") if folder else self._path("")
        return {path[len(self.prefix) + 1 :]: at for path, at in self.objects.found(below.rstrip("/")).items()}

    def _place_folder(self, made: Path, target: str, seen: Versioned | None) -> None:
        files = tuple(local_names(made))
        pointer = Pointer(version=uuid4().hex, files=files)
        below = f"/{VERSIONS}/{pointer.version}"
        map_concurrently(lambda file: self._put(target, made / file, None, at=f"{below}/{file}"), files, _TRANSFERS)
        # Other writers that are uploading now have seen an older pointer: once ours is current, theirs cannot become
        # it, and what they have uploaded is nobody's. We clear it, not they: a writer that fails to write a pointer
        # can't be sure that it was not written.
        before = self._found(target)
        self._put(target, pointer.model_dump_json().encode(), seen.version if seen else None, at=f"/{CURRENT}")
        kept = [pointer.version, self._pointer(target, seen).version] if seen else [pointer.version]
        used = (f"{target}/{CURRENT}", *(f"{target}/{VERSIONS}/{version}/" for version in kept))
        nobodys = [name for name in before if not name.startswith(used)] + self._abandoned_beside(target)
        self._remove_all(nobodys)

    def _abandoned_beside(self, target: str) -> list[str]:
        """Uploads by writers long dead that never became current, for other folders beside this one.

        There are no locks here, so age decides. Uploads from before their folder's pointer was written do not count:
        they are the current version and the one before it.
        """
        parent = target.rpartition("/")[0]
        found = self._found(parent) if parent else {}
        long_ago = datetime.now(UTC) - _ABANDONED_AFTER
        uploads: dict[tuple[str, str], list[str]] = {}
        for name in found:
            folder, is_version, inside = name.partition(f"/{VERSIONS}/")
            if is_version and folder != target:
                uploads.setdefault((folder, inside.partition("/")[0]), []).append(name)
        abandoned = []
        for (folder, _), names in uploads.items():
            pointed_at = found.get(f"{folder}/{CURRENT}")
            began, ended = min(found[name] for name in names), max(found[name] for name in names)
            if ended < long_ago and (pointed_at is None or began > pointed_at):
                abandoned += names
        return abandoned

    def _remove_all(self, names: Iterable[str]) -> None:
        map_concurrently(self.objects.remove, map(self._path, names), _TRANSFERS)

    def _pointer(self, folder: str, held: Versioned) -> Pointer:
        try:
            return Pointer.model_validate_json(held.content)
        except ValidationError:
            wrong = "does not say which version of the folder is current"
            right = "restore the object from its history, or remove it and run the task that makes the folder again"
            raise DataError(Problem(self.uri + f"/{folder}/{CURRENT}", wrong, right)) from None
