"""URIs: which storage they lead to, and what may be written for one in a config.

`file://` URIs are percent-encoded, as every program that opens them expects; one that was typed without encoding is
accepted too. URIs of object stores are verbatim: `gs://bucket/Raw Data/x.jsonl` is what `gcloud storage` prints and
takes.
"""

import os
from pathlib import Path

from pipeline_lib.errors import ConfigError, Problem, listed
from pipeline_lib.model.uris import SCHEMES, bucket_and_name, split_uri, unquoted_path, wrong_with_bucket
from pipeline_lib.storage.base import Located, Storage, checked
from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.object_store import ObjectStorage


def storage_at(uri: str) -> Storage:
    """The storage of everything below a URI; nothing needs to be there yet.

    Raises:
        ConfigError: There is no storage for the URI's scheme, the URI names no place, or there are no credentials.
    """
    scheme, rest = _split(uri)
    if scheme == "file":
        return LocalStorage(_path(uri, rest))
    prefix = rest.strip("/")
    if not prefix:
        raise ConfigError(Problem(uri, "names no place", f"write {scheme}://<name>"))
    if scheme == "memory":
        from pipeline_lib.storage.memory import MemoryObjects  # noqa: PLC0415 - fsspec, which hardly anybody needs

        return ObjectStorage(uri=f"memory://{prefix}", prefix=f"/{prefix}", objects=MemoryObjects())
    return _on_cloud_storage(uri, prefix)


def located(uri: str) -> Located:
    """The storage and the name for any file's or folder's URI, whatever storage made it.

    Raises:
        ConfigError: There is no storage for the URI's scheme, or the URI names no file or folder.
    """
    scheme, rest = _split(uri)
    if scheme == "file":
        path = _path(uri, rest)
        root, name = path.anchor, str(path.relative_to(path.anchor))
        storage: Storage = LocalStorage(Path(root))
    else:
        bucket, name = bucket_and_name(rest)
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
    """A text that changes when the file, or any file of the folder, behind a URI does: see `Storage.fingerprint`.

    Raises:
        MissingArtifactError: There is neither.
        ConfigError: There is no storage for the URI's scheme.
    """
    storage, name = located(uri)
    return storage.fingerprint(name)


def as_uri(text: str, base: Path) -> str:
    """The URI of a location as a config writes it: a URI is kept, a path starts from the folder `base`.

    Raises:
        ConfigError: The text is empty, or a URI of a scheme that configs cannot name.
    """
    if not text.strip():
        raise ConfigError(Problem("location", "is empty", "write a URI or a path"))
    if split_uri(text):
        _split(text)
        return text
    return Path(os.path.normpath(base.absolute() / text)).as_uri()


def _split(uri: str) -> tuple[str, str]:
    known = listed([f"{scheme}://" for scheme in SCHEMES])
    parts = split_uri(uri)
    if parts is None:
        raise ConfigError(Problem(uri, "is not a URI", f"start it with {known}"))
    scheme, rest = parts
    if scheme not in SCHEMES:
        raise ConfigError(Problem(uri, f'there is no storage for "{scheme}" yet', f"use {known}"))
    return scheme, rest


def _on_cloud_storage(uri: str, prefix: str) -> Storage:
    bucket, folder = bucket_and_name(prefix)
    wrong = wrong_with_bucket(bucket)
    if wrong is not None:
        raise ConfigError(Problem(uri, *wrong))
    if folder:
        checked(folder)
    from pipeline_lib.storage.gcs import gcs_objects  # noqa: PLC0415 - Google's clients take seconds to import

    return ObjectStorage(uri=f"gs://{prefix}", prefix=prefix, objects=gcs_objects(uri))


def _path(uri: str, rest: str) -> Path:
    path = unquoted_path(rest)
    if not path.startswith("/"):
        raise ConfigError(
            Problem(uri, "does not start at the root of this machine", "write file:///… with three slashes")
        )
    return Path(os.path.normpath(path))
