"""An Airflow that is a few values, three users, and a run of two tasks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import HTTPException, Request

from pipeline_lib.config import Project
from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.storage import Storage
from pipeline_lib.storage.manifest import TaskManifest, record
from pipeline_lib.storage.run_history import note_run
from pipeline_lib.trace.history import Update, encoded, history, metadata
from pipeline_lib.web.airflow_gateway import DagStatus, KnownProject, KnownRun

STARTED_AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
RUN = "2026-11-20T210000Z"
TEXT = "biyo ma haysanno"
REPORT = "<!doctype html><title>The analysis</title><script>alert(1)</script>"
ROWS = 120

Headers = Mapping[str, str]
VIEWER: Headers = {"X-User": "viewer"}
RESEARCHER: Headers = {"X-User": "researcher"}
STRANGER: Headers = {"X-User": "stranger"}


@dataclass
class FakeAirflow:
    """What an Airflow would know."""

    known: dict[str, KnownProject] = field(default_factory=dict)
    runs: dict[tuple[str, str], KnownRun] = field(default_factory=dict)
    told: dict[str, DagStatus] = field(default_factory=dict)
    config: Project | None = None
    asked_for_projects: int = 0

    def list_projects(self) -> Collection[KnownProject]:
        self.asked_for_projects += 1
        return list(self.known.values())

    def find_project(self, dag_id: str) -> KnownProject | None:
        return self.known.get(dag_id)

    def find_run(self, dag_id: str, run_id: str) -> KnownRun | None:
        if "\0" in run_id:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")  # as PostgreSQL's driver does
        return self.runs.get((dag_id, run_id))

    def read_dag_statuses(self, dag_ids: Collection[str]) -> Mapping[str, DagStatus]:
        return {dag_id: self.told.get(dag_id, DagStatus()) for dag_id in dag_ids}

    def read_config_of_run(self, _project: KnownProject, _storage: Storage, _key: str) -> Project | None:
        return self.config


def user_of(request: Request) -> str:
    user = request.headers.get("X-User")
    if user is None:
        raise HTTPException(401, "Not authenticated")
    return user


def see_project(request: Request) -> None:
    """The viewer and the researcher see every project but `secret`."""
    if user_of(request) == "stranger" or request.path_params["dag_id"] == "secret":
        raise HTTPException(403, "Forbidden")


def reads_texts(request: Request) -> bool:
    return user_of(request) == "researcher"


def visible(request: Request) -> Callable[[set[str]], set[str]]:
    user = user_of(request)
    return lambda ids: set() if user == "stranger" else ids - {"secret"}


def write_file(storage: Storage, name: str, content: str) -> None:
    with storage.publish_file(name) as path:
        path.write_text(content, encoding="utf-8")


def quality(dataset: str, **figures: Any) -> dict[str, Any]:
    """A dataset's row as `process` tells it."""
    names = "fetched moved_in moved_out put_together dropped_outside_dates messages withdrawn noise coded not_reviewed"
    counts = dict.fromkeys((*names.split(), "coding_errors", "conflicts"), 0)
    return {"dataset": dataset, **counts, "oldest_unreviewed": None, "newest_message": None, **figures}


def processed(storage: Storage, key: str = RUN, message_count: int = 118, minutes: int = 2) -> TaskManifest:
    """What `process` tells of a run."""
    facts = quality(
        "s01e01",
        fetched=message_count + 2,
        dropped_outside_dates=2,
        messages=message_count,
        coded=message_count - 8,
        not_reviewed=8,
        oldest_unreviewed="2026-11-12T08:00:00+00:00",
        newest_message="2026-11-19T09:30:00+00:00",
    )
    return TaskManifest(
        task="process",
        user="amina",
        as_of=STARTED_AT - timedelta(hours=1) + timedelta(minutes=minutes - 2),
        started_at=STARTED_AT + timedelta(minutes=minutes),
        duration_seconds=75,
        peak_memory_bytes=321_000_000,
        outputs={
            storage.uri_of(f"runs/{key}/Outputs/messages.csv"): ROWS,
            storage.uri_of(f"runs/{key}/Outputs/quality.csv"): 1,
        },
        counts=(
            StepCount(step="translate_messages", measure="activations", count=message_count + 2),
            StepCount(
                step="filter_dates",
                measure="messages",
                count=2,
                outcome=Outcome.DROPPED,
                dataset="s01e01",
                reason="outside_dates",
            ),
            StepCount(step="select", measure="participants", count=57),
        ),
        quality=(facts,),
        coding_progress=(
            {
                "dataset": "s01e01",
                "unreviewed_stops": 1,
                "messages": 80,
                "labelled": 60,
                "not_reviewed": 20,
                "wrong_scheme": 3,
                "not_coded": 1,
                "conflicts": 2,
                "oldest_unreviewed": "2026-11-12T08:00:00+00:00",
            },
        ),
    )


def fetched(storage: Storage, key: str = RUN) -> TaskManifest:
    """What `fetch` tells of a run."""
    name = "water_activation.jsonl"
    return TaskManifest(
        task="fetch-0",
        user="amina",
        started_at=STARTED_AT,
        duration_seconds=12,
        peak_memory_bytes=99_000_000,
        outputs={storage.uri_of(f"runs/{key}/Raw Data/{name}"): 119},
        counts=(
            StepCount(step="fetch", measure="runs_on_server", count=120, file=name),
            StepCount(step="fetch", measure="runs_new_or_changed", count=7, file=name),
            StepCount(
                step="fetch",
                measure="records",
                count=1,
                file=name,
                outcome=Outcome.QUARANTINED,
                reason="contact has no URN",
            ),
        ),
    )


def write_run(storage: Storage, key: str = RUN) -> None:
    """A run's folder as its tasks leave it."""
    with storage.publish_folder(f"runs/{key}/Outputs") as folder:
        rows = "".join(f"p{n},2026-11-19,{TEXT} {n}\n" for n in range(1, ROWS + 1))
        (folder / "messages.csv").write_text(f"uid,sent_on,water_raw\n{rows}")
        (folder / "quality.csv").write_text("dataset,messages\ns01e01,118\n")
        signed = metadata("translate 1", "amina", "2026-11-20T21:00:00.000000+00:00")
        traced = history([Update(encoded({"uid": "p1", "water_raw": f"{TEXT} 1"}), signed)]).text
        (folder / "messages_traced_data.jsonl").write_text(f"{traced}\n", encoding="ascii")
    with storage.publish_folder(f"runs/{key}/Automated Analysis") as folder:
        (folder / "graphs").mkdir()
        (folder / "index.html").write_text(REPORT)
        (folder / "sample_messages.csv").write_text(f"code,text\nwater,{TEXT}\n")
        (folder / "theme_distributions.csv").write_text("theme,count\nwater,9\n")
        (folder / "graphs/themes_s01e01.png").write_bytes(b"\x89PNG")
        (folder / "graphs/themes_s01e01.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    write_file(storage, f"runs/{key}/Raw Data/water_activation.jsonl", "{}\n")
    record(storage, key, fetched(storage, key))
    note_run(storage, key, record(storage, key, processed(storage, key)))
