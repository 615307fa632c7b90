"""What the report of a run shows, from its manifest and that of the run before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from pipeline_lib.model.step_counts import Outcome, StepCount, in_words, total
from pipeline_lib.model.uris import path_or_uri
from pipeline_lib.sources.targets import RAW_DATA
from pipeline_lib.storage.manifest import DatasetFacts, PublishedFile, RunManifest, TaskManifest
from pipeline_lib.storage.run_history import RunSummary, ended_at

_ON_SERVER = "_on_server"
"""The ending of the names of measures that count what a server says it has."""


@dataclass(frozen=True)
class Line:
    """One count of a step, worded for people."""

    count: int
    words: str
    outcome: str


class Step(NamedTuple):
    """A step of a task."""

    name: str
    lines: tuple[Line, ...]


class Stage(NamedTuple):
    """A task: what it cost, what it counted and what it made."""

    name: str
    started_at: datetime
    ended_at: datetime
    duration_seconds: float
    peak_memory_bytes: int
    steps: tuple[Step, ...]
    published_count: int


class Source(NamedTuple):
    """What was fetched for one file of raw data."""

    name: str
    task: str
    record_count: int
    read_at: datetime
    server_count: int | None
    """The server's own count; None if it has none, or did not say."""
    set_aside_count: int
    new_count: int | None
    before: int | None
    """Records in the run before."""
    newest_at: datetime | None
    """When its newest record was received; None if no record says, or `process` has not succeeded."""

    @property
    def lacks(self) -> int:
        """How many records the server counts that are neither here nor set aside."""
        return max((self.server_count or 0) - self.record_count - self.set_aside_count, 0)


class Difference(NamedTuple):
    """A figure of this run and of the run before."""

    what: str
    before: int | None
    now: int | None

    @property
    def change(self) -> int | None:
        """By how much it grew; None if one of the two is unknown."""
        return self.now - self.before if self.now is not None and self.before is not None else None


class Flow(NamedTuple):
    """What became of a dataset's messages."""

    dataset: str
    fetched: int
    moved_in: int
    moved_out: int
    dropped: tuple[tuple[str, int], ...]
    """Reasons and counts."""
    messages: int
    withdrawn: int
    noise: int
    coded: int
    not_reviewed: int
    coding_errors: int
    conflicts: int
    oldest_unreviewed: str | None
    newest_message: str | None

    @property
    def dropped_count(self) -> int:
        """All that was dropped."""
        return sum(count for _, count in self.dropped)


class Coding(NamedTuple):
    """How far coders have come with a dataset's texts."""

    dataset: str
    texts: int
    labelled: int
    not_reviewed: int
    wrong_scheme: int
    conflicts: int
    unreviewed_stops: int
    oldest_unreviewed: str | None


@dataclass(frozen=True)
class SetAside:
    """Records that a task set aside for one reason."""

    task: str
    where: str
    what: str
    reason: str
    count: int


def stages_of(manifest: RunManifest) -> tuple[Stage, ...]:
    """The tasks that have succeeded, in the order of their starts."""
    return tuple(
        Stage(
            part.task,
            part.started_at,
            ended_at(part),
            part.duration_seconds,
            part.peak_memory_bytes,
            tuple(_steps(part)),
            len(part.published),
        )
        for part in manifest.tasks
    )


def _steps(part: TaskManifest) -> Iterator[Step]:
    for name, counts in groupby(part.counts, key=lambda each: each.step):
        lines = [line for outcome, same in _by_outcome(counts) for line in _lines(outcome, same)]
        if lines:
            yield Step(name.replace("_", " ").capitalize(), tuple(lines))


def _by_outcome(counts: Iterable[StepCount]) -> Iterator[tuple[Outcome, list[StepCount]]]:
    every = list(counts)
    for outcome in Outcome:
        same = [each for each in every if each.outcome is outcome]
        if same:
            yield outcome, same


def _lines(outcome: Outcome, counts: list[StepCount]) -> Iterator[Line]:
    for words, count in in_words(counts).items():
        if count:
            yield Line(count, words, outcome.value)


def sources_of(manifest: RunManifest, before: RunManifest | None) -> tuple[Source, ...]:
    """What was fetched for each file of raw data, in the order of the sources."""
    newest = {each.file: each.received_at for part in manifest.tasks for each in part.newest_records}
    earlier = {name: count for part in _fetches(before) for name, count in _raw_data(part).items()}
    return tuple(
        Source(
            name,
            part.task,
            count,
            ended_at(part),
            _of_file(part, name, _ON_SERVER),
            sum(each.count for each in part.counts if each.file == name and each.outcome is Outcome.QUARANTINED),
            _of_file(part, name, "_new_or_changed"),
            earlier.get(name),
            newest.get(name),
        )
        for part in _fetches(manifest)
        for name, count in _raw_data(part).items()
    )


def _fetches(manifest: RunManifest | None) -> list[TaskManifest]:
    parts = [part for part in manifest.tasks if part.task.startswith("fetch")] if manifest else []
    return sorted(parts, key=lambda part: (len(part.task), part.task))


