"""URIs: which storage they lead to, and what may be written for one in a config.

`file://` URIs are percent-encoded, as every program that opens them expects; one that was typed without is understood
too. URIs of object stores are verbatim: `gs://bucket/Raw Data/x.jsonl` is what `gcloud storage` prints and takes.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from pipeline_lib.errors import ConfigError, Problem, listed
from pipeline_lib.storage.base import MissingArtifactError, Storage
from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.memory import MemoryObjects
from pipeline_lib.storage.object_store import ObjectStorage

_URI = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)
_STORED = ("file", "memory")
_WRITABLE_IN_CONFIGS = ("file", "gs", "memory")


class Located(NamedTuple):
    """A file or folder, by the storage that holds it and its name there."""

    storage: Storage
    name: str


def storage_at(uri: str) -> Storage:
    """The storage of everything below a URI; nothing needs to be there yet.

    Raises:
        ConfigError: There is no storage for the URI's scheme, or the URI names no place.
    """
    scheme, rest = _split(uri, _STORED)
    if scheme == "file":
        return LocalStorage(_path(uri, rest))
    prefix = rest.strip("/")
    if not prefix:
        raise ConfigError(Problem(uri, "names no place", f"write {scheme}://<name>"))
    objects = MemoryObjects()
    return ObjectStorage(uri=f"memory://{prefix}", prefix=f"/{prefix}", files=objects.files, objects=objects)


def located(uri: str) -> Located:
    """The storage and the name for any file's or folder's URI, whatever storage made it.

    Raises:
        ConfigError: There is no storage for the URI's scheme, or the URI names no file or folder.
    """
    scheme, rest = _split(uri, _STORED)
    if scheme == "file":
        path = _path(uri, rest)
        root, name = path.anchor, str(path.relative_to(path.anchor))
        storage: Storage = LocalStorage(Path(root))
    else:
        bucket, _, name = rest.strip("/").partition("/")
        storage = storage_at(f"{scheme}://{bucket}")
    if name in {"", "."}:
        raise ConfigError(Problem(uri, "names no file or folder", "write its whole URI"))
    return Located(storage, name)


def read_uri(uri: str) -> bytes:
    """The content of the file behind a URI.

    Raises:
        MissingArtifactError: There is no such file.
        ConfigError: There is no storage for the URI's scheme.
    """
    storage, name = located(uri)
    return storage.read(name)


def fingerprint(uri: str) -> str:
    """What changes when the file, or any file of the folder, behind a URI changes: a SHA-256 in hexadecimal.

    A file's is that of its content; a folder's is that of the list of its files and theirs.

    Raises:
        MissingArtifactError: There is neither.
        ConfigError: There is no storage for the URI's scheme.
    """
    storage, name = located(uri)
    try:
        with storage.local_file(name) as path:
            return _sha256(path)
    except MissingArtifactError:
        with storage.local_folder(name) as folder:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            lines = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def as_uri(text: str, base: Path) -> str:
    """The URI of a location as a config writes it: a URI is kept, a path starts from the folder `base`.

    Raises:
        ConfigError: The text is empty, or a URI of a scheme that configs cannot name.
    """
    if not text.strip():
        raise ConfigError(Problem("location", "is empty", "write a URI or a path"))
    if _URI.fullmatch(text):
        _split(text, _WRITABLE_IN_CONFIGS)
        return text
    return Path(os.path.normpath(base.absolute() / text)).as_uri()


def _split(uri: str, known: tuple[str, ...]) -> tuple[str, str]:
    match = _URI.fullmatch(uri)
    if match is None:
        raise ConfigError(Problem(uri, "is not a URI", f"start it with {_schemes(known)}"))
    scheme = match["scheme"].lower()
    if scheme not in known:
        raise ConfigError(Problem(uri, f'there is no storage for "{scheme}" yet', f"there is {_schemes(known)}"))
    return scheme, match["rest"]


def _schemes(known: tuple[str, ...]) -> str:
    return listed([f"{scheme}://" for scheme in known])


def _path(uri: str, rest: str) -> Path:
    path = unquote(rest.removeprefix("localhost"))
    if not path.startswith("/"):
        raise ConfigError(
            Problem(uri, "does not start at the root of this machine", "write file:///… with three slashes")
        )
    return Path(os.path.normpath(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
