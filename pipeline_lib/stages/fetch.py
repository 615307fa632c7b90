"""What the sources have, into the raw data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter

from pipeline_lib.config import Project
from pipeline_lib.config.sources import FacebookSource, RapidProSource
from pipeline_lib.identity.base import UuidTable
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.facebook.client import open_client as graph_client
from pipeline_lib.sources.facebook.fetch import PageToFetch, fetch_comments
from pipeline_lib.sources.fetch import fetch_source
from pipeline_lib.sources.forget_queues import TO_FORGET
from pipeline_lib.sources.rapid_pro.client import open_client
from pipeline_lib.sources.rapid_pro.fetch import Workspace, fetch_flows
from pipeline_lib.sources.rapid_pro.records import Participants
from pipeline_lib.sources.raw_store import RAW_STORE
from pipeline_lib.sources.targets import QUARANTINE, Targets, run_targets
from pipeline_lib.stages.kept_fields import kept_fields
from pipeline_lib.stages.run import Run, accounted, project_storage
from pipeline_lib.stages.settings import processing_settings
from pipeline_lib.stages.uuid_table import open_project_uuid_table
from pipeline_lib.storage import Located, Storage, storage_at
from pipeline_lib.storage.leases import scratch_folder
from pipeline_lib.storage.secrets import read_secret


def fetch(run: Run, source_index: int) -> list[str]:
    """The URIs of one source's raw data files, activations first.

    Raises:
        ConfigError: The source's entry cannot be used.
        DataError: Its files cannot be used; what was published before stays.
        SourceError: It does not answer.
    """
    with accounted(run, f"fetch-{source_index}") as account:
        limit = run.project.config.quarantine_share_limit
        targets = run_targets(run.storage, run.folder)
        into = _Into(run.storage, targets, limit)
        fetched = _fetch(run.project, source_index, into)
        account.inputs = {file.name: file.fingerprint for file in fetched.files}
        account.outputs = {file.uri: file.record_count for file in fetched.files}
        account.artifacts = _fingerprints(fetched, targets)
        account.counts = fetched.counts
        account.quarantined = {
            f"{file.name}: {reason}": count
            for file in fetched.files
            for reason, count in file.quarantined_counts.items()
        }
    return [file.uri for file in fetched.files]


def _fingerprints(fetched: FetchResult, targets: Targets) -> dict[str, str]:
    """Of all files that a fetch publishes, by URI; empty where nothing was set aside."""
    found = {}
    for file in fetched.files:
        for storage, name in (targets.raw_data_file(file.name), targets.quarantine_file(file.name)):
            found[storage.uri_of(name)] = storage.fingerprint(name) if storage.exists(name) else ""
    return found


def fetch_to_folder(project: Project, raw_data: Located) -> dict[str, int]:
    """Fetches every source of a project into a folder; what is set aside is told in a folder beside it.

    Returns:
        Records by name of the raw data.

    Raises:
        PipelineError: As `fetch`.
    """
    parent, _, _ = raw_data.name.rpartition("/")
    targets = Targets(raw_data, Located(raw_data.storage, f"{parent}/{QUARANTINE}".lstrip("/")))
    into = _Into(project_storage(project), targets, project.config.quarantine_share_limit)
    return _record_counts(_fetch(project, index, into) for index in range(len(project.config.raw_data_sources)))


def rehearse_fetch(project: Project) -> dict[str, int]:
    """What `fetch` would bring, found out in a copy of the raw store; nothing is kept, and nobody gets a uuid.

    Returns:
        Records by name of the raw data; those of people who have no uuid yet are counted apart.

    Raises:
        PipelineError: As `fetch`.
    """
    stored = project_storage(project)
    with scratch_folder() as scratch:
        copy = storage_at(scratch.as_uri())
        for name in (*stored.names(RAW_STORE), *stored.names(TO_FORGET)):
            copy.create(name, stored.read(name))
        into = _Into(copy, run_targets(copy, "rehearsal"), quarantine_share_limit=1.0, participants=attrgetter("known"))
        return _record_counts(_fetch(project, index, into) for index in range(len(project.config.raw_data_sources)))


def _record_counts(fetched: Iterable[FetchResult]) -> dict[str, int]:
    counts = {}
    for file in (file for result in fetched for file in result.files):
        counts[file.name] = file.record_count
        if file.quarantined_counts:
            counts[f"{file.name}, set aside"] = sum(file.quarantined_counts.values())
    return counts


@dataclass(frozen=True)
class _Into:
    """Where a fetch goes."""

    storage: Storage
    targets: Targets
    quarantine_share_limit: float
    participants: Callable[[UuidTable], Participants] = attrgetter("uuids")
    """Which of a uuid table's methods tells who people are."""


def _fetch(project: Project, source_index: int, into: _Into) -> FetchResult:
    source = project.config.raw_data_sources[source_index]
    place = f"{project.path.name}: RawDataSources[{source_index}]"
    if isinstance(source, RapidProSource):
        token = read_secret(source.token_file_url, project.folder, f"{place}.TokenFileURL")
        client = open_client(source.domain, token, place=place, requests_an_hour=source.requests_per_hour)
        table = open_project_uuid_table(project)
        fetched = fetch_flows(
            Workspace(source, place, client, into.participants(table), into.storage),
            targets=into.targets,
            quarantine_share_limit=into.quarantine_share_limit,
            now=datetime.now(UTC),
        )
        return replace(fetched, counts=fetched.counts | _costs(table))
    if isinstance(source, FacebookSource):
        token = read_secret(source.token_file_url, project.folder, f"{place}.TokenFileURL")
        graph = graph_client(token, place=place, version=source.api_version)
        table = open_project_uuid_table(project)
        fetched = fetch_comments(
            PageToFetch(source, place, graph, into.participants(table), into.storage),
            targets=into.targets,
            quarantine_share_limit=into.quarantine_share_limit,
            now=datetime.now(UTC),
        )
        return replace(fetched, counts=fetched.counts | _costs(table))
    return fetch_source(
        source,
        storage=into.storage,
        config_folder=project.folder,
        targets=into.targets,
        quarantine_share_limit=into.quarantine_share_limit,
        fields=kept_fields(processing_settings(project, None).translation),
    )


def _costs(table: UuidTable) -> dict[str, int]:
    """What the manifest tells of a uuid table."""
    return {
        "uuid table, reads": table.costs.read_count,
        "uuid table, writes": table.costs.write_count,
        "uuid table, known to the cache": table.costs.cached_count,
        "uuid table, people stored without a uuid": table.costs.broken_count,
    }
