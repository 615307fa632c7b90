"""Uploads archives, and the logs of how runs went, to the buckets that keep them.

An archive waits in the project's folder `archives` until it is confirmed to be in its bucket, even if that takes many
runs.
"""

import logging
from collections.abc import Iterator
from typing import NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.errors import ConfigError, FatalSourceError, PipelineError, Problem, RetriableSourceError
from pipeline_lib.model.step_counts import step_counts
from pipeline_lib.stages.archive import (
    ARCHIVES,
    DATA,
    archive_name,
    kept_file,
    local_file,
    pack_manifest,
    write_run_archive,
)
from pipeline_lib.stages.profiles import PROFILES
from pipeline_lib.stages.run_context import Run, task_report
from pipeline_lib.storage import Located, Storage, as_uri
from pipeline_lib.storage.base import file_fingerprint
from pipeline_lib.storage.leases import scratch_folder
from pipeline_lib.storage.write_once import Keeper, Kept, dry_run_keep, keep, keeper_at

logger = logging.getLogger(__name__)

LOGS = "logs"
"""How the names of archives of a run's profiles and manifest begin."""

_KEYS = {DATA: "DataArchiveUploadBucket", LOGS: "MemoryProfileUploadBucket"}
"""The config key that says where an archive goes, by the beginning of the archive's name."""


_BEGUN = "state/uploads"
"""How to go on with each upload that was begun; nobody else may see it."""


class Place(NamedTuple):
    """Where archives of one kind go."""

    keeper: Keeper
    prefix: str
    """The text in front of an archive's own name."""

    def name_of(self, archive: str) -> str:
        """An archive's name there; its kind is not repeated if the prefix names it already."""
        kind = f"{archive.partition('-')[0]}-"
        return f"{self.prefix.removesuffix(kind) if self.prefix.endswith(kind) else self.prefix}{archive}"


def upload_logs(run: Run) -> list[str]:
    """The URIs of what is in the buckets now: the run's archive, its logs, and what earlier runs could not upload.

    Raises:
        ConfigError: The config names no bucket, or one that cannot be used.
        SourceError: A bucket is unavailable. Everything else is uploaded; what could not be stays where it is.
    """
    with task_report(run, "upload_logs") as report:
        places = _places(run.project)
        packed = {"files_of_logs": _pack_logs(run)} if LOGS in places else {}
        kept = _upload_all(run.storage, places, report.artifacts)
        new_count = sum(each.is_new for each in kept)
        counts = {**packed, "archives_uploaded": new_count, "archives_there_before": len(kept) - new_count}
        report.counts = step_counts("upload_logs", counts)
    return [each.uri for each in kept]


def upload_waiting(project: Project, storage: Storage) -> list[Kept]:
    """Uploads the archives that wait, without a run.

    Raises:
        PipelineError: As `upload_logs`.
    """
    return _upload_all(storage, _places(project), {})


def dry_run_upload_logs(project: Project, storage: Storage) -> list[Kept]:
    """Where the waiting archives would go; nothing is sent or removed.

    Raises:
        PipelineError: As `upload_logs`.
    """
    found = []
    for name, place in _waiting(storage, _places(project)):
        with storage.local_file(name) as file:
            found.append(dry_run_keep(place.keeper, place.name_of(name.rpartition("/")[2]), file))
    return found


def place_of(written: str, folder: str | None, project: Project) -> Place:
    """What a config means by a bucket and a folder in both: `gs://bucket`, `gs://bucket/2026/`, `gs://bucket/2026/data-`.

    The last form, with a sign that joins it to names, is from older configs.
    """
    uri = as_uri(written, project.folder)
    above, _, last = uri.rpartition("/")
    joins = last.endswith(("-", "_")) and not above.endswith("/")
    root, beginning = (above, last) if joins else (uri.rstrip("/"), "")
    inside = (folder or "").strip("/")
    return Place(keeper_at(root), f"{inside}/{beginning}" if inside else beginning)


def _places(project: Project) -> dict[str, Place]:
    """Where archives go, by the beginning of their names."""
    written = project.config.buckets()
    if not written:
        wrong, right = "names no bucket: there is nowhere to upload to", f"add {' or '.join(_KEYS.values())}"
        raise ConfigError(Problem(project.path.name, wrong, right))
    return {
        kind: place_of(written[key], project.config.bucket_dir_path, project)
        for kind, key in _KEYS.items()
        if key in written
    }


def _pack_logs(run: Run) -> int:
    """Packs the run's manifest and profiles into the project's archives, and returns how many files that are."""
    profiles = run.storage.names(f"{run.folder}/{PROFILES}")
    with scratch_folder() as scratch, run.storage.publish_file(f"{ARCHIVES}/{archive_name(run, LOGS)}") as to:
        (scratch / "manifest.json").write_bytes(pack_manifest(run))
        members = [local_file(f"{run.folder}/manifest.json", scratch / "manifest.json")]
        return write_run_archive(run, [*members, *(kept_file(run.storage, name) for name in profiles)], to, LOGS)[0]


def _waiting(storage: Storage, places: dict[str, Place]) -> Iterator[tuple[str, Place]]:
    for name in storage.names(ARCHIVES):
        place = places.get(name.removeprefix(f"{ARCHIVES}/").partition("-")[0])
        if place is None:
            logger.info("stays where it is, since no bucket is named for it: %s", name)
        else:
            yield name, place


def _upload_all(storage: Storage, places: dict[str, Place], artifacts: dict[str, str]) -> list[Kept]:
    """Uploads every archive that waits, as far as possible, and adds fingerprints by URI to `artifacts`."""
    kept, failures = [], list[PipelineError]()
    for name, place in _waiting(storage, places):
        try:
            each, fingerprint = _upload(storage, name, place)
        except PipelineError as error:
            failures.append(error)
            continue
        kept.append(each)
        artifacts[each.uri] = fingerprint
    if failures:
        kind = RetriableSourceError if all(isinstance(e, RetriableSourceError) for e in failures) else FatalSourceError
        raise kind(*(problem for error in failures for problem in error.problems))
    return kept


def _upload(storage: Storage, name: str, place: Place) -> tuple[Kept, str]:
    """Uploads an archive and, once it is confirmed to be there, removes the one that waits."""
    last = name.rpartition("/")[2]
    with storage.local_file(name) as file:
        fingerprint = file_fingerprint(file)
        kept = keep(place.keeper, place.name_of(last), file, Located(storage, f"{_BEGUN}/{last}.json"))
    logger.info("%s: %s", "uploaded" if kept.is_new else "there before", kept.uri)
    if storage.fingerprint(name) == fingerprint:  # else it was remade meanwhile, and waits for the next time
        storage.remove(name)
    return kept, fingerprint
