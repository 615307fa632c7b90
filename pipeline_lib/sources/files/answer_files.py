"""Fetching the files of a CSV source: each into the raw store, and from there by dataset into the run's Raw Data.

    state/raw/CSV/<file>-<hash of its dataset and URL>/

Files of one dataset often overlap. If rows have the same id, the last one counts, at the place of the first. Equal rows
of two files are one, and equal rows of one file are several.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.config.csv_source import CSVDataset, CSVSource
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.model.step_counts import StepCount, step_counts
from pipeline_lib.sources.base import FetchedFile, FetchResult, Participants, SourceFile
from pipeline_lib.sources.files.answer_rows import AnswerRowsConverter
from pipeline_lib.sources.files.ingestion import Limits, StoredFile, log_name, publish_quarantine, store_files
from pipeline_lib.sources.forget_queues import participants_to_forget
from pipeline_lib.sources.raw_store import RawLog
from pipeline_lib.sources.record_counts import RecordCount, RecordCounts
from pipeline_lib.sources.submissions import Published, Submission, decode_submissions, publish_submissions
from pipeline_lib.sources.targets import Targets, raw_data_file_name
from pipeline_lib.storage import Storage, as_uri


@dataclass(frozen=True)
class AnswerFilesToFetch:
    """One source's side of a fetch: its files, and the stores to use."""

    source: CSVSource
    place: str
    """How errors name the source: `pipeline.json: RawDataSources[0]`."""
    participants: Participants
    """From addresses to participant uuids."""
    storage: Storage
    """The project's data, which has the raw store."""
    config_folder: Path
    """The folder that relative paths of the config start from."""


def fetch_answer_files(
    files: AnswerFilesToFetch,
    *,
    targets: Targets,
    quarantine_share_limit: float,
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT,
) -> FetchResult:
    """Fetch the files of a CSV source into the raw data; nothing is published unless all files can be.

    Args:
        files: The source.
        targets: The folders to fill.
        quarantine_share_limit: Share of a file's rows (0 to 1) that may be set aside.
        shrink_limit: How many rows a file, and how many submissions a dataset, must still have.

    Raises:
        ConfigError: A date format is invalid.
        DataError: Lists everything that is wrong with its files, by line; or the files and datasets that have far less
            than the last time.
        StorageConflictError: Another fetch of the same file was quicker.
    """
    datasets = sorted(files.source.datasets, key=lambda dataset: not dataset.messages)  # activations first
    stored = _stored(files, datasets, Limits(quarantine_share_limit, shrink_limit))
    submissions = [_merged(each) for each in stored]
    found = [
        RecordCount(
            f"{files.place}.Datasets[{files.source.datasets.index(dataset)}]",
            dataset.name,
            len(merged) + sum(len(file.bad_lines) for file in own),
        )
        for dataset, own, merged in zip(datasets, stored, submissions, strict=True)
    ]
    record_counts = RecordCounts(files.storage, shrink_limit)
    record_counts.check(found, "submission")
    to_forget = participants_to_forget(files.storage)
    fetched: list[FetchedFile] = []
    counts: list[StepCount] = []
    for dataset, own, merged in zip(datasets, stored, submissions, strict=True):
        published = publish_submissions(targets.raw_data_file(dataset.name), merged, dataset.names, to_forget)
        publish_quarantine(targets.quarantine_file(dataset.name), [(file.file, file.bad_lines) for file in own])
        fetched.append(_fetched(dataset.name, published, own))
        counts += _counts(dataset.name, published, own, len(merged))
    record_counts.keep(found)
    return FetchResult(tuple(fetched), tuple(counts))


def _stored(files: AnswerFilesToFetch, datasets: Sequence[CSVDataset], limits: Limits) -> list[list[StoredFile]]:
    """The files of each dataset in the raw store, each once."""
    source = files.source
    urls = [(dataset, url) for dataset in datasets for url in dict.fromkeys(dataset.file_urls)]
    stored = store_files(
        (
            (
                SourceFile(dataset.name, url, is_survey=not dataset.messages),
                as_uri(url, files.config_folder),
                RawLog(files.storage, source.source_type, log_name(url, dataset.name)),
                AnswerRowsConverter(source, dataset, files.participants),
            )
            for dataset, url in urls
        ),
        limits,
    )
    pairs = list(zip(urls, stored, strict=True))
    return [[file for (owner, _), file in pairs if owner is dataset] for dataset in datasets]


def _merged(files: Sequence[StoredFile]) -> list[Submission]:
    """A dataset's submissions, each once: at its first place, in its last version."""
    found: dict[str, Submission] = {}
    for file in files:
        for segment in file.segments:
            found |= {submission.id: submission for submission in decode_submissions(file.log.read(segment))}
    return list(found.values())


def _fetched(name: str, published: Published, files: Sequence[StoredFile]) -> FetchedFile:
    fingerprints = " ".join(segment.fingerprint for file in files for segment in file.segments)
    return FetchedFile(
        name=name,
        uri=published.uri,
        record_count=published.line_count,
        is_unchanged=all(file.is_unchanged for file in files),
        quarantined_counts=dict(Counter(bad.reason for file in files for bad in file.bad_lines)),
        fingerprint=hashlib.sha256(fingerprints.encode()).hexdigest(),
        replaced_count=published.replaced_count,
    )


def _counts(
    name: str, published: Published, files: Sequence[StoredFile], submission_count: int
) -> tuple[StepCount, ...]:
    row_count = sum(segment.record_count for file in files for segment in file.segments)
    counts = {
        "rows": row_count,
        "rows_of_the_same_submission": row_count - submission_count,
        "submissions": submission_count,
        "submissions_of_unknown_people": published.anonymous_count,
        "submissions_without_answers": published.unanswered_count,
        "messages": published.message_count,
    }
    return step_counts("fetch", counts, file=raw_data_file_name(name))
