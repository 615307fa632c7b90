"""`memory://`: objects in this process, for tests of code that must not assume a local folder."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from fsspec.implementations.memory import MemoryFileSystem

from pipeline_lib.storage.base import Versioned

_CHANGING = threading.RLock()  # fsspec has one memory for the whole process, so there is one lock
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class MemoryObjects:
    """The objects of fsspec's memory; an object's version is the time of its writing, which never repeats."""

    files: MemoryFileSystem = field(default_factory=MemoryFileSystem)

    def version(self, path: str) -> str | None:
        """The object's version; None where there is no object."""
        with _CHANGING:
            held = self.files.store.get(path)
            return held.modified.isoformat() if held is not None else None

    def read(self, path: str) -> Versioned | None:
        """The object and its version; None where there is no object."""
        with _CHANGING:
            held = self.files.store.get(path)
            return Versioned(held.getvalue(), held.modified.isoformat()) if held is not None else None

    def put(self, path: str, content: bytes | Path, expected: str | None) -> bool:
        """Write the object if its version is the expected one, and say whether it was."""
        written = content if isinstance(content, bytes) else content.read_bytes()
        with _CHANGING:
            before = self.files.store.get(path)
            if self.version(path) != expected:
                return False
            self.files.pipe_file(path, written)
            if before is not None:  # a clock may tick more coarsely than writes follow each other
                self.files.store[path].modified = max(datetime.now(UTC), before.modified + _TICK)
            return True

    def download(self, path: str, to: Path) -> None:
        """Copy the object to a local file; FileNotFoundError where there is no object."""
        to.write_bytes(self.files.cat_file(path))

    def fingerprint(self, path: str) -> str | None:
        """The SHA-256 of the object's content; None where there is no object."""
        held = self.read(path)
        return sha256(held.content).hexdigest() if held is not None else None

    def found(self, folder: str) -> dict[str, datetime]:
        """The paths of all objects below a folder, and when they were written."""
        with _CHANGING:
            paths = [path for path in self.files.find(folder) if path.startswith(f"{folder}/")]
            return {path: self.files.store[path].modified for path in paths}

    def remove(self, path: str) -> None:
        """Remove the object, if it is there."""
        with suppress(FileNotFoundError):
            self.files.rm_file(path)
