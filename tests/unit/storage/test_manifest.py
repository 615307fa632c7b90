"""The one moment that would lose a part."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.manifest import TaskManifest, read_manifest, record


@dataclass(frozen=True)
class BusyStorage(LocalStorage):
    """A storage in which something happens right after its names were listed."""

    afterwards: list[Callable[[], object]] = field(default_factory=list)

    def names(self, folder: str) -> list[str]:
        listed = super().names(folder)
        if self.afterwards:
            self.afterwards.pop()()
        return listed


def part(task: str) -> TaskManifest:
    started_at = datetime(2026, 11, 20, tzinfo=UTC)
    return TaskManifest(task=task, started_at=started_at, duration_seconds=1.5, peak_memory_bytes=1024)


def test_a_part_that_comes_in_while_another_puts_the_manifest_together_is_not_lost(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    record(storage, "1", part("coda_pull"))
    record(BusyStorage(tmp_path, [lambda: record(storage, "1", part("fetch-1"))]), "1", part("fetch-0"))

    assert [each.task for each in read_manifest(storage, "1").tasks] == ["coda_pull", "fetch-0", "fetch-1"]
