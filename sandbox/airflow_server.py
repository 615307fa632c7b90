"""A private Airflow in a folder of its own: SQLite, LocalExecutor, nothing shared with another Airflow here."""

import os
import secrets
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.background import HOST, RunningServer, running_server, start_module

REPOSITORY = Path(__file__).parents[1]


class SandboxError(Exception):
    """What went wrong, for the person at the shell."""


@dataclass(frozen=True)
class AirflowServer:
    """Where a private Airflow lives and what it works on."""

    home: Path
    """Its database, logs and secrets."""
    configs: Path
    """The project folders."""
    data_root: Path
    dags: Path = REPOSITORY / "dags"
    plugins: Path = REPOSITORY / "plugins"
    settings: Mapping[str, str] = field(default_factory=dict)
    """More of what its processes find in their environment."""
    starts_runs: bool = False
    """Whether runs begin by the clock and by what they follow, and not only where they are asked for."""

    @property
    def log(self) -> Path:
        """What its processes print."""
        return self.home / "airflow.log"

    @property
    def _pid_file(self) -> Path:
        return self.home / "airflow.pid"

    def start(self, port: int | None = None) -> RunningServer:
        """The server, starting up, in a session of its own; healthy some 20 to 45 seconds later.

        Raises:
            SandboxError: It runs already, or somebody else has the port.
        """
        running = self.running()
        if running:
            raise SandboxError(f"Airflow is still up at {running.url}: stop it with make demo-stop, then try again")
        self.home.mkdir(parents=True, exist_ok=True)
        ports = _free_ports(port)
        shutil.rmtree(
            self.home / "logs", ignore_errors=True
        )  # a run that is replaced would log on below its forerunner
        self._write_settings(ports)
        return start_module(
            ["airflow", "standalone"], self.environment(), port=ports[0], pid_file=self._pid_file, log=self.log
        )

    def running(self) -> RunningServer | None:
        """The server, if one was left up in this folder."""
        return running_server(self._pid_file, "airflow")

    @contextmanager
    def started(self, port: int | None = None) -> Iterator[RunningServer]:
        """The server, starting up; every process of it is gone on exit, whatever happened."""
        server = self.start(port)
        try:
            yield server
        finally:
            server.stop()

    def environment(self) -> dict[str, str]:
        """What its processes see: this machine's environment without another Airflow's settings, and where ours are."""
        foreign = ("AIRFLOW", "_AIRFLOW", "COVERAGE_", "PIPELINE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        ours = {
            "AIRFLOW_HOME": str(self.home),
            "NO_PROXY": HOST,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PIPELINE_CACHE_DIR": str(self.home / "cache"),
            "PIPELINE_CONFIGS": str(self.configs),
            "PIPELINE_DATA_ROOT": str(self.data_root),
            "PYTHONPATH": str(REPOSITORY),
            "no_proxy": HOST,
        }
        return {**inherited, **self.settings, **ours}

    def _write_settings(self, ports: tuple[int, int, int]) -> None:
        """Settings in its home, so that `AIRFLOW_HOME=… airflow …` at any shell speaks with this Airflow."""
        url = f"http://{HOST}:{ports[0]}"
        jwt_secret, api_secret = self._secrets()
        settings = ConfigParser(interpolation=None)
        settings.read_dict(
            {
                "api": {"base_url": url, "host": HOST, "port": ports[0], "secret_key": api_secret, "workers": 1},
                "api_auth": {"jwt_secret": jwt_secret},
                "core": {
                    "dagbag_import_timeout": 300,
                    "dags_folder": self.dags,
                    "execution_api_server_url": f"{url}/execution/",
                    "load_examples": False,
                    "parallelism": 4,
                    "plugins_folder": self.plugins,
                    "simple_auth_manager_all_admins": True,
                },
                "database": {"sql_alchemy_conn": f"sqlite:///{self.home.resolve()}/airflow.db"},
                "dag_processor": {
                    "dag_file_processor_timeout": 600,
                    "min_file_process_interval": 5,
                    "refresh_interval": 5,
                },
                "logging": {"trigger_log_server_port": ports[1], "worker_log_server_port": ports[2]},
                # Its default, a second, is what each task would wait for those before it.
                "scheduler": {"use_job_schedule": self.starts_runs, "scheduler_idle_sleep_time": 0.2},
                "usage_data_collection": {"enabled": False},
                # Of the API, on a busy machine; five seconds are the default.
                "workers": {"execution_api_timeout": 60},
            }
        )
        (self.home / "config").mkdir(exist_ok=True)
        shutil.copy(Path(__file__).with_name("airflow_local_settings.py"), self.home / "config")
        file = self.home / "airflow.cfg"
        file.touch(mode=0o600)
        with file.open("w") as opened:
            settings.write(opened)

    def _secrets(self) -> tuple[str, str]:
        file = self.home / "secrets"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(f"{secrets.token_hex(64)}\n{secrets.token_hex(32)}\n")
        jwt_secret, api_secret = file.read_text().split()
        return jwt_secret, api_secret


def _free_ports(wanted: int | None) -> tuple[int, int, int]:
    """Three ports that nobody has: the UI's, which may be asked for, and two for logs."""
    sockets = [socket.socket() for _ in range(3)]
    try:
        for bound, port in zip(sockets, (wanted or 0, 0, 0), strict=True):
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((HOST, port))
        first, second, third = (bound.getsockname()[1] for bound in sockets)
    except OSError:
        raise SandboxError(f"port {wanted} is in use: choose another with PORT=…, or none for a free one") from None
    finally:
        for bound in sockets:
            bound.close()
    return first, second, third
