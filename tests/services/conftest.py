"""What docker-compose.yaml deploys, without containers: its services as processes, each with a home of its own."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
import yaml

from sandbox.airflow_api import AirflowApi
from sandbox.background import HOST, RunningServer, start_module
from sandbox.emulator import free_address

REPOSITORY = Path(__file__).parents[2]
SHARED = ("/data", "/opt/airflow/logs", "/opt/pipeline/configs", "/run/secrets")
"""What docker-compose.yaml mounts; all else in a container is its own."""


@dataclass
class Deployment:
    """The services of docker-compose.yaml on this machine's PostgreSQL and Redis."""

    root: Path
    compose: dict[str, Any]
    addresses: Mapping[str, str]
    """Where this machine has what the containers find at these addresses."""
    settings: dict[str, str] = field(default_factory=dict)
    """What processes find in their environment beside what docker-compose.yaml says."""
    local_settings: Path | None = None
    """A module that each process imports as Airflow's `airflow_local_settings`."""
    prefixes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By the name of a service: the module that is to start it, with arguments."""
    running: dict[str, RunningServer] = field(default_factory=dict)
    administrator: tuple[str, str] | None = None

    @property
    def configs(self) -> Path:
        return self.root / "opt/pipeline/configs"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def api(self) -> AirflowApi:
        return AirflowApi(self.running["api-server"], self._credentials)

    def environment(self, service: str, name: str) -> dict[str, str]:
        """What a container of the service sees, and this machine's own environment below it."""
        home = self.root / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        foreign = ("AIRFLOW", "_AIRFLOW", "COVERAGE_", "PIPELINE_")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        written = {**_environment_of_image(), **self.compose["services"][service]["environment"]}
        ours = {
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": self.addresses["api-server:8080"].rpartition(":")[2],
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.root / "opt/airflow/logs"),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": free_address().rpartition(":")[2],
            "NO_PROXY": HOST,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PIPELINE_CACHE_DIR": str(home / "cache"),
            "PIPELINE_CONFIGS": str(self.configs),
            "SECRETS_FOLDER": str(self.root / "run/secrets"),
            "no_proxy": HOST,
        }
        located = {key: self._located(str(value), home) for key, value in written.items()}
        return {**inherited, **located, **ours, **self.settings}

    def run(self, service: str, *command: str) -> "subprocess.CompletedProcess[str]":
        """A command as in a container of the service, until it ends; without one, the service's own."""
        asked = self.compose["services"][service]
        words = command or (*asked["entrypoint"], *asked["command"])
        located = [self._located(word, self.root / "homes" / service) for word in words]
        environment = self.environment(service, service)
        return subprocess.run(located, env=environment, capture_output=True, text=True, timeout=900, check=False)

    def start(self, service: str, name: str = "", *options: str) -> None:
        """Start a service, or one of several of its kind."""
        name = name or service
        home = self.root / "homes" / name
        if self.local_settings is not None:
            (home / "config").mkdir(parents=True, exist_ok=True)
            shutil.copy(self.local_settings, home / "config")
        environment = self.environment(service, name)
        words = [*self.compose["services"][service]["command"], *options]
        command = [*self.prefixes.get(name, ()), "airflow", *words]
        port, pid_file = int(environment["AIRFLOW__API__PORT"]), home / "pid"
        log = home / f"{len(list(home.glob('*.log')))}.log"
        self.running[name] = start_module(command, environment, port=port, pid_file=pid_file, log=log)

    def stop(self) -> None:
        """End every process of every service: politely, then not."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(RunningServer.stop, self.running.values()))

    def log_of(self, name: str) -> str:
        """What a service has printed, also before it was started again."""
        logs = sorted((self.root / "homes" / name).glob("*.log"))
        return "".join(log.read_text(errors="replace") for log in logs)

    def is_healthy(self, service: str, *options: str) -> bool:
        """What the service's own check says."""
        kind, *command = self.compose["services"][service]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(service, *command, *options).returncode == 0

    def add_user(self, role: str) -> tuple[str, str]:
        """Somebody who may log in, and the password."""
        name, password = f"test_{role.lower()}", secrets.token_hex(8)
        told = ("--email", f"{name}@example.org", "--firstname", "Test", "--lastname", role, "--password", password)
        added = self.run("api-server", "airflow", "users", "create", "--username", name, "--role", role, *told)
        assert added.returncode == 0, added.stderr[-4000:]
        return name, password

    def _credentials(self) -> tuple[str, str]:
        if not self.administrator:
            self.administrator = self.add_user("Admin")
        return self.administrator

    def _located(self, text: str, home: Path) -> str:
        """The text with this machine's paths and addresses in place of the containers'."""
        for address, here in self.addresses.items():
            text = text.replace(address, here)
        places = {path: f"{self.root}{path}" for path in SHARED}
        places |= {"/opt/pipeline": str(REPOSITORY), "/opt/airflow": str(home)}
        pattern = "|".join(map(re.escape, places))  # the longer ones stand first
        return re.sub(rf"(?<![\w.])({pattern})(?![\w-])", lambda found: places[found[0]], text)


