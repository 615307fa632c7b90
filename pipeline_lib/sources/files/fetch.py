"""Fetching the files of one source: into the raw store, and from there into the run's Raw Data."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from types import MappingProxyType

from pipeline_lib.config.sources import GCloudBucketSource, RecoveryCSVSource, name_of_url
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.lenient_json import count_replacements
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.model.step_counts import StepCount, step_counts
from pipeline_lib.sources.base import Converter, FetchedFile, FetchResult, SourceFile
from pipeline_lib.sources.files.gcloud_bucket import BucketFileConverter
from pipeline_lib.sources.files.ingestion import Limits, StoredFile, publish_quarantine, store_files
from pipeline_lib.sources.files.kept_fields import FieldKind, KeptFields
from pipeline_lib.sources.files.recovery_csv import RecoveryCSVConverter
from pipeline_lib.sources.raw_store import RawLog
from pipeline_lib.sources.targets import Targets, raw_data_file_name
from pipeline_lib.storage import Storage, as_uri

FileSource = RecoveryCSVSource | GCloudBucketSource
"""A source that consists of files."""


def fetch_source(  # noqa: PLR0913 - what a fetch needs; the last three have defaults
    source: FileSource,
    *,
    storage: Storage,
    config_folder: Path,
    targets: Targets,
    quarantine_share_limit: float,
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT,
    fields: KeptFields = MappingProxyType({}),
    counts_rows_twice: bool = False,
) -> FetchResult:
    """Fetch a source's files into the raw data.

    All files are read into the raw store first; nothing is published unless all can be. Records later than a run's
    as-of time are fetched too: processing leaves them out.

    Args:
        source: The config's entry.
        storage: The project's data, which has the raw store.
        config_folder: The folder that relative paths of the config start from.
        targets: The folders to fill.
        quarantine_share_limit: Share of a file's records (0 to 1) that may be set aside.
        shrink_limit: How many records a file must still have.
        fields: The fields that the project reads from another pipeline's files; others are left out.
        counts_rows_twice: Whether a message in two recovery files counts twice, as the predecessors counted it.

    Raises:
        ConfigError: The source's entry cannot be used.
        DataError: Lists everything that is wrong with its files, by line; also a file that has far fewer records than
            the last time.
        StorageConflictError: Another fetch of the same source was quicker.
    """
    converter, files = _converter(source, fields), _files(source)
    logs = [RawLog(storage, source.source_type, file.name) for file in files]
    uris = [as_uri(file.written, config_folder) for file in files]
    limits = Limits(quarantine_share_limit, shrink_limit)
    stored = store_files(zip(files, uris, logs, repeat(converter), strict=False), limits)
    known = set[bytes]() if isinstance(source, RecoveryCSVSource) and not counts_rows_twice else None
    published = [_publish(each, targets, known) for each in stored]
    pairs = zip(published, stored, strict=True)
    return FetchResult(tuple(published), tuple(count for pair in pairs for count in _counts(*pair)))


def _counts(published: FetchedFile, stored: StoredFile) -> Iterator[StepCount]:
    segments = stored.segments
    counts = {
        "fields_left_out": sum(segment.left_out_count for segment in segments),
        "nan_values": sum(segment.nan_count for segment in segments),
        "duplicate_rows": sum(segment.record_count for segment in segments) - published.record_count,
    }
    there = {measure: count for measure, count in counts.items() if count}
    yield from step_counts("fetch", there, file=raw_data_file_name(published.name))


def _converter(source: FileSource, fields: KeptFields) -> Converter:
    if isinstance(source, RecoveryCSVSource):
        return RecoveryCSVConverter(source.date_formats, source.timezone, source.sender_prefix)
    return BucketFileConverter({**dict.fromkeys(source.keep_fields, FieldKind.OTHER), **fields})


def _files(source: FileSource) -> list[SourceFile]:
    activations = [SourceFile(name_of_url(url), url, is_survey=False) for url in source.activation_flow_urls]
    surveys = [SourceFile(name_of_url(url), url, is_survey=True) for url in source.survey_flow_urls]
    files = activations + surveys
    places = Counter(file.name for file in files)
    problems = [
        Problem(file.place, f'would give its data the name "{file.name}"', _right(places[file.name]))
        for file in files
        if not file.name or places[file.name] > 1
    ]
    if problems:
        raise ConfigError(*problems)
    return files


def _right(count: int) -> str:
    if count > 1:
        return "give every file a different name before its first dot"
    return "give the file a name before its first dot"


def _publish(stored: StoredFile, targets: Targets, known: set[bytes] | None) -> FetchedFile:
    """Publishes a file's records; given a set of records published before, only those that are not in it."""
    raw_data = targets.raw_data_file(stored.file.name)
    record_count = replaced_count = 0
    with raw_data.storage.publish_file(raw_data.name) as path, path.open("wb") as target:
        for segment in stored.segments:
            lines = stored.log.read(segment)
            replaced_count += count_replacements(lines)
            if known is None:
                target.write(lines)
                record_count += segment.record_count
                continue
            for line in _unknown(lines, known):
                target.write(line)
                record_count += 1
    quarantined = stored.bad_lines
    publish_quarantine(targets.quarantine_file(stored.file.name), [(stored.file, quarantined)])
    return FetchedFile(
        name=stored.file.name,
        uri=raw_data.storage.uri_of(raw_data.name),
        record_count=record_count,
        is_unchanged=stored.is_unchanged,
        quarantined_counts=dict(Counter(bad.reason for bad in quarantined)),
        fingerprint=stored.segments[-1].fingerprint,
        replaced_count=replaced_count,
    )


def _unknown(lines: bytes, known: set[bytes]) -> Iterator[bytes]:
    """The lines that are in no earlier file; adds them to the known ones.

    Files of one recovery often overlap. Equal rows in one file have different run ids, so that they stay apart; an
    answer to a survey has the survey's name in it.
    """
    for line in lines.splitlines(keepends=True):
        digest = hashlib.blake2b(line, digest_size=16).digest()
        if digest not in known:
            known.add(digest)
            yield line