def _raw_data(part: TaskManifest) -> dict[str, int]:
    """Records by the name of the file of raw data."""
    found = {}
    for uri, count in part.outputs.items():
        _, is_raw, name = path_or_uri(uri).rpartition(f"/{RAW_DATA}/")
        if is_raw:
            found[name] = count
    return found


def _of_file(part: TaskManifest, name: str, ending: str) -> int | None:
    found = [each.count for each in part.counts if each.file == name and each.measure.endswith(ending)]
    return sum(found) if found else None


def flows_of(manifest: RunManifest) -> tuple[Flow, ...]:
    """What became of each dataset's messages; none if `process` has not succeeded."""
    return tuple(map(_flow, _facts(manifest, "quality")))


def _flow(facts: DatasetFacts) -> Flow:
    dropped = {name.removeprefix("dropped_"): _int(facts, name) for name in facts if name.startswith("dropped_")}
    dropped["put_together"] = _int(facts, "put_together")
    figures = (
        "fetched moved_in moved_out messages withdrawn noise coded not_reviewed coding_errors conflicts".split()  # noqa: SIM905
    )
    return Flow(
        dataset=str(facts["dataset"]),
        dropped=tuple((name.replace("_", " "), count) for name, count in dropped.items() if count),
        oldest_unreviewed=_text(facts, "oldest_unreviewed"),
        newest_message=_text(facts, "newest_message"),
        **{name: _int(facts, name) for name in figures},
    )


def codings_of(manifest: RunManifest) -> tuple[Coding, ...]:
    """How far coders have come with each dataset."""
    return tuple(
        Coding(
            dataset=str(facts["dataset"]),
            texts=_int(facts, "messages"),
            oldest_unreviewed=_text(facts, "oldest_unreviewed"),
            **{name: _int(facts, name) for name in ("labelled", "not_reviewed", "wrong_scheme", "conflicts")},
            unreviewed_stops=_int(facts, "unreviewed_stops"),
        )
        for facts in _facts(manifest, "coding_progress")
    )


def set_aside_of(manifest: RunManifest) -> tuple[SetAside, ...]:
    """What the tasks set aside, and why."""
    return tuple(
        SetAside(
            part.task,
            each.file or each.dataset or "",
            each.measure.replace("_", " "),
            each.reason or "",
            each.count,
        )
        for part in manifest.counting_tasks
        for each in part.counts
        if each.outcome is Outcome.QUARANTINED and each.count
    )


def differences(
    now: RunSummary, before: RunSummary, manifest: RunManifest, manifest_before: RunManifest | None
) -> tuple[Difference, ...]:
    """Figures of this run and of the run before; those of each dataset only if that run's manifest can be read."""
    figures = [
        Difference("messages and answers", before.message_count, now.message_count),
        Difference("participants", before.participant_count, now.participant_count),
        Difference("waiting for a coder", before.not_reviewed, now.not_reviewed),
        Difference("set aside", before.quarantined, now.quarantined),
    ]
    earlier, present = _messages(manifest_before), _messages(manifest)
    datasets = dict.fromkeys((*present, *earlier)) if earlier else {}
    figures += [Difference(f"messages of {name}", earlier.get(name), present.get(name)) for name in datasets]
    return tuple(figures)


def run_before(runs: Iterable[RunSummary], key: str) -> RunSummary | None:
    """The last run with outputs before another, by its as-of time, or by when it was worked on if those are equal."""
    known = {run.key: run for run in runs}
    this = known.get(key)
    if this is None:
        return None

    def time_of(run: RunSummary) -> tuple[datetime, datetime]:
        return run.seen_until, run.worked_on_at

    earlier = [run for run in known.values() if run.has_outputs and time_of(run) < time_of(this)]
    return max(earlier, key=time_of, default=None)


def _messages(manifest: RunManifest | None) -> Mapping[str, int]:
    return {flow.dataset: flow.messages for flow in flows_of(manifest)} if manifest else {}


def _facts(manifest: RunManifest, field: str) -> tuple[DatasetFacts, ...]:
    processed = [part for part in manifest.tasks if part.task == "process"]
    facts: tuple[DatasetFacts, ...] = getattr(processed[-1], field) if processed else ()
    return facts


def _int(facts: DatasetFacts, name: str) -> int:
    value = facts.get(name)
    return value if isinstance(value, int) else 0


def _text(facts: DatasetFacts, name: str) -> str | None:
    value = facts.get(name)
    return value if isinstance(value, str) else None


def published_of(manifest: RunManifest) -> tuple[PublishedFile, ...]:
    """The files that people outside read, if their addresses are ones that a browser may open."""
    published = (file for part in manifest.tasks for file in part.published)
    return tuple(file for file in published if file.link.startswith("https://"))


def participants_of(manifest: RunManifest) -> int | None:
    """The participants whose messages or answers count; None if `process` has not succeeded."""
    counts = [each for part in manifest.tasks if part.task == "process" for each in part.counts]
    return total(counts, step="select", measure="participants") if counts else None
