"""Fetches the sources' records into the raw data."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.config.csv_source import CSVSource
from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.kobo_source import KoboToolboxSource
from pipeline_lib.config.sources import FacebookSource, PageSource, RapidProSource
from pipeline_lib.identity.base import UuidTable, new_uuid
from pipeline_lib.model.shrink_limit import ShrinkLimit
from pipeline_lib.model.step_counts import Outcome, StepCount, step_counts
from pipeline_lib.sources.base import FetchedFile, FetchResult, Participants
from pipeline_lib.sources.facebook.client import open_client as graph_client
from pipeline_lib.sources.facebook.export import ExportToFetch, fetch_export
from pipeline_lib.sources.facebook.fetch import PageToFetch, fetch_comments
from pipeline_lib.sources.facebook.metrics_file import notes_name
from pipeline_lib.sources.files.answer_files import AnswerFilesToFetch, fetch_answer_files
from pipeline_lib.sources.files.fetch import fetch_source
from pipeline_lib.sources.files.group_files import GroupFileToFetch, fetch_group_files
from pipeline_lib.sources.files.ingestion import Limits
from pipeline_lib.sources.forget_queues import TO_FORGET
from pipeline_lib.sources.kobo.client import open_client as kobo_client
from pipeline_lib.sources.kobo.fetch import Account, fetch_forms
from pipeline_lib.sources.rapid_pro.client import open_client
from pipeline_lib.sources.rapid_pro.fetch import Workspace, fetch_flows
from pipeline_lib.sources.raw_store import RAW_STORE
from pipeline_lib.sources.targets import Targets, run_targets, targets_beside
from pipeline_lib.stages.kept_fields import kept_fields
from pipeline_lib.stages.outputs import group_file_names
from pipeline_lib.stages.run_context import Run, project_storage, task_report
from pipeline_lib.stages.settings import processing_settings
from pipeline_lib.stages.shrink_limit import shrink_limit
from pipeline_lib.stages.uuid_table import open_project_uuid_table
from pipeline_lib.storage import Located, Storage, located, storage_at
from pipeline_lib.storage.data_root import data_root
from pipeline_lib.storage.leases import scratch_folder
from pipeline_lib.storage.secrets import read_secret


def fetch(run: Run, source_index: int) -> list[str]:
    """Fetches one source, and returns the URIs of its raw data files, activations first.

    Args:
        run: The run.
        source_index: Which of the sources; one more than the last means the groups' files.

    Raises:
        ConfigError: The source's entry cannot be used.
        DataError: Its files cannot be used; what was published before stays.
        SourceError: The source is unavailable.
    """
    with task_report(run, f"fetch-{source_index}") as report:
        limit = run.project.config.quarantine_share_limit
        targets = run_targets(run.storage, run.folder)
        shrinks = shrink_limit(run.project, run.accept_shrink)
        into = _Into(run.storage, targets, limit, shrinks, is_full_fetch=run.is_full_fetch)
        fetched = _fetch(run.project, source_index, into)
        report.inputs = {file.name: file.fingerprint for file in fetched.files}
        report.outputs = {file.uri: file.record_count for file in fetched.files}
        report.artifacts = _fingerprints(fetched, targets) | _metrics_fingerprints(into, run.project, source_index)
        report.counts = _counts(fetched)
    return [file.uri for file in fetched.files]


def fetch_count(project: Project) -> int:
    """How many fetches there are: one for each source, and one for all groups' files, if there are any."""
    return len(project.config.raw_data_sources) + bool(group_file_names(project))


def uris_to_fetch(run: Run, source_index: int) -> list[str]:
    """The URIs that `fetch` returns."""
    targets, sources = run_targets(run.storage, run.folder), run.project.config.raw_data_sources
    if source_index == len(sources):
        files = [targets.group_file(name) for name in group_file_names(run.project)]
    else:
        source = sources[source_index]
        files = [targets.raw_data_file(name) for name in (*source.activation_names, *source.survey_names)]
    return [file.storage.uri_of(file.name) for file in files]


def _counts(fetched: FetchResult) -> tuple[StepCount, ...]:
    """What a source's fetch counted, and then what was repaired in its files and set aside."""
    return (*fetched.counts, *(count for file in fetched.files for count in _file_counts(file)))


def _file_counts(file: FetchedFile) -> Iterator[StepCount]:
    """What was repaired in a file, and what was set aside."""
    name = located(file.uri).name.rsplit("/", 1)[-1]
    if file.replaced_count:
        yield from step_counts("fetch", {"replaced_characters": file.replaced_count}, file=name)
    for reason, count in file.quarantined_counts.items():
        yield StepCount(
            step="fetch", measure="records", count=count, outcome=Outcome.QUARANTINED, file=name, reason=reason
        )


