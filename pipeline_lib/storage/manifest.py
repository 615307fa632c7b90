"""A run's manifest: what each task read, made, counted and cost.

Each task writes a part of its own, `runs/<key>/logs/manifest/<task>.json`, and then puts `runs/<key>/manifest.json`
together from all parts there are. Whatever differs between two equal runs (times, durations, memory) is here and never
in the outputs, so that those are equal byte for byte.

A part is written after the task has published its artifacts, and the task may be killed between the two. Therefore a
part identifies the artifacts by fingerprint, and `pipeline_lib.storage.manifest_check` finds those of another try.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.storage.base import Storage, Versioned
from pipeline_lib.storage.compare_and_swap import update_document
from pipeline_lib.storage.uris import located, storage_at

VERSION = 2
"""Version of the format of manifests."""

Version = Annotated[int, Field(ge=1, le=VERSION, description="Of the format; a document of version 1 has none.")]

Seconds = Annotated[float, Field(ge=0, le=10**9, allow_inf_nan=False)]
"""A duration that a page can show."""


def _of_a_dataset(facts: dict[str, int | str | None]) -> dict[str, int | str | None]:
    if facts.get("dataset") is None:
        raise ValueError("names no dataset")
    for name in ("newest_message", "oldest_unreviewed"):
        if isinstance(time := facts.get(name), str):
            datetime.fromisoformat(time)
    return facts


DatasetFacts = Annotated[dict[str, int | str | None], AfterValidator(_of_a_dataset)]
"""The dataset's name as `dataset`, and figures about it; times are in ISO 8601."""

_MOST_TRIES = 200
"""A try fails only if another task wrote its part meanwhile."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class PublishedFile(_Document):
    """A file that the task has put where people outside read it."""

    path: str
    """Its path there."""
    id: str
    """Its id there, whatever it is called."""
    link: str
    """Its address in a browser."""
    md5: str
    """MD5 of its content, in hexadecimal."""
    action: str
    """`created`, `updated`, or `equal` if it was the same before."""


class NewestRecord(_Document):
    """How fresh a file of raw data is."""

    source: str
    """Its source's name, as in Airflow."""
    file: str
    """The file's name."""
    received_at: AwareDatetime | None
    """When the newest of its records that the run sees was received, by the source's own time; null if none says."""


class TaskManifest(_Document):
    """One task's part. Counts and reasons only: no texts, addresses or names of people."""

    version: Version = VERSION
    task: str
    """The task's name; a mapped one's with its index: `fetch-0`."""
    user: str = ""
    """Who started the run."""
    as_of: AwareDatetime | None = None
    """The run sees what was received and labelled before this; None: everything, or an older manifest."""
    started_at: AwareDatetime
    duration_seconds: Seconds
    peak_memory_bytes: int
    """The most that the task's process had, up to the task's end."""
    inputs: dict[str, str] = {}
    """Fingerprint by URI, as `Storage.fingerprint` gives it."""
    outputs: dict[str, int] = {}
    """Rows by URI."""
    artifacts: dict[str, str] = {}
    """Fingerprint by URI of every file and folder that the task publishes; empty where the task left none.

    If an artifact has another fingerprint now, this part is about another try.
    """
    files: dict[str, tuple[str, ...]] = {}
    """Names of the files in every folder that the task publishes, by its URI; empty in an older manifest."""
    counts: tuple[StepCount, ...] = ()
    """What each step counted, in the order of the steps."""
    quality: tuple[DatasetFacts, ...] = ()
    """What became of each dataset's messages and how far its coding has come: the columns of quality.csv."""
    coding_progress: tuple[DatasetFacts, ...] = ()
    """What coders have done in Coda, dataset by dataset: the columns of coding_progress.csv. The coders' names are only
    in a file of the outputs."""
    newest_records: tuple[NewestRecord, ...] = ()
    """How fresh each file of raw data is, source by source; of `process`."""
    published: tuple[PublishedFile, ...] = ()
    """Files that people outside read, as they are there now; `user` put them there."""
    versions: dict[str, str] = {}
    """What the task ran with: the code's version, the config's hash."""

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, document: Any) -> Any:
        """Reads a part of version 1, whose counts were sentences: each sentence becomes a measure."""
        if not isinstance(document, dict) or not isinstance(document.get("counts"), dict):
            return document
        try:
            return cls._converted(document)
        except (AttributeError, TypeError):
            return document  # of neither version: the checks of its fields say what is wrong

    @staticmethod
    def _converted(document: dict[str, Any]) -> dict[str, Any]:
        told = {Outcome.COUNTED: "counts", Outcome.DROPPED: "dropped", Outcome.QUARANTINED: "quarantined"}
        counts = [
            {"step": document.get("task"), "measure": measure, "count": count, "outcome": outcome}
            for outcome, key in told.items()
            for measure, count in document.get(key, {}).items()
        ]
        by_dataset = {
            key: [{"dataset": name, **facts} for name, facts in document.get(key, {}).items()]
            for key in ("quality", "coding_progress")
        }
        kept = {key: value for key, value in document.items() if key not in {"dropped", "quarantined"}}
        return {**kept, "counts": counts, **by_dataset}


