"""Finds where a run's manifest and its artifacts disagree.

A task publishes, then writes its part of the manifest. If it was cut off between the two, or somebody has changed files
since, the part's fingerprints do not match the artifacts; the task's next try puts that right.
"""

from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline_lib.errors import Problem
from pipeline_lib.model.uris import path_or_uri
from pipeline_lib.storage.base import MissingArtifactError, Storage, local_fingerprint
from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.manifest import RunManifest, TaskManifest, read_manifest


def run_remarks(storage: Storage, run_key: str) -> list[Problem]:
    """One remark for each artifact of a run that the manifest does not match: from another try, or changed since.

    Raises:
        MissingArtifactError: No task of the run has written its part.
        DataError: The manifest cannot be read.
    """
    now: dict[str, str] = {}
    found = []
    for part in read_manifest(storage, run_key).tasks:
        for uri, told in (part.artifacts | part.inputs).items():
            name = _name_in_run(run_key, uri)
            if name is None:
                continue
            if name not in now:
                now[name] = _fingerprint_now(storage, name)
            if now[name] != told:
                found.append(_remark(storage.uri_of(name), part, is_input=uri not in part.artifacts))
    return found


def artifact_remark(storage: Storage, run_key: str, artifact: str, fingerprint: str) -> Problem | None:
    """The remark about a run's artifact with this fingerprint; None if the manifest has that version of it.

    Raises:
        DataError: The manifest cannot be read.
    """
    try:
        parts = read_manifest(storage, run_key).tasks
    except MissingArtifactError:
        return None
    parts_of_it = [part for part in parts if artifact in part.artifacts]
    stale = [part for part in parts_of_it if part.artifacts[artifact] != fingerprint]
    return _remark(artifact, stale[0], is_input=False) if stale else None


def folder_remarks(folder: Path) -> list[Problem]:
    """Remarks about a local folder of outputs, or of a whole run, that does not match the manifest beside it.

    The manifest is the run's `manifest.json`, or `<folder>.manifest.json` where a stage was run alone. Without one
    there are no remarks.
    """
    if folder.parent.name == "runs" and (folder / "manifest.json").is_file():
        return run_remarks(LocalStorage(folder.parent.parent), folder.name)
    manifest = _manifest_beside(folder)
    try:
        parts = _parts(manifest)
    except ValidationError:
        return [Problem(str(manifest), "cannot be read as a manifest")]
    artifacts = [(part, path_or_uri(uri), sha) for part in parts for uri, sha in part.artifacts.items()]
    told = [(part, sha) for part, place, sha in artifacts if Path(place).name == folder.name]
    now = local_fingerprint(folder) if told and folder.is_dir() else ""
    return [_remark(str(folder), part, is_input=False) for part, sha in told if sha != now]


def as_of_outputs(folder: Path) -> datetime | None:
    """The `as_of` of a local folder of outputs, if the manifest beside it can be read and has one."""
    try:
        parts = _parts(_manifest_beside(folder))
    except ValidationError:
        return None
    return next((part.as_of for part in parts if part.task == "process"), None)


def _manifest_beside(folder: Path) -> Path:
    alone = folder.with_name(f"{folder.name}.manifest.json")
    return alone if alone.is_file() else folder.with_name("manifest.json")


def _parts(manifest: Path) -> tuple[TaskManifest, ...]:
    """The parts of the manifest of a run, or of one stage; empty where there is no such file."""
    if not manifest.is_file():
        return ()
    if manifest.name == "manifest.json":
        return RunManifest.model_validate_json(manifest.read_bytes()).tasks
    return (TaskManifest.model_validate_json(manifest.read_bytes()),)


def _remark(place: str, part: TaskManifest, *, is_input: bool) -> Problem:
    of = f"{part.task}, begun {part.started_at:%Y-%m-%d %H:%M:%S} UTC"
    if is_input:
        return Problem(place, f"has changed since a task read it ({of})", "run that task again")
    wrong = f"is not the version in the manifest ({of})"
    return Problem(place, wrong, "run that task again: it was cut off before it wrote its part, or files were changed")


def _name_in_run(run_key: str, uri: str) -> str | None:
    """The name in the run that a part's URI means, even if the project was moved since; None outside the run."""
    _, is_inside, rest = path_or_uri(uri).rpartition(f"/runs/{run_key}/")
    return f"runs/{run_key}/{rest}" if is_inside else None


def _fingerprint_now(storage: Storage, name: str) -> str:
    try:
        return storage.fingerprint(name)
    except MissingArtifactError:
        return ""
