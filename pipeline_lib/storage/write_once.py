"""Files that are to be kept for years: they are only ever created, so that no kept file is overwritten."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.storage.base import Located, checked, conflict, file_fingerprint
from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.uris import storage_at
from pipeline_lib.storage.versions import workspace

if TYPE_CHECKING:
    from pipeline_lib.storage.gcs import GcsObjects

_SHOWN_HASH = 12


class Keeper(Protocol):
    """A bucket, or a folder in one, that only grows."""

    def uri_of(self, name: str) -> str:
        """The URI of a name."""

    def put(self, name: str, file: Path, begun: Located) -> None:
        """Put a file there if the name is free; `begun` remembers an upload that has begun."""

    def holds(self, name: str, file: Path) -> bool | None:
        """Whether the name is that file's; None where the name is free."""


class Kept(NamedTuple):
    """A file that is kept."""

    uri: str
    is_new: bool
    """Whether it was not there before."""


def keep(keeper: Keeper, name: str, file: Path, begun: Located) -> Kept:
    """Put a file there and verify that it is there; a file that is there already counts.

    If another file has the name, that one stays, and this file gets a name with its hash.

    Args:
        keeper: Where.
        name: The file's name there.
        file: What to put there.
        begun: A document of this file's own, which tells a later process how to go on with an upload that was cut off;
            removed once the file is there.

    Raises:
        SourceError: The bucket is unavailable or refuses.
        StorageConflictError: Other files have both names.
    """
    for each in (name, _with_hash(name, file)):
        held = keeper.holds(each, file)
        if held is None:
            keeper.put(each, file, begun)
        if held or (held is None and keeper.holds(each, file)):
            begun.storage.remove(begun.name)
            return Kept(keeper.uri_of(each), is_new=held is None)
    raise conflict(keeper.uri_of(name))


def dry_run_keep(keeper: Keeper, name: str, file: Path) -> Kept:
    """Where `keep` would have the file, and whether it would be new; nothing is put there.

    Raises:
        SourceError: As `keep`.
    """
    for each in (name, _with_hash(name, file)):
        held = keeper.holds(each, file)
        if held is not False:
            return Kept(keeper.uri_of(each), is_new=held is None)
    raise conflict(keeper.uri_of(name))


def keeper_at(uri: str) -> Keeper:
    """The keeper of files below a URI.

    Raises:
        ConfigError: There is no such storage, or no credentials.
    """
    storage = storage_at(uri)
    if isinstance(storage, LocalStorage):
        return _Folder(storage.root)
    if not uri.lower().startswith("gs://"):
        raise ConfigError(Problem(uri, "cannot keep files", "name a bucket, gs://<bucket>, or a folder"))
    from pipeline_lib.storage.gcs import gcs_objects  # noqa: PLC0415 - Google's clients take seconds to import

    return _Bucket(uri.partition("://")[2].strip("/"), gcs_objects(uri))


def _with_hash(name: str, file: Path) -> str:
    """The name with the file's hash before its extension: `data-….tar.gz`."""
    folder, _, last = name.rpartition("/")
    suffix = next((suffix for suffix in (".tar.gz", ".tar.zst") if last.endswith(suffix)), "")
    hashed = f"{last.removesuffix(suffix)}-{file_fingerprint(file)[:_SHOWN_HASH]}{suffix}"
    return f"{folder}/{hashed}" if folder else hashed


@dataclass(frozen=True)
class _Bucket:
    prefix: str
    objects: "GcsObjects"

    def uri_of(self, name: str) -> str:
        return f"gs://{self.prefix}/{checked(name)}"

    def put(self, name: str, file: Path, begun: Located) -> None:
        # Here for the same reason as in keeper_at.
        from pipeline_lib.storage.upload_sessions import RememberedSession  # noqa: PLC0415

        session = RememberedSession(begun, self.uri_of(name), file_fingerprint(file))
        self.objects.put_in_pieces(f"{self.prefix}/{checked(name)}", file, session)

    def holds(self, name: str, file: Path) -> bool | None:
        return self.objects.holds(f"{self.prefix}/{checked(name)}", file)


@dataclass(frozen=True)
class _Folder:
    root: Path

    def uri_of(self, name: str) -> str:
        return (self.root / checked(name)).as_uri()

    def put(self, name: str, file: Path, begun: Located) -> None:  # noqa: ARG002 - a copy is soon made anew
        target = self.root / checked(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with workspace(target) as space:
            shutil.copyfile(file, space / target.name)
            try:
                target.hardlink_to(space / target.name)  # which fails where something is; a rename would replace it
            except FileExistsError:
                return

    def holds(self, name: str, file: Path) -> bool | None:
        target = self.root / checked(name)
        if not target.exists():
            return None
        return target.stat().st_size == file.stat().st_size and file_fingerprint(target) == file_fingerprint(file)
