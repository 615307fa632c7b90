"""Paths and folder ids on Google Drive, and the folder in buckets."""

import re
from collections.abc import Iterator

from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.name_rules import compared
from pipeline_lib.config.pipeline import DriveUpload, PipelineConfig, UploadTarget

_FOLDER_ID = re.compile(r"[A-Za-z0-9_-]{10,}")


def findings(read: ReadModel[PipelineConfig]) -> Iterator[Finding]:
    """Paths that lead nowhere, invalid ids, and files that would overwrite each other."""
    if read.model is None:
        return
    yield from _in_buckets(read, read.model)
    settings = read.model.drive_upload
    if settings is None:
        if read.model.approve_first_publication and "DriveUpload" not in read.damaged:
            wrong = "there is nothing to approve without DriveUpload"
            yield warning(read.file.at("ApproveFirstPublication"), wrong, "add that, or take this out")
        return
    targets = settings.targets()
    if not targets:
        wrong = "names nothing to upload"
        yield error(read.file.at("DriveUpload"), wrong, "write a path, such as ProductionUploadPath")
    for target in targets:
        yield from _path(read.file.at("DriveUpload", target.key), target)
    yield from _ids(read, settings)
    yield from _shared(read, targets)
    for key, value in settings.traced_data_paths().items():
        if value is not None:
            wrong = "is left out: traced data holds more than may leave, and stays in the run's folder"
            yield warning(read.file.at("DriveUpload", key), wrong, "take this path out")
    if settings.subject is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+", settings.subject):
        yield error(read.file.at("DriveUpload", "Subject"), "is no e-mail address", "name the account to act for")


def _in_buckets(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    for key, written in config.buckets().items():
        if written.lower().startswith("memory://"):
            yield error(read.file.at(key), "cannot keep files", "write gs://<bucket>, or a folder")
    if config.bucket_dir_path is not None and not config.buckets():
        right = "add DataArchiveUploadBucket, or take it out"
        yield warning(read.file.at("BucketDirPath"), "has no effect without a bucket", right)


def _path(place: str, target: UploadTarget) -> Iterator[Finding]:
    """Whether a path leads anywhere; `checks.names` looks at the names in it."""
    if target.folder_id is not None and target.artifact == "analysis":
        return
    if not target.path:
        yield error(place, "is empty", "write folders and names, joined by slashes")
    elif "/" not in target.path and target.folder_id is None and target.artifact != "analysis":
        yield error(place, "names no folder", "write <a folder that was shared>/<file>, or a folder's id beside it")


def _ids(read: ReadModel[PipelineConfig], settings: DriveUpload) -> Iterator[Finding]:
    for key, path_key, path, folder_id in settings.folder_ids():
        if folder_id is None:
            continue
        place = read.file.at("DriveUpload", key)
        if not _FOLDER_ID.fullmatch(folder_id):
            right = "write what stands behind folders/ in the folder's address, without what follows a ?"
            yield error(place, "is no id of a folder", right)
        if path is None and path_key != "AutomatedAnalysisDir":
            yield error(place, f"is given without {path_key}", "write the file's path in that folder as well")


def _shared(read: ReadModel[PipelineConfig], targets: list[UploadTarget]) -> Iterator[Finding]:
    """Files that several settings name."""
    taken: dict[tuple[str | None, str], UploadTarget] = {}
    for target in targets:
        other = taken.setdefault((target.folder_id, compared(target.path)), target)
        if other is not target:
            alike = "is the same as" if other.path == target.path else "differs in capitals or accents alone from"
            place = read.file.at("DriveUpload", target.key)
            yield error(place, f"{alike} {other.key}", "give each a path of its own")
