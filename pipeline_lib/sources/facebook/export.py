"""Fetching exported comments: each file into the raw store, and from there by dataset into the run's Raw Data.

    state/raw/FacebookExport/<file>-<hash of its URL>/

If a comment is in several files, or twice in one, the last one counts. Comments that a replaced file no longer has are
gone from the Raw Data; an export does not say that somebody deleted a comment.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.config.facebook_export import FacebookExportDataset, FacebookExportSource
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import unzipped
from pipeline_lib.model.lenient_json import count_replacements
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.model.step_counts import StepCount, step_counts
from pipeline_lib.progress import track
from pipeline_lib.sources.base import FetchedFile, FetchResult, Participants, SourceFile
from pipeline_lib.sources.facebook.content_export import Content, metrics_of, read_content
from pipeline_lib.sources.facebook.export_rows import ExportConverter, ExportedComment, decode_rows
from pipeline_lib.sources.facebook.fields import post_json, raw_data_line
from pipeline_lib.sources.facebook.metrics_file import PostMetrics, publish_metrics
from pipeline_lib.sources.files.ingestion import Limits, StoredFile, log_name, publish_quarantine, store_files
from pipeline_lib.sources.forget_queues import participants_to_forget
from pipeline_lib.sources.raw_store import RawLog
from pipeline_lib.sources.record_counts import RecordCount, RecordCounts
from pipeline_lib.sources.targets import Targets, raw_data_file_name
from pipeline_lib.storage import Located, Storage, as_uri, read_uri

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExportToFetch:
    """One source's side of a fetch: its files, and the stores to use."""

    source: FacebookExportSource
    place: str
    """How errors name the source: `pipeline.json: RawDataSources[0]`."""
    participants: Participants
    """From addresses to participant uuids."""
    storage: Storage
    """The project's data, which has the raw store."""
    config_folder: Path
    """The folder that relative paths of the config start from."""
    metrics: Located | None = None
    """The file of engagement metrics to write; None for none."""


def fetch_export(
    export: ExportToFetch,
    *,
    targets: Targets,
    quarantine_share_limit: float,
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT,
) -> FetchResult:
    """Fetch exported comments into the raw data; nothing is published unless all files can be.

    Args:
        export: The source.
        targets: The folders to fill.
        quarantine_share_limit: Share of a file's rows (0 to 1) that may be set aside.
        shrink_limit: How many rows a file, and how many comments a dataset, must still have.

    Raises:
        ConfigError: A date format is invalid.
        DataError: Lists everything that is wrong with its files, by line; or the datasets that have far fewer comments
            than the last time.
        StorageConflictError: Another fetch of the same file was quicker.
    """
    source = export.source
    stored = _stored(export, Limits(quarantine_share_limit, shrink_limit))
    rows = {url: [row for part in file.segments for row in decode_rows(file.log.read(part))] for url, file in stored}
    by_url = dict(stored)
    content = _content(export)
    to_forget = participants_to_forget(export.storage)
    datasets = [_merged(dataset, rows) for dataset in source.datasets]
    record_counts = RecordCounts(export.storage, shrink_limit)
    found = list(_record_counts(export, datasets, by_url))
    record_counts.check(found, "comment")
    files: list[FetchedFile] = []
    counts: list[StepCount] = []
    with ExitStack() as publishing:
        for name, dataset, comments in zip(source.activation_names, source.datasets, datasets, strict=True):
            target = targets.raw_data_file(name)
            path = publishing.enter_context(target.storage.publish_file(target.name))
            replaced_count = 0
            with path.open("wb") as lines:
                for row in track(comments, f"Publishing {name}"):
                    is_to_forget = row.comment.participant in to_forget
                    post = _post(row.post, content)
                    line = raw_data_line(row.comment, dataset.name, post, is_to_forget=is_to_forget)
                    replaced_count += count_replacements(line)
                    lines.write(line)
            of_dataset = [by_url[url] for url in dict.fromkeys(dataset.comment_file_urls)]
            bad_lines = [(file.file, file.bad_lines) for file in of_dataset]
            publish_quarantine(targets.quarantine_file(name), bad_lines)
            files.append(_fetched(name, target.storage.uri_of(target.name), comments, of_dataset, replaced_count))
            counts += _counts(name, comments, sum(len(rows[url]) for url in dataset.comment_file_urls))
    record_counts.keep(found)
    if export.metrics is not None and source.content_file_urls:
        publish_metrics(export.metrics, _metrics(source, datasets, content))
    return FetchResult(tuple(files), tuple(counts))


def _record_counts(
    export: ExportToFetch, datasets: Sequence[Sequence[ExportedComment]], files: Mapping[str, StoredFile]
) -> Iterator[RecordCount]:
    """The record count of each dataset, including rows of its files that were set aside."""
    source = export.source
    names = source.activation_names
    for number, (name, dataset, comments) in enumerate(zip(names, source.datasets, datasets, strict=True)):
        set_aside_count = sum(len(files[url].bad_lines) for url in set(dataset.comment_file_urls))
        yield RecordCount(f"{export.place}.Datasets[{number}]", name, len(comments) + set_aside_count)