def _fingerprints(fetched: FetchResult, targets: Targets) -> dict[str, str]:
    """The fingerprints of all files that a fetch publishes, by URI; empty for a quarantine file that is not there."""
    found = {}
    for file in fetched.files:
        for storage, name in (located(file.uri), targets.quarantine_file(file.name)):
            found[storage.uri_of(name)] = storage.fingerprint(name) if storage.exists(name) else ""
    return found


def _metrics_fingerprints(into: "_Into", project: Project, source_index: int) -> dict[str, str]:
    """The fingerprints of the engagement metrics, if the source gives any."""
    metrics = into.metrics(project, source_index)
    if metrics is None or not metrics.storage.exists(metrics.name):
        return {}
    storage = metrics.storage
    return {storage.uri_of(name): storage.fingerprint(name) for name in (metrics.name, notes_name(metrics.name))}


class Fetched(NamedTuple):
    """What was fetched from all sources of a project, or would be."""

    record_counts: dict[str, int]
    """Records by the name of the raw data."""
    counts: tuple[StepCount, ...]
    """What else was counted: requests, what was set aside."""


def fetch_to_folder(project: Project, raw_data: Located, accept_shrink: Iterable[str] = ()) -> Fetched:
    """Fetches every source of a project into a folder, and lists what is set aside in a folder beside it.

    Args:
        project: The project.
        raw_data: The folder.
        accept_shrink: Names of raw data that may have far less than the last time.

    Raises:
        PipelineError: As `fetch`.
    """
    limits = project.config.quarantine_share_limit, shrink_limit(project, accept_shrink)
    into = _Into(project_storage(project), targets_beside(raw_data), *limits)
    return _fetch_all(project, into)


def dry_run_fetch(project: Project, accept_shrink: Iterable[str] = ()) -> Fetched:
    """A dry run of `fetch`, in a copy of the raw store: nothing is kept, and nobody is added to the uuid table.

    It stops where a fetch would, for the same reasons; people without a uuid have an invented one meanwhile.

    Args:
        project: The project.
        accept_shrink: Names of raw data that may have far less than the last time.

    Raises:
        PipelineError: As `fetch`.
    """
    stored = project_storage(project)
    with scratch_folder() as scratch:
        copy = storage_at(scratch.as_uri())
        for name in (*stored.names(RAW_STORE), *stored.names(TO_FORGET)):
            copy.create(name, stored.read(name))
        limits = project.config.quarantine_share_limit, shrink_limit(project, accept_shrink)
        invented: dict[str, str] = {}
        participants = partial(_known_or_invented, invented=invented)
        into = _Into(copy, run_targets(copy, "rehearsal"), *limits, participants, wants_metrics=False)
        fetched = _fetch_all(project, into)
        new = {"people_who_have_no_participant_uuid_yet": len(invented)} if invented else {}
        return fetched._replace(counts=(*fetched.counts, *step_counts("rehearse", new)))


def _known_or_invented(table: UuidTable, invented: dict[str, str]) -> Participants:
    """The table's uuids, and for people who have none an invented one, for this dry run only."""

    def uuids(addresses: Collection[str]) -> dict[str, str]:
        known = table.known(addresses)
        more = {address: invented.setdefault(address, new_uuid(table.prefix)) for address in {*addresses} - {*known}}
        return known | more

    return uuids


@dataclass(frozen=True)
class _Into:
    """Where a fetch goes."""

    storage: Storage
    targets: Targets
    quarantine_share_limit: float
    shrink_limit: ShrinkLimit
    participants: Callable[[UuidTable], Participants] = attrgetter("uuids")
    """From a uuid table to a function that returns people's uuids."""
    wants_metrics: bool = True
    is_full_fetch: bool = False
    """Whether RapidPro is asked for all runs again; other sources are compared in full every time anyway."""

    def metrics(self, project: Project, source_index: int) -> Located | None:
        """The file for a source's engagement metrics; None if it is no page's, or none are wanted."""
        before = project.config.raw_data_sources[: source_index + 1]
        number = sum(isinstance(source, PageSource) for source in before)
        is_of_page = isinstance(before[-1], PageSource)
        return self.targets.metrics_file(number) if self.wants_metrics and is_of_page else None


def _fetch_all(project: Project, into: _Into) -> Fetched:
    results = [_fetch(project, index, into) for index in range(fetch_count(project))]
    record_counts = {file.name: file.record_count for result in results for file in result.files}
    return Fetched(record_counts, tuple(count for result in results for count in _counts(result)))


def _fetch(project: Project, source_index: int, into: _Into) -> FetchResult:
    is_of_groups = source_index == len(project.config.raw_data_sources)
    return _fetch_groups(project, into) if is_of_groups else _fetch_source(project, source_index, into)