def _environment_of_image() -> dict[str, str]:
    """What the Dockerfile's ENVs say, but for what only a build knows."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^ENV (.*)$", dockerfile, re.MULTILINE)
    pairs = (pair.split("=", 1) for line in lines for pair in line.split())
    return {name: value for name, value in pairs if "$" not in value}


def _settings() -> dict[str, str]:
    """An .env as the example asks for it."""
    lines = (REPOSITORY / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {**example, "PIPELINE_UID": str(os.getuid())}


def _make_secrets(folder: Path, addresses: Mapping[str, str]) -> None:
    """The secrets as a deployment makes them, but with this machine's database and Redis."""
    subprocess.run([REPOSITORY / "deploy/make_secrets.sh", folder], check=True, capture_output=True)
    for name in ("database_url", "result_backend_url", "broker_url"):
        before, _, _address = (folder / name).read_text(encoding="utf-8").partition("://")
        here = addresses["redis" if name == "broker_url" else "postgres"]
        (folder / name).write_text(f"{before}://{here}", encoding="utf-8")


def read_compose(env: Mapping[str, str]) -> dict[str, Any]:
    """docker-compose.yaml with the variables of an .env put in, as docker-compose does."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        given = env.get(match["name"], "")
        if not given and match["how"] == ":?":
            raise KeyError(match["name"])
        return given or (match["else"] if match["how"] == ":-" else "")

    pattern = r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:-|:\?)(?P<else>[^}]*))?\}"
    text = (REPOSITORY / "docker-compose.yaml").read_text(encoding="utf-8")
    compose: dict[str, Any] = yaml.safe_load(re.sub(pattern, value, text))
    return compose


@contextmanager
def _database() -> Iterator[str]:
    """A database of its own, as `user@host:port/name`."""
    server, name = f"postgres@{HOST}:5432", f"pipeline_services_{secrets.token_hex(4)}"
    connection = psycopg2.connect(f"postgresql://{server}/postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.close()


@contextmanager
def _redis_database() -> Iterator[str]:
    """One of Redis' databases that nobody uses, as `host:port/number`; empty again afterwards."""
    for number in range(15, 0, -1):
        client = redis.Redis(HOST, 6379, db=number)
        if client.dbsize() == 0 and client.set("pipeline services test", "taken", nx=True):
            break
    else:
        raise AssertionError("every database of this Redis is in use")
    try:
        yield f"{HOST}:6379/{number}"
    finally:
        client.flushdb()
        client.close()


def why_services_cannot_run() -> str | None:
    """What this machine lacks, for a person; None where there are both."""
    try:
        psycopg2.connect(f"postgresql://postgres@{HOST}:5432/postgres", connect_timeout=10).close()
    except psycopg2.OperationalError:
        return f"no PostgreSQL at {HOST}:5432 that trusts its user postgres"
    try:
        with redis.Redis(HOST, 6379, socket_timeout=10) as client:
            client.ping()
    except redis.RedisError:
        return f"no Redis at {HOST}:6379 that lets everybody in"
    return None


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The services' settings, with a database and a Redis of their own; nothing runs yet, and nothing is left."""
    reason = why_services_cannot_run()
    if reason is not None and os.environ.get("CI") != "true":
        pytest.skip(reason)
    assert reason is None, reason
    env = _settings()
    with ExitStack() as stack:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends the tests ends the services too
        stack.callback(signal.signal, signal.SIGTERM, before)
        root = tmp_path_factory.mktemp("deployment")
        address = free_address()
        addresses = {"api-server:8080": address, "localhost:8080": address}
        for path in SHARED:
            (root / path[1:]).mkdir(parents=True)
        there = {"postgres": stack.enter_context(_database()), "redis": stack.enter_context(_redis_database())}
        _make_secrets(root / "run/secrets", there)
        deployed = Deployment(root, read_compose(env), addresses)
        stack.callback(deployed.stop)
        yield deployed
