"""Files of groups: CSVs of participant uuids, of which nothing else is kept.

A file is refused if anything in it, in whatever column, may be somebody's number or address: whoever made it has
forgotten a step.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.deidentified import holds_address, is_participant
from pipeline_lib.model.step_counts import StepCount, step_counts
from pipeline_lib.sources.base import BadLine, Converted, FetchedFile, FetchResult, SourceFile, problems_of
from pipeline_lib.sources.files.csv_rows import LINE, all_rows, read_rows
from pipeline_lib.sources.files.ingestion import Limits, StoredFile, publish_quarantine, store_files
from pipeline_lib.sources.raw_store import RawLog
from pipeline_lib.sources.targets import Targets
from pipeline_lib.storage import Storage, as_uri

KIND = "Groups"
"""What the raw store calls these files."""

_DATE = re.compile(
    r"""\s* (?: (?:19|20)\d\d [-/.] \d\d? [-/.] \d\d? | \d\d? [-/.] \d\d? [-/.] (?:19|20)\d\d )
    (?: [ T]+ \d\d? : \d\d (?: : \d\d (?:\.\d{1,6})? )? (?: Z | [+-]\d\d:?\d\d )? )? \s*""",
    re.VERBOSE | re.ASCII,
)
"""A day, or a time of it, such as exports have beside a participant uuid: many digits that are nobody's number."""

_REVISION = 2
"""Increased whenever the same file and column give another result."""


class GroupFileToFetch(NamedTuple):
    """A file of a group."""

    name: str
    """Its name in the raw data."""
    url: str
    participant_column: str


@dataclass(frozen=True)
class GroupFileConverter:
    """Checks a group's file, and keeps its column of participant uuids."""

    participant_column: str

    def settings(self, file: SourceFile) -> str:  # noqa: ARG002 - the same for all files
        """The column to keep."""
        return json.dumps({"converter": f"{KIND} {_REVISION}", "column": self.participant_column})

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """The file's participant uuids as JSON texts, one a line, repeats included; unusable rows are set aside.

        Raises:
            DataError: The file cannot be read, lacks the column, or holds a number or an address.
        """
        columns = [self.participant_column]
        members, unusable = read_rows(content, file.place, columns)
        rows = islice(all_rows(content, file.place, columns), 1, None)
        refused = [
            BadLine(line, f"is not de-identified: column {column} may hold a number or an address")
            for line, row in rows
            for column, cell in enumerate(row, start=1)
            if holds_address(cell) and not _DATE.fullmatch(cell)
        ]
        if refused:
            right = "list participant uuids; leave out whatever says more of a person"
            told = Problem(file.place, "is not used, since it is not de-identified", right)
            raise DataError(*problems_of(refused, file.place, noun="cells"), told)
        kept = []
        for member, line in members.select(self.participant_column, LINE).iter_rows():
            if is_participant(member.strip()):
                kept.append(json.dumps(member.strip()) + "\n")
            else:
                unusable.append(BadLine(line, "has no participant uuid"))
        return Converted("".join(kept).encode(), len(kept), tuple(unusable))


def fetch_group_files(
    files: Sequence[GroupFileToFetch], *, storage: Storage, config_folder: Path, targets: Targets, limits: Limits
) -> FetchResult:
    """Fetch files of groups into the raw data, where each is a CSV of its participant uuids, each once.

    Args:
        files: The files.
        storage: The project's data, which has the raw store.
        config_folder: The folder that relative paths of the config start from.
        targets: The folders to fill.
        limits: The limits for each file.

    Raises:
        DataError: Lists everything that is wrong with the files, by line.
        StorageConflictError: Another fetch of the same file was quicker.
    """
    stored = store_files(
        (
            (
                SourceFile(file.name, file.url, is_survey=False),
                as_uri(file.url, config_folder),
                RawLog(storage, KIND, file.name),
                GroupFileConverter(file.participant_column),
            )
            for file in files
        ),
        limits,
    )
    published, counts = [], list[StepCount]()
    for file, kept in zip(files, stored, strict=True):
        published.append(_publish(file, kept, targets))
        if repeated := sum(segment.record_count for segment in kept.segments) - published[-1].record_count:
            counts += step_counts("fetch", {"repeated_members": repeated}, file=file.name)
    return FetchResult(tuple(published), tuple(counts))


def _publish(file: GroupFileToFetch, stored: StoredFile, targets: Targets) -> FetchedFile:
    lines = (line for segment in stored.segments for line in stored.log.read(segment).splitlines())
    members = list(dict.fromkeys(json.loads(line) for line in lines))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[file.participant_column], *([member] for member in members)])
    target = targets.group_file(file.name)
    with target.storage.publish_file(target.name) as path:
        path.write_text(text.getvalue(), encoding="utf-8")
    quarantined = [bad for segment in stored.segments for bad in segment.quarantined]
    publish_quarantine(targets.quarantine_file(file.name), [(stored.file, quarantined)])
    reasons = [bad.reason for bad in quarantined]
    return FetchedFile(
        name=file.name,
        uri=target.storage.uri_of(target.name),
        record_count=len(members),
        is_unchanged=stored.is_unchanged,
        quarantined_counts={reason: reasons.count(reason) for reason in dict.fromkeys(reasons)},
        fingerprint=stored.segments[-1].fingerprint,
    )