class RunManifest(_Document):
    """The parts of a run's tasks, in the order of their starts."""

    version: Version = VERSION
    tasks: tuple[TaskManifest, ...] = ()

    @property
    def counting_tasks(self) -> tuple[TaskManifest, ...]:
        """The tasks with those of their counts that no other task repeats.

        `process` has all counts of the shards that it has merged. It also has the labels that `coda_pull` has set
        aside, which stay in the Coda files.
        """
        if not any(part.task == "process" for part in self.tasks):
            return self.tasks
        parts = (part for part in self.tasks if not part.task.startswith("process_shard-"))
        return tuple(_without_labels(part) if part.task == "coda_pull" else part for part in parts)


def _without_labels(part: TaskManifest) -> TaskManifest:
    kept = [each for each in part.counts if (each.outcome, each.measure) != (Outcome.QUARANTINED, "labels")]
    return part.model_copy(update={"counts": tuple(kept)})


DocumentT = TypeVar("DocumentT", bound=_Document)


@dataclass
class Measurement:
    """The cost of a block of work, known when it ends."""

    started_at: datetime
    duration_seconds: float = 0.0
    peak_memory_bytes: int = 0


@contextmanager
def measured() -> Iterator[Measurement]:
    """Measures what the block costs, however it ends; read the result after the block.

    Memory is the most that the process has had since it began: each of Airflow's tasks is a process of its own.
    """
    measurement = Measurement(started_at=datetime.now(UTC))
    started = time.monotonic()
    try:
        yield measurement
    finally:
        measurement.duration_seconds = round(time.monotonic() - started, 3)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        measurement.peak_memory_bytes = peak if sys.platform == "darwin" else peak * 1024


def record(storage: Storage, run_key: str, part: TaskManifest) -> RunManifest:
    """Writes a task's part, in place of that of an earlier try, and puts the run's manifest together again.

    Returns:
        The run's manifest with that part.

    Raises:
        DataError: Another part cannot be read.
    """
    parts = _parts(run_key)
    _write(storage, f"{parts}/{part.task}.json", lambda: part)
    return _write(storage, _name(run_key), lambda: _together(storage, parts))


def remove_part(storage: Storage, run_key: str, task: str) -> None:
    """Removes the part of a task that the run no longer has; the manifest is without it once a task writes its own."""
    storage.remove(f"{_parts(run_key)}/{task}.json")


def read_manifest(storage: Storage, run_key: str) -> RunManifest:
    """A run's manifest, from its parts, since the last task may have been killed before it put them together.

    Raises:
        MissingArtifactError: No task of the run has written its part.
        DataError: The manifest, or a part, cannot be read.
    """
    together = _together(storage, _parts(run_key))
    return together if together.tasks else _read(storage, _name(run_key), RunManifest)


def read_manifest_at(uri: str) -> RunManifest:
    """The manifest of a run's folder, or in a manifest's file anywhere, of a run or of one task.

    Raises:
        DataError: The place is neither, or what lies there cannot be read.
        MissingArtifactError: No task of the run has written its part.
    """
    root, found, key = uri.rstrip("/").removesuffix("/manifest.json").rpartition("/runs/")
    if found and key and "/" not in key:
        return read_manifest(storage_at(root), key)
    if not uri.endswith(".json"):
        right = "name a folder runs/<key>, or the .manifest.json beside a folder that a stage alone has made"
        raise DataError(Problem(uri, "is no run's folder", right))
    storage, name = located(uri)
    if name.rpartition("/")[2] == "manifest.json":
        return _read(storage, name, RunManifest)
    return RunManifest(tasks=(_read(storage, name, TaskManifest),))


def manifest_schema() -> dict[str, Any]:
    """The JSON schema of a run's `manifest.json`, in draft 2020-12."""
    schema = RunManifest.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"title": "A run's manifest.json"}


def _name(run_key: str) -> str:
    return f"runs/{run_key}/manifest.json"


def _parts(run_key: str) -> str:
    return f"runs/{run_key}/logs/manifest"


def _together(storage: Storage, parts: str) -> RunManifest:
    tasks = [_read(storage, name, TaskManifest) for name in storage.names(parts)]
    return RunManifest(tasks=tuple(sorted(tasks, key=lambda part: (part.started_at, part.task))))


def _write(storage: Storage, name: str, document: Callable[[], DocumentT]) -> DocumentT:
    """Writes the document as it is now; if another task was faster, as it is then. Returns what was written.

    The old document is read first. So a part that `document` does not see was written later, and whoever wrote it puts
    the manifest together after us.
    """
    tried: list[DocumentT] = []

    def content(_: Versioned | None) -> bytes:
        tried.append(document())
        return tried[-1].model_dump_json(indent=2).encode()

    update_document(storage, name, content, _MOST_TRIES)
    return tried[-1]


def _read(storage: Storage, name: str, model: type[DocumentT]) -> DocumentT:
    try:
        return model.model_validate_json(storage.read(name))
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, problem["loc"])) or problem["type"] for problem in error.errors())
        is_newer = any(problem["loc"] == ("version",) for problem in error.errors())
        right = "update this code: a newer one wrote it" if is_newer else "remove it and run its task again"
        raise DataError(Problem(storage.uri_of(name), f"cannot be read as a manifest ({wrong})", right)) from None
