"""What the raw stores of all sources have in common: immutable segments, and a document that says which ones count.

A segment is a file of JSON lines, de-identified before they are written, whose name is the SHA-256 of its content. It
is written before any document names it, so that an interrupted fetch leaves the current state as it was.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import open_input
from pipeline_lib.storage import Storage, Versioned
from pipeline_lib.storage.base import conflict

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True)
class Segments:
    """The segments of one log."""

    storage: Storage
    folder: str

    def add(self, content: bytes) -> str:
        """Store a segment and return its SHA-256; one that is there already stays."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not self.storage.exists(self._name(sha256)):  # it may have come back, or be left by an interrupted fetch
            self.storage.create(self._name(sha256), content)
        return sha256

    def read(self, sha256: str) -> bytes:
        """A segment's JSON lines.

        Raises:
            DataError: They are missing or were changed.
        """
        content = self.storage.read(self._name(sha256))
        self._check(hashlib.sha256(content).hexdigest(), sha256)
        return content

    @contextmanager
    def local_file(self, sha256: str) -> Iterator[Path]:
        """A local file of a segment's JSON lines, while the context lasts.

        Raises:
            DataError: They are missing or were changed.
        """
        with self.storage.local_file(self._name(sha256)) as path:
            with open_input(path) as opened:
                self._check(hashlib.file_digest(opened, "sha256").hexdigest(), sha256)
            yield path

    def _name(self, sha256: str) -> str:
        return f"{self.folder}/{sha256}.jsonl"

    def _check(self, found: str, expected: str) -> None:
        if found != expected:
            place = self.storage.uri_of(self._name(expected))
            wrong = "was changed after it was added to the raw store"
            raise DataError(Problem(place, wrong, "restore it from a backup"))


class StateDocument(Generic[ModelT]):
    """A small document that one writer at a time changes; whoever loses a race learns of it."""

    def __init__(self, storage: Storage, name: str, empty: ModelT) -> None:
        """Read the document; `empty` is its value before it is first written.

        Raises:
            DataError: It is there and cannot be read.
        """
        self._storage, self._name = storage, name
        self._seen = storage.read_versioned(name)
        self.value: ModelT = empty if self._seen is None else self._parsed(self._seen, type(empty))

    def replace(self, value: ModelT) -> None:
        """Write the document's new value.

        Raises:
            StorageConflictError: Somebody else wrote it since it was read; theirs stays.
        """
        content = value.model_dump_json(indent=2).encode()
        self._storage.replace(self._name, content, expected=self._seen)
        self._seen = self._storage.read_versioned(self._name)
        if self._seen is None or self._seen.content != content:
            raise conflict(self._storage.uri_of(self._name))
        self.value = value

    def _parsed(self, read: Versioned, model: type[ModelT]) -> ModelT:
        try:
            return model.model_validate_json(read.content)
        except ValidationError:
            place = self._storage.uri_of(self._name)
            raise DataError(Problem(place, "is not a manifest of the raw store", "restore it from a backup")) from None
