"""Paths and folder ids on Google Drive, and the folder in buckets."""

import re
from collections.abc import Iterator

from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import DriveUpload, PipelineConfig, UploadTarget
from pipeline_lib.model.uris import wrong_with_name

_FOLDER_ID = re.compile(r"[A-Za-z0-9_-]{10,}")


def findings(read: ReadModel[PipelineConfig]) -> Iterator[Finding]:
    """Paths that lead nowhere, ids that are none, and files that would overwrite each other."""
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
            yield error(read.file.at(key), "keeps nothing", "write gs://<bucket>, or a folder")
    if config.bucket_dir_path is None:
        return
    place, folder = read.file.at("BucketDirPath"), config.bucket_dir_path.strip("/")
    wrong = wrong_with_name(folder) if folder else None
    if wrong is not None:
        yield error(place, *wrong)
    elif not config.buckets():
        yield warning(place, "is the folder in no bucket", "add DataArchiveUploadBucket, or take it out")


def _path(place: str, target: UploadTarget) -> Iterator[Finding]:
    if not target.path:
        if target.artifact != "analysis" or target.folder_id is None:
            yield error(place, "is empty", "write folders and names, joined by slashes")
        return
    parts = target.path.split("/")
    right = "write names joined by single slashes, without one at the beginning or the end"
    if "" in parts:
        yield error(place, "has a name that is empty", right)
    elif {".", ".."} & set(parts):
        yield error(place, "has . or .. as a name, which Google Drive does not know", "write the folders' own names")
    elif any(part != part.strip() or not part.isprintable() for part in parts):
        yield error(place, "has a name with spaces around it, or with signs that cannot be seen", "correct it")
    elif len(parts) == 1 and target.artifact != "analysis" and target.folder_id is None:
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
            yield error(place, f"stands without {path_key}", "write the file's path in that folder as well")


def _shared(read: ReadModel[PipelineConfig], targets: list[UploadTarget]) -> Iterator[Finding]:
    """Files that several settings mean."""
    taken: dict[tuple[str | None, str], str] = {}
    for target in targets:
        spot = (target.folder_id, target.path)
        if spot in taken:
            place = read.file.at("DriveUpload", target.key)
            yield error(place, f"is the same as {taken[spot]}", "give each a path of its own")
        taken.setdefault(spot, target.key)
