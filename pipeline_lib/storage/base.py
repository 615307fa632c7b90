"""What every storage guarantees, whatever it is built on.

A storage is everything below one URI. Names inside it are relative, joined by `/`, in any script, spaces included.
Three kinds of thing live there:

- a *document*: small, read and replaced by compare and swap (`read_versioned`, `replace`): state, manifests;
- a *published file*: written to a local path at leisure, then published whole or not at all;
- a *published folder*: the same for many files at once. It can only be replaced as a whole.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from pipeline_lib.errors import ConfigError, DataError, PipelineError, Problem, StorageConflictError
from pipeline_lib.input_files import data_file
from pipeline_lib.model.uris import OWN_NAMES, wrong_with_name

VERSIONS, CURRENT = OWN_NAMES
"""The folder, beside or below what is published, that keeps whole versions and work in progress; and, on object stores,
the document that says which version of a published folder is current. Neither is ever listed."""


class MissingArtifactError(DataError):
    """Nothing is there, or not the kind of thing that was requested: run the task that makes it."""


class Versioned(NamedTuple):
    """A document as it was read."""

    content: bytes
    version: str
    """Opaque; changes with every write, even of equal content."""


class Storage(Protocol):
    """Everything below one URI."""

    @property
    def uri(self) -> str:
        """`file:///data/demo`, `memory://demo`: no slash at its end."""

    def uri_of(self, name: str) -> str:
        """The URI of a name: percent-encoded on `file://`, verbatim on object stores, as their own tools spell it."""

    def exists(self, name: str) -> bool:
        """Whether there is a file, a published folder (perhaps an empty one), or a folder with files in it."""

    def names(self, folder: str) -> list[str]:
        """The files below a folder (all, for an empty name): recursive, sorted, relative to the storage.

        Versions and temporaries are never listed; a folder that does not exist has none.
        """

    def read(self, name: str) -> bytes:
        """A file's content.

        Raises:
            MissingArtifactError: There is no such file.
        """

    def read_versioned(self, name: str) -> Versioned | None:
        """A document and its version, to be handed to `replace`; None where there is none."""

    def create(self, name: str, content: bytes) -> None:
        """Write a document that does not exist yet.

        Raises:
            StorageConflictError: It exists.
        """

    def replace(self, name: str, content: bytes, *, expected: Versioned | None) -> None:
        """Compare and swap: write a document if it still is what was read (None: if there still is none).

        Raises:
            StorageConflictError: Somebody wrote it since; theirs stays.
        """

    def publish_file(self, name: str) -> AbstractContextManager[Path]:
        """A local path to write a file to; it is published whole on a clean exit, and not at all on an exception.

        Raises:
            StorageConflictError: Somebody published it since this began; theirs stays.
            DataError: The name is a folder, or lies in a folder that is published whole.
        """

    def publish_folder(self, name: str) -> AbstractContextManager[Path]:
        """An empty local folder to fill; on a clean exit it takes the place of the last complete one, at once.

        Raises:
            StorageConflictError: Somebody published it since this began; theirs stays.
            DataError: The name is a file, or lies in a folder that is published whole.
        """

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that was ever published in it; nothing where there is neither.

        A folder goes at once, as far as readers can tell. Nobody may be writing in it.

        Raises:
            DataError: The name lies in a folder that is published whole.
        """

    def local_file(self, name: str) -> AbstractContextManager[Path]:
        """A local path to read a file from; it stays what it is while the context lasts, whatever is published.

        Raises:
            MissingArtifactError: There is no such file.
        """

    def local_folder(self, name: str) -> AbstractContextManager[Path]:
        """A local folder to read; it stays what it is while the context lasts, whatever is published.

        A folder that was not published whole, but file by file, is given as it is on entry.

        Raises:
            MissingArtifactError: There is no such folder.
        """

    def fingerprint(self, name: str) -> str:
        """A text that changes if and only if the file, or any file of the folder, changes.

        A SHA-256 in hexadecimal: of a file's content, or of the list of a folder's files and their fingerprints. For a
        file that somebody else uploaded to Cloud Storage it is the MD5 that is stored there, `md5:…`, so that an
        unchanged file need not be downloaded.

        Raises:
            MissingArtifactError: There is neither.
        """


class Located(NamedTuple):
    """A file or folder, by the storage that holds it and its name there."""

    storage: Storage
    name: str


@contextmanager
def told_by_uri(path: Path, storage: Storage, name: str) -> Iterator[None]:
    """Says in errors about a local path, and whatever lies below it, where in a storage that came from.

    A reader knows the local path alone, which may be a copy that is gone by the time that somebody looks for it.
    """
    try:
        yield
    except PipelineError as error:
        error.tell(*(_by_uri(problem, path, storage, name) for problem in error.problems))
        raise


_END_OF_A_NAME = re.compile(r"(?=[:,] )|$")
"""What stands after a file's name in a place: `age.json: [3]`, `age.json, line 2, column 1`."""


def _by_uri(problem: Problem, path: Path, storage: Storage, name: str) -> Problem:
    if not problem.place.startswith(str(path)):
        return problem
    below, detail = _END_OF_A_NAME.split(problem.place.removeprefix(str(path)), maxsplit=1)
    if below[:1] not in {"", "/"}:
        return problem
    return problem._replace(place=storage.uri_of(f"{name}{below}") + detail)


def folder_fingerprint(files: Mapping[str, str]) -> str:
    """A folder's fingerprint, by those of its files by name."""
    lines = [f"{fingerprint}  {name}\n" for name, fingerprint in sorted(files.items())]
    return sha256("".join(lines).encode()).hexdigest()


def file_fingerprint(path: Path) -> str:
    """A local file's SHA-256."""
    with data_file(path) as opened:
        return file_digest(opened, "sha256").hexdigest()


def local_fingerprint(path: Path) -> str:
    """What `Storage.fingerprint` will be for a local file or folder once it is published unchanged."""
    if path.is_file():
        return file_fingerprint(path)
    return folder_fingerprint({name: file_fingerprint(path / name) for name in local_names(path)})


def local_names(folder: Path) -> list[str]:
    """The files below a local folder, relative to it, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def checked(name: str) -> str:
    """The name, if it is valid.

    Raises:
        ConfigError: It leads out of the storage, is reserved for the storage, or is no valid file name.
    """
    wrong = wrong_with_name(name)
    if wrong is not None:
        raise ConfigError(Problem(f"storage name {name!r}", *wrong))
    return name


def missing(uri: str, wrong: str) -> MissingArtifactError:
    """The error for an artifact that is not there."""
    return MissingArtifactError(Problem(uri, wrong, "run the task that makes it, or correct the name"))


def conflict(uri: str) -> StorageConflictError:
    """The error for an artifact or document that somebody else wrote meanwhile."""
    return StorageConflictError(
        Problem(uri, "somebody else wrote it meanwhile", "try again: a retry starts from theirs")
    )


def misplaced(uri: str, wrong: str, right: str) -> DataError:
    """The error for writing to a name that is not free for this kind of thing."""
    return DataError(Problem(uri, wrong, right))