def _stored(export: ExportToFetch, limits: Limits) -> list[tuple[str, StoredFile]]:
    """Each file that the datasets name, once, in the raw store."""
    source = export.source
    names = dict[str, str]()
    for name, dataset in zip(source.activation_names, source.datasets, strict=True):
        for url in dataset.comment_file_urls:
            names.setdefault(url, name)
    posts = {url: _only_post(source, dataset) for dataset in source.datasets for url in dataset.comment_file_urls}
    files = [
        (
            SourceFile(names[url], url, is_survey=False),
            as_uri(url, export.config_folder),
            RawLog(export.storage, source.source_type, log_name(url)),
            ExportConverter(
                columns=source.columns,
                date_formats=source.date_formats,
                timezone=source.timezone,
                page_id=source.page_id,
                participants=export.participants,
                post=post,
            ),
        )
        for url, post in posts.items()
    ]
    return list(zip(posts, store_files(files, limits), strict=True))


def _only_post(source: FacebookExportSource, dataset: FacebookExportDataset) -> str | None:
    """The post of all of a dataset's comments, if no column says it."""
    return dataset.post_ids[0] if source.columns.post_id is None and dataset.post_ids else None


def _merged(dataset: FacebookExportDataset, rows: Mapping[str, Sequence[ExportedComment]]) -> list[ExportedComment]:
    """A dataset's comments, each once: at its first place, in its last version."""
    wanted = {_number(post) for post in dataset.post_ids or ()}
    found: dict[str, ExportedComment] = {}
    for url in dataset.comment_file_urls:
        found |= {row.comment.id: row for row in rows[url] if not wanted or _number(row.post) in wanted}
    return list(found.values())


def _number(post_id: str) -> str:
    """A post's own part of its id, which may be all of it."""
    return post_id.rpartition("_")[2]


def _post(post_id: str, content: Content) -> dict[str, object]:
    known = content.posts.get(post_id)
    return post_json(post_id, [(known.kind, [])] if known is not None and known.kind else [])


def _content(export: ExportToFetch) -> Content:
    """The page's posts from the content exports; logs a warning about unusable files, but does not stop."""
    source = export.source
    files: list[tuple[str, bytes]] = []
    problems: list[Problem] = []
    for url in source.content_file_urls:
        place = SourceFile("", url, is_survey=False).place
        try:
            files.append((place, unzipped(read_uri(as_uri(url, export.config_folder)), place)))
        except DataError as error:
            problems += error.problems
    content = read_content(files, source.page_id, source.content_timezone or source.timezone)
    for problem in (*problems, *content.problems):
        _logger.warning("%s", problem)
    return content


def _fetched(
    name: str, uri: str, comments: Sequence[ExportedComment], files: Sequence[StoredFile], replaced_count: int
) -> FetchedFile:
    reasons = Counter(bad.reason for file in files for bad in file.bad_lines)
    fingerprints = " ".join(segment.fingerprint for file in files for segment in file.segments)
    return FetchedFile(
        name=name,
        uri=uri,
        record_count=len(comments),
        is_unchanged=all(file.is_unchanged for file in files),
        quarantined_counts=dict(reasons),
        fingerprint=hashlib.sha256(fingerprints.encode()).hexdigest(),
        replaced_count=replaced_count,
    )


def _counts(name: str, comments: Sequence[ExportedComment], row_count: int) -> tuple[StepCount, ...]:
    """The manifest's counts of a dataset; logs how many comments have no known author."""
    by_counts = Counter(row.comment.by for row in comments)
    if by_counts["unknown"]:
        _logger.info(
            "%s: no column says who wrote %s comments: each counts as a participant of its own",
            name,
            f"{by_counts['unknown']:,}",
        )
    counts = {
        "rows": row_count,
        "comments": len(comments),
        "comments_by_page": by_counts["page"],
        "comments_of_unknown_authors": by_counts["unknown"],
    }
    return step_counts("fetch", counts, file=raw_data_file_name(name))


def _metrics(
    source: FacebookExportSource, datasets: Sequence[Sequence[ExportedComment]], content: Content
) -> Iterator[PostMetrics]:
    """The metrics of every post that a dataset names or has comments on, newest first."""
    for dataset, comments in zip(source.datasets, datasets, strict=True):
        counts = Counter(row.post for row in comments)
        named = {f"{source.page_id}_{_number(post)}" for post in dataset.post_ids or ()}
        metrics = [metrics_of(content, post, source.page_id, dataset.name, counts[post]) for post in {*counts, *named}]
        yield from sorted(metrics, key=lambda post: (post.created_at, post.url), reverse=True)
