"""Uploads to Google Drive what people outside read: the three CSVs and the analysis, and nothing else."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config import PipelineConfig, Project
from pipeline_lib.config.pipeline import DriveUpload
from pipeline_lib.delivery.drive_calls import RetryPolicy
from pipeline_lib.delivery.drive_client import DriveClient
from pipeline_lib.delivery.drive_folders import Destination
from pipeline_lib.delivery.drive_ids import RememberedIds
from pipeline_lib.delivery.drive_plan import REPORT, grouped, plan
from pipeline_lib.delivery.drive_upload import Action, Uploaded, dry_run
from pipeline_lib.delivery.drive_upload import upload as carry_out
from pipeline_lib.errors import ConfigError, DataError, FatalSourceError, Problem
from pipeline_lib.model.step_counts import StepCount, step_counts
from pipeline_lib.stages.approval import note_published
from pipeline_lib.stages.drive_clients import drive_client
from pipeline_lib.stages.run_context import Run, project_storage, task_report
from pipeline_lib.storage import Located, Storage, fingerprint, located
from pipeline_lib.storage.manifest import PublishedFile

logger = logging.getLogger(__name__)

_OF_AN_ANALYSIS = frozenset({".csv", ".html", ".png", ".svg"})
"""What an analysis consists of; traced data, raw data and frames are of other kinds."""

_SHOWN = 20

_STEP = "upload"


class Sources(NamedTuple):
    """The folders to upload from."""

    outputs: Located
    """The folder that `process` made."""
    analysis: Located
    """The folder that `analyse` made."""


def upload(run: Run, outputs: str, analysis: str) -> dict[str, str]:
    """The links to what is on Drive now: `production`, `messages`, `individuals`, and the folder `analysis`.

    The run's manifest lists every file with its link, its MD5 and whether it is new.

    Args:
        run: The run.
        outputs: URI of the folder that `process` made.
        analysis: URI of the folder that `analyse` made.

    Raises:
        ConfigError: The config asks for no upload, or its credentials cannot be used.
        DataError: The outputs or the analysis are not there, or are something else.
        FatalSourceError: A folder is not shared, files cannot be created, or there are several of one name. Everything
            else is uploaded, unless a path leads nowhere.
        SourceError: Drive is unavailable.
    """
    with task_report(run, "upload") as report:
        sources = Sources(located(outputs), located(analysis))
        done = _done(run.project, run.storage, sources)
        report.inputs = {uri: fingerprint(uri) for uri in _inputs(run.project.config, outputs, analysis)}
        report.counts = (*file_counts(done.uploaded), *step_counts(_STEP, {"requests": done.request_count}))
        report.published = tuple(
            PublishedFile(path=each.path, id=each.item_id, link=each.link, md5=each.md5, action=each.action)
            for each in done.uploaded.published
        )
    check_whole(done.uploaded)
    return done.links


def upload_folders(project: Project, sources: Sources) -> Uploaded:
    """Uploads from folders, without a run.

    Raises:
        PipelineError: As `upload`, except for files that were left alone, which the result lists.
    """
    return _done(project, project_storage(project), sources).uploaded


def dry_run_upload(project: Project, sources: Sources) -> Uploaded:
    """What `upload_folders` would do; nothing is changed or kept.

    Raises:
        PipelineError: As `upload_folders`.
    """
    with _client(project) as client, _destinations(project, sources) as destinations:
        return dry_run(plan(client, list(destinations.values())))


def check_whole(uploaded: Uploaded) -> None:
    """Checks that no file was left alone.

    Raises:
        FatalSourceError: A file was; a person must put that right.
    """
    if uploaded.left_alone:
        raise FatalSourceError(*grouped(uploaded.left_alone))


def file_counts(uploaded: Uploaded) -> tuple[StepCount, ...]:
    """How many files were created, updated, equal or left alone, or are no longer made but still on Drive."""
    done = Counter(each.action for each in uploaded.published)
    return step_counts(
        _STEP,
        {
            **{f"files_{action}": done[action] for action in Action},
            "files_left_alone": len(uploaded.left_alone),
            "files_no_longer_made": len(uploaded.no_longer_made),
        },
    )


class _Done(NamedTuple):
    """An upload."""

    links: dict[str, str]
    """By artifact."""
    uploaded: Uploaded
    request_count: int


def _done(project: Project, storage: Storage, sources: Sources) -> _Done:
    with _client(project) as client, _destinations(project, sources) as destinations:
        logger.info("Google Drive is called as %s", client.calls.asking.called)
        uploaded = carry_out(client, plan(client, list(destinations.values())), RememberedIds(storage))
        note_published(storage, len(uploaded.published))
        for path in uploaded.no_longer_made[:_SHOWN]:
            logger.info("no longer made, but still on Drive: %s", path)
        return _Done(_links(destinations, uploaded), uploaded, client.request_count)


def _links(destinations: Mapping[str, Destination], uploaded: Uploaded) -> dict[str, str]:
    """The links to each CSV and to the folder of the analysis."""
    links = {}
    for artifact, destination in destinations.items():
        if destination.is_mirror:
            links[artifact] = uploaded.links.get(destination.setting, "")
        else:
            (name,) = destination.files
            folder = uploaded.folders[destination.setting]
            links[artifact] = next((each.link for each in uploaded.published if each.path == f"{folder}/{name}"), "")
    return {artifact: link for artifact, link in links.items() if link}


def _client(project: Project) -> DriveClient:
    return drive_client(_settings(project), project.folder, f"{project.path.name}: DriveUpload", RETRY_POLICY)


def _settings(project: Project) -> DriveUpload:
    if project.config.drive_upload is None:
        right = "add it, as configs/README.md says"
        raise ConfigError(Problem(f"{project.path.name}: DriveUpload", "is missing: there is nothing to upload", right))
    return project.config.drive_upload


RETRY_POLICY = RetryPolicy()
"""How to retry calls of Drive; tests have less time."""


def _inputs(config: PipelineConfig, outputs: str, analysis: str) -> list[str]:
    """The URIs of what is uploaded."""
    csvs = _csvs(config)
    return [
        f"{outputs}/{csvs[target.artifact]}" if target.artifact in csvs else analysis
        for target in (config.drive_upload.targets() if config.drive_upload else ())
    ]


def _csvs(config: PipelineConfig) -> dict[str, str]:
    """The names in the outputs of the CSVs that are uploaded."""
    names = config.output_filenames
    return {"production": names.production, "messages": names.messages, "individuals": names.individuals}


@contextmanager
def _destinations(project: Project, sources: Sources) -> Iterator[dict[str, Destination]]:
    """What goes where, by the artifact's name; the files are on this machine while the context lasts."""
    csvs, found = _csvs(project.config), dict[str, Destination]()
    with ExitStack() as local:
        for target in _settings(project).targets():
            setting = f"{project.path.name}: DriveUpload.{target.key}"
            names = tuple(target.path.split("/")) if target.path else ()
            if target.artifact in csvs:
                storage, folder = sources.outputs
                path = local.enter_context(storage.local_file(f"{folder}/{csvs[target.artifact]}"))
                found[target.artifact] = Destination(setting, names[:-1], {names[-1]: path}, target.folder_id)
            else:
                storage, folder = sources.analysis
                files = _of_analysis(local.enter_context(storage.local_folder(folder)), storage.uri_of(folder))
                found[target.artifact] = Destination(setting, names, files, target.folder_id, is_mirror=True)
        yield found


def _of_analysis(folder: Path, uri: str) -> dict[str, Path]:
    """The files of a folder that belong to an analysis, by path."""
    if not (folder / REPORT).is_file():
        right = "name the folder that analyse has made"
        raise DataError(Problem(uri, f"is not an analysis: there is no {REPORT} in it", right))
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    strange = sorted(name for name, path in files.items() if path.suffix not in _OF_AN_ANALYSIS)
    for name in strange[:_SHOWN]:
        logger.warning("not uploaded, since no analysis makes such a file: %s", name)
    return {name: path for name, path in files.items() if name not in strange}
