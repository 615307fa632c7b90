"""What the demo and the journeys ask of Airflow's REST API."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from sandbox.airflow_server import SandboxError
from sandbox.background import RunningServer

_PAUSES = (1, 5, 20)
"""Seconds before one asks again: on a busy machine Airflow answers 500 where its SQLite database stayed locked."""
_POLL_SECONDS = 0.5
_LONG_SECONDS = 1800
"""Longer than a busy machine takes for anything; who waits goes on at the event, and gives up when the server ends."""
_ANSWER_SECONDS = 120
_ENDED = frozenset({"success", "failed"})


@dataclass(frozen=True)
class TaskState:
    """Where one task instance stands."""

    name: str
    """The task; of a mapped one, with what it is mapped over: `fetch [1 RecoveryCSV: demo]`."""
    task_id: str
    map_index: int
    state: str
    try_number: int
    duration_seconds: float | None


class AirflowApi:
    """One server's API. Every wait is bounded and ends early when the server dies."""

    def __init__(self, server: RunningServer, credentials: Callable[[], tuple[str, str]] | None = None) -> None:
        """Speaks with a server.

        Args:
            server: The API's.
            credentials: The user and the password, once the server is healthy; None where everybody may do everything.
        """
        self.url = server.url
        self._server = server
        self._credentials = credentials
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between us and our own machine

    def wait_until_healthy(self, seconds: float = _LONG_SECONDS) -> None:
        """Return when scheduler, DAG processor and database are well; log in."""

        def is_healthy() -> bool:
            try:
                health = self._session.get(f"{self.url}/api/v2/monitor/health", timeout=_ANSWER_SECONDS)
            except (requests.ConnectionError, requests.Timeout):
                return False
            parts = health.json() if health.ok else {}
            return all(
                (parts.get(part) or {}).get("status") == "healthy"
                for part in ("metadatabase", "scheduler", "dag_processor")
            )

        self.wait_for("Airflow to be healthy", is_healthy, seconds)
        self._session.headers["Authorization"] = f"Bearer {self._token()}"

    def _token(self) -> str:
        url = f"{self.url}/auth/token"
        if self._credentials is None:
            return str(self._session.get(url, timeout=_ANSWER_SECONDS).json()["access_token"])
        user, password = self._credentials()
        login = {"username": user, "password": password}
        return str(self._session.post(url, json=login, timeout=_ANSWER_SECONDS).json()["access_token"])

    def wait_until_parsed(self, dag_id: str, since: datetime, seconds: float = _LONG_SECONDS) -> None:
        """Return when the DAG's file was read after that time and the DAG can be triggered."""

        def is_parsed() -> bool:
            dag = self._call("GET", f"dags/{dag_id}", may_be_missing=True)
            if not dag and self.import_errors():
                raise SandboxError(f"the DAG {dag_id} cannot be read")
            parsed_at = dag.get("last_parsed_time")
            return parsed_at is not None and datetime.fromisoformat(parsed_at) > since and not dag["is_stale"]

        self.wait_for(f"the DAG {dag_id} to be read", is_parsed, seconds)

    def tags(self, dag_id: str) -> set[str]:
        """The DAG's tags, as the DAG processor left them last; none where it has not met the DAG yet."""
        return {tag["name"] for tag in self._call("GET", f"dags/{dag_id}", may_be_missing=True).get("tags", ())}

    def trigger(self, dag_id: str, run_id: str, params: dict[str, Any]) -> None:
        """Start a run by hand. A run of that id is forgotten first: the new one takes its place."""
        self.unpause(dag_id)
        run = f"dags/{dag_id}/dagRuns/{run_id}"
        earlier = self._call("GET", run, may_be_missing=True)
        if earlier and earlier["state"] not in _ENDED:
            self._call("PATCH", run, {"state": "failed"})
        if earlier:
            self._call("DELETE", run)
        self._call("POST", f"dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "logical_date": None, "conf": params})

    def unpause(self, dag_id: str) -> None:
        """Let the DAG's runs begin by themselves, as its schedule or those whom it follows say."""
        self._call("PATCH", f"dags/{dag_id}", {"is_paused": False})

    def clear(self, dag_id: str, run_id: str, *task_ids: str) -> None:
        """Have some tasks of a finished run done again."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": list(task_ids), "only_failed": False}
        self._call("POST", f"dags/{dag_id}/clearTaskInstances", body)

    def question(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """What a task asks a person; nothing where it asks nothing (yet)."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        asked: dict[str, Any] = self._call("GET", path, may_be_missing=True)
        return asked

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str) -> None:
        """Give a person's answer."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        self._call("PATCH", path, {"chosen_options": [option]})

    def follow(self, dag_id: str, run_id: str, seconds: float = _LONG_SECONDS) -> Iterator[TaskState]:
        """Every change of a task's state until the run has ended."""
        seen: dict[tuple[str, int], tuple[str, int]] = {}
        deadline = time.monotonic() + seconds
        ended = False
        while not ended:
            ended = self.state(dag_id, run_id) in _ENDED
            for task in self.tasks(dag_id, run_id):
                if seen.get((task.task_id, task.map_index)) != (task.state, task.try_number):
                    seen[task.task_id, task.map_index] = task.state, task.try_number
                    yield task
            if not ended:
                self._pause(f"run {run_id} to end", deadline)

    def wait_until_ended(self, dag_id: str, run_id: str, seconds: float = _LONG_SECONDS) -> str:
        """The run's final state."""
        self.wait_for(f"run {run_id} to end", lambda: self.state(dag_id, run_id) in _ENDED, seconds)
        return self.state(dag_id, run_id)

    def state(self, dag_id: str, run_id: str) -> str:
        """The run's state."""
        return str(self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The DAG's runs, as Airflow tells them."""
        return list(self._call("GET", f"dags/{dag_id}/dagRuns?order_by=run_after&limit=100")["dag_runs"])

    def backfills_are_done(self, dag_id: str) -> bool:
        """Whether every backfill that the DAG was ever given is complete."""
        listed = self._call("GET", f"backfills?dag_id={dag_id}")["backfills"]
        return all(backfill["completed_at"] for backfill in listed)

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """The run's tasks in order of their start, those that wait last."""
        listed = self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100")["task_instances"]
        listed.sort(key=lambda task: (task["start_date"] or "~", task["task_id"], task["map_index"]))
        return [
            TaskState(
                name=task["task_id"] + (f" [{task['rendered_map_index']}]" if task["rendered_map_index"] else ""),
                task_id=task["task_id"],
                map_index=task["map_index"],
                state=task["state"] or "waiting",
                try_number=task["try_number"],
                duration_seconds=task["duration"],
            )
            for task in listed
        ]

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What the task handed on."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._call("GET", path)["value"]

    def log_tail(self, dag_id: str, run_id: str, task: TaskState, lines: int = 15) -> list[str]:
        """The end of what the task's last try logged."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task.task_id}/logs/{max(task.try_number, 1)}"
        logged = self._call("GET", f"{path}?map_index={task.map_index}&full_content=true")["content"]
        return [line for entry in logged for line in _lines_of(entry)][-lines:]

    def page(self, path: str) -> str:
        """One of the project's own pages, as HTML."""
        answer = self._session.get(f"{self.url}{path}", timeout=_ANSWER_SECONDS)
        if not answer.ok:
            raise SandboxError(f"Airflow answered {answer.status_code} to GET {path}")
        return answer.text

    def import_errors(self) -> list[str]:
        """What Airflow could not import, last line of each trace."""
        listed = self._call("GET", "importErrors")["import_errors"]
        return [error["stack_trace"].strip().rpartition("\n")[2] for error in listed]

    def import_error_of(self, file: str) -> str:
        """What Airflow says of a file of DAGs that it could not import; an empty text if it could."""
        listed = self._call("GET", "importErrors")["import_errors"]
        return "".join(error["stack_trace"] for error in listed if error["filename"].endswith(file))

    def answer_to(self, verb: str, path: str, body: Any) -> tuple[int, str]:
        """The status and the text of the answer to a request, also where it is refused."""
        answer = self._answer(verb, path, body)
        return answer.status_code, answer.text

    def wait_for(self, what: str, is_so: Callable[[], bool], seconds: float = _LONG_SECONDS) -> None:
        """Return when it is so.

        Raises:
            SandboxError: It is not so after that many seconds, or the server has died.
        """
        deadline = time.monotonic() + seconds
        while not is_so():
            self._pause(what, deadline)

    def _pause(self, what: str, deadline: float) -> None:
        if not self._server.is_alive:
            raise SandboxError(f"Airflow ended while we waited for {what}")
        if time.monotonic() > deadline:
            raise SandboxError(f"gave up waiting for {what}")
        time.sleep(_POLL_SECONDS)

    def _call(self, verb: str, path: str, body: Any = None, *, may_be_missing: bool = False) -> Any:
        answer = self._answer(verb, path, body)
        if may_be_missing and answer.status_code == requests.codes.not_found:
            return {}
        if not answer.ok:
            raise SandboxError(f"Airflow answered {answer.status_code} to {verb} {path.partition('?')[0]}")
        return answer.json() if answer.content else {}

    def _answer(self, verb: str, path: str, body: Any) -> requests.Response:
        answer = self._request(verb, path, body)
        for seconds in _PAUSES:
            if answer.status_code != requests.codes.server_error:
                break
            time.sleep(seconds)
            answer = self._request(verb, path, body)
        return answer

    def _request(self, verb: str, path: str, body: Any) -> requests.Response:
        return self._session.request(verb, f"{self.url}/api/v2/{path}", json=body, timeout=_ANSWER_SECONDS)


def _lines_of(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return [str(entry)]
    raised = [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or ()]
    told = " ".join(str(entry[key]) for key in ("event", "reason") if entry.get(key))  # a skipped task's is beside it
    lines = [line for text in (told, *raised) for line in text.splitlines()]
    return [line for line in lines if not line.startswith(("::group::", "::endgroup::"))]
