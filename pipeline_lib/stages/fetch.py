"""What the sources have, into the raw data."""

from pipeline_lib.config import Project
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.fetch import QUARANTINE, Targets, fetch_source, run_targets
from pipeline_lib.stages.run import Run, accounted, project_storage
from pipeline_lib.storage import Located, Storage


def fetch(run: Run, source_index: int) -> list[str]:
    """The URIs of one source's raw data files, activations first.

    Raises:
        ConfigError: The source's entry cannot be used.
        DataError: Its files cannot be used; what was published before stays.
        SourceError: It does not answer.
    """
    with accounted(run, f"fetch-{source_index}") as account:
        fetched = _fetch(run.project, source_index, run.storage, run_targets(run.storage, run.folder))
        account.inputs = {file.name: file.fingerprint for file in fetched.files}
        account.outputs = {file.uri: file.record_count for file in fetched.files}
        account.quarantined = {
            f"{file.name}: {reason}": count
            for file in fetched.files
            for reason, count in file.quarantined_counts.items()
        }
    return [file.uri for file in fetched.files]


def fetch_to_folder(project: Project, raw_data: Located) -> dict[str, int]:
    """Fetches every source of a project into a folder; what is set aside is told in a folder beside it.

    Returns:
        Records by name of the raw data.

    Raises:
        PipelineError: As `fetch`.
    """
    storage = project_storage(project)
    parent, _, _ = raw_data.name.rpartition("/")
    targets = Targets(raw_data, Located(raw_data.storage, f"{parent}/{QUARANTINE}".lstrip("/")))
    fetched = [_fetch(project, index, storage, targets) for index in range(len(project.config.raw_data_sources))]
    return {file.name: file.record_count for result in fetched for file in result.files}


def _fetch(project: Project, source_index: int, storage: Storage, targets: Targets) -> FetchResult:
    return fetch_source(
        project.config.raw_data_sources[source_index],
        storage=storage,
        config_folder=project.folder,
        targets=targets,
        quarantine_share_limit=project.config.quarantine_share_limit,
    )
