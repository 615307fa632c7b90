"""Fetching the files of one source: into the raw store, and from there into the run's Raw Data."""

from collections import Counter
from itertools import repeat
from pathlib import Path
from types import MappingProxyType

from pipeline_lib.config.sources import GCloudBucketSource, RecoveryCSVSource, name_of_url
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.sources.base import Converter, FetchedFile, FetchResult, SourceFile
from pipeline_lib.sources.gcloud_bucket import BucketFileConverter
from pipeline_lib.sources.kept_fields import FieldKind, KeptFields
from pipeline_lib.sources.raw_store import RawLog
from pipeline_lib.sources.recovery_csv import RecoveryCSVConverter
from pipeline_lib.sources.stored_files import StoredFile, publish_quarantine, store_files
from pipeline_lib.sources.targets import Targets
from pipeline_lib.storage import Storage, as_uri

FileSource = RecoveryCSVSource | GCloudBucketSource
"""A source whose data are files."""


def fetch_source(  # noqa: PLR0913 - what a fetch needs; the last has a default
    source: FileSource,
    *,
    storage: Storage,
    config_folder: Path,
    targets: Targets,
    quarantine_share_limit: float,
    fields: KeptFields = MappingProxyType({}),
) -> FetchResult:
    """Bring what a source has into the raw data.

    All files are read into the raw store first; nothing is published unless all can be. What is later than a run's
    as-of time is fetched too: processing leaves it out.

    Args:
        source: The config's entry.
        storage: The project's data, which has the raw store.
        config_folder: What relative paths of the config start from.
        targets: The folders to fill.
        quarantine_share_limit: Share of a file's records (0 to 1) that may be set aside.
        fields: Those that the project reads of what another pipeline made; others are left out.

    Raises:
        ConfigError: The source's entry cannot be used.
        DataError: Naming everything that is wrong with its files, by line.
        StorageConflictError: Another fetch of the same source was quicker.
    """
    converter, files = _converter(source, fields), _files(source)
    logs = [RawLog(storage, source.source_type, file.name) for file in files]
    uris = [as_uri(file.written, config_folder) for file in files]
    stored = store_files(zip(files, uris, logs, repeat(converter), strict=False), quarantine_share_limit)
    left_out = {
        f"{each.file.name}: fields left out": count
        for each in stored
        if (count := sum(segment.left_out_count for segment in each.segments))
    }
    return FetchResult(tuple(_publish(each, targets) for each in stored), left_out)


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
        Problem(file.place, f'gives its data the name "{file.name}"', _right(places[file.name]))
        for file in files
        if not file.name or places[file.name] > 1
    ]
    if problems:
        raise ConfigError(*problems)
    return files


def _right(count: int) -> str:
    return "name every file otherwise up to its first dot" if count > 1 else "give the file a name before its first dot"


def _publish(stored: StoredFile, targets: Targets) -> FetchedFile:
    raw_data = targets.raw_data_file(stored.file.name)
    with raw_data.storage.publish_file(raw_data.name) as path, path.open("wb") as target:
        for segment in stored.segments:
            target.write(stored.log.read(segment))
    quarantined = [bad for segment in stored.segments for bad in segment.quarantined]
    publish_quarantine(targets.quarantine_file(stored.file.name), [(stored.file, quarantined)])
    return FetchedFile(
        name=stored.file.name,
        uri=raw_data.storage.uri_of(raw_data.name),
        record_count=sum(segment.record_count for segment in stored.segments),
        is_unchanged=stored.is_unchanged,
        quarantined_counts=dict(Counter(bad.reason for bad in quarantined)),
        fingerprint=stored.segments[-1].fingerprint,
    )
