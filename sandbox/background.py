"""A server in the background, in a session of its own, which a later command can find and stop."""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

HOST = "127.0.0.1"


@dataclass(frozen=True)
class RunningServer:
    """The processes of one server."""

    session: int
    """Session id: its processes make groups of their own, but none leaves the session."""
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def is_alive(self) -> bool:
        """Whether its first process runs."""
        return any(process.pid == self.session for process in self.processes())

    def processes(self) -> list[psutil.Process]:
        """Every process of it that has not ended."""
        return [process for process in psutil.process_iter() if _belongs(process, self.session)]

    def stop(self, patience_seconds: float = 15) -> None:
        """End every process of it: politely, then not."""
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + patience_seconds
            for process in self.processes():
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal_number)
            while self.processes() and time.monotonic() < deadline:
                with suppress(ChildProcessError):
                    os.waitpid(self.session, os.WNOHANG)
                time.sleep(0.1)


def start_module(
    arguments: Sequence[str], environment: Mapping[str, str], *, port: int, pid_file: Path, log: Path
) -> RunningServer:
    """Start `python -m …` in the background.

    Args:
        arguments: The module and its arguments.
        environment: All that it sees.
        port: Where it will answer.
        pid_file: Where it can be found again.
        log: What it prints.
    """
    session = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", *arguments],
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    pid_file.write_text(f"{session} {port}\n")
    return RunningServer(session, port)


def running_server(pid_file: Path, word: str) -> RunningServer | None:
    """The server that a pid file tells of, if it is up.

    Args:
        pid_file: As `start_module` wrote it.
        word: What the command line of its processes has: the number may be another process's by now.
    """
    with suppress(FileNotFoundError, ValueError):
        session, port = map(int, pid_file.read_text().split())
        server = RunningServer(session, port)
        if any(word in " ".join(process.cmdline()) for process in server.processes()):
            return server
    return None


def _belongs(process: psutil.Process, session: int) -> bool:
    try:
        return os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False