def _fetch_source(project: Project, source_index: int, into: _Into) -> FetchResult:
    source = project.config.raw_data_sources[source_index]
    place = f"{project.path.name}: RawDataSources[{source_index}]"
    if isinstance(source, RapidProSource):
        token = read_secret(source.token_file_url.get_secret_value(), project.folder, f"{place}.TokenFileURL")
        client = open_client(source.domain, token, place=place, requests_an_hour=source.requests_per_hour)
        table = open_project_uuid_table(project)
        fetched = fetch_flows(
            Workspace(
                source,
                place,
                client,
                into.participants(table),
                into.storage,
                _root_storage(project),
                is_full_fetch=into.is_full_fetch,
            ),
            targets=into.targets,
            quarantine_share_limit=into.quarantine_share_limit,
            shrink_limit=into.shrink_limit,
            now=datetime.now(UTC),
        )
        return _with_costs(fetched, table)
    if isinstance(source, FacebookSource):
        token = read_secret(source.token_file_url.get_secret_value(), project.folder, f"{place}.TokenFileURL")
        graph = graph_client(token, place=place, version=source.api_version)
        table = open_project_uuid_table(project)
        fetched = fetch_comments(
            PageToFetch(
                source, place, graph, into.participants(table), into.storage, into.metrics(project, source_index)
            ),
            targets=into.targets,
            quarantine_share_limit=into.quarantine_share_limit,
            shrink_limit=into.shrink_limit,
            now=datetime.now(UTC),
        )
        return _with_costs(fetched, table)
    if isinstance(source, FacebookExportSource):
        table = open_project_uuid_table(project)
        fetched = fetch_export(
            ExportToFetch(
                source,
                place,
                into.participants(table),
                into.storage,
                config_folder=project.folder,
                metrics=into.metrics(project, source_index),
            ),
            targets=into.targets,
            quarantine_share_limit=into.quarantine_share_limit,
            shrink_limit=into.shrink_limit,
        )
        return _with_costs(fetched, table)
    if isinstance(source, KoboToolboxSource):
        return _fetch_forms(project, source, place, into)
    if isinstance(source, CSVSource):
        return _fetch_answer_files(project, source, place, into)
    return fetch_source(
        source,
        storage=into.storage,
        config_folder=project.folder,
        targets=into.targets,
        quarantine_share_limit=into.quarantine_share_limit,
        shrink_limit=into.shrink_limit,
        fields=kept_fields(processing_settings(project, None).translation),
        counts_rows_twice=project.config.keeps_predecessor_quirks,
    )


def _root_storage(project: Project) -> Storage:
    """The storage that all projects of the data root share."""
    return storage_at(data_root(project.config.data_root, project.folder))


def _fetch_answer_files(project: Project, source: CSVSource, place: str, into: _Into) -> FetchResult:
    table = open_project_uuid_table(project) if source.gives_addresses else None
    participants: Participants = into.participants(table) if table is not None else lambda _: {}
    fetched = fetch_answer_files(
        AnswerFilesToFetch(source, place, participants, into.storage, project.folder),
        targets=into.targets,
        quarantine_share_limit=into.quarantine_share_limit,
        shrink_limit=into.shrink_limit,
    )
    return _with_costs(fetched, table) if table is not None else fetched


def _fetch_forms(project: Project, source: KoboToolboxSource, place: str, into: _Into) -> FetchResult:
    token = read_secret(source.token_file_url.get_secret_value(), project.folder, f"{place}.TokenFileURL")
    client = kobo_client(source.domain, token, place=place, requests_an_hour=source.requests_per_hour)
    table = open_project_uuid_table(project)
    fetched = fetch_forms(
        Account(source, place, client, into.participants(table), into.storage),
        targets=into.targets,
        quarantine_share_limit=into.quarantine_share_limit,
        shrink_limit=into.shrink_limit,
    )
    return _with_costs(fetched, table)


def _fetch_groups(project: Project, into: _Into) -> FetchResult:
    columns = {name: group.participant_column for group in project.plans.groups for name in group.files}
    urls = project.config.group_urls()
    return fetch_group_files(
        [GroupFileToFetch(name, urls[name], column) for name, column in columns.items()],
        storage=into.storage,
        config_folder=project.folder,
        targets=into.targets,
        limits=Limits(into.quarantine_share_limit, into.shrink_limit),
    )


def _with_costs(fetched: FetchResult, table: UuidTable) -> FetchResult:
    """The result with the uuid table's counts, for the manifest."""
    counts = {
        "uuid_table_reads": table.costs.read_count,
        "uuid_table_writes": table.costs.write_count,
        "uuids_known_to_cache": table.costs.cached_count,
        "people_stored_without_uuid": table.costs.broken_count,
    }
    return replace(fetched, counts=(*fetched.counts, *step_counts("de_identify", counts)))
