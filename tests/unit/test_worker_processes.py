import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from math import factorial
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline_lib.errors import DataError, Problem, RetriableSourceError
from pipeline_lib.worker_processes import map_in_processes

REPOSITORY = Path(__file__).parents[2]

DAEMONIC = """
import multiprocessing
from math import factorial
from pipeline_lib.worker_processes import map_in_processes

def task():
    print(list(map_in_processes(factorial, [3, 4, 5], 2, name_of=str)), flush=True)

if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=task, daemon=True)
    process.start()
    process.join()
"""
"""As Celery runs its tasks."""

WAITS_FOR_EVER = """
import time
from pipeline_lib.worker_processes import map_in_processes
list(map_in_processes(time.sleep, [100_000, 100_000], 2, name_of=str))
"""


def mapped(function: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
    return list(map_in_processes(function, jobs, 2, name_of=lambda job: f"job {job}"))


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def started(program: str, **options: Any) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen([sys.executable, "-c", program], env=environment, text=True, **options)


def test_results_come_in_the_order_of_the_jobs_and_nobody_is_left() -> None:
    before = children()  # some of which, of tests before this one, may end meanwhile
    assert mapped(factorial, [5, 1, 4, 2, 3]) == [120, 1, 24, 2, 6]
    assert [child for child in children() if child not in before] == []


def test_nothing_to_do_gives_nothing() -> None:
    assert mapped(factorial, []) == []


def test_what_a_job_prints_is_no_part_of_its_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert mapped(print, ["a", "b"]) == [None, None]
    assert capfd.readouterr().out == ""


def test_a_jobs_error_is_raised_as_it_is_with_its_place() -> None:
    with pytest.raises(ValueError, match="factorial") as caught:
        mapped(factorial, [1, -1, 2])
    assert any("worker_processes.py" in note for note in caught.value.__notes__)


def test_a_deliberate_error_keeps_its_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs_of_this_test.py").write_text(
        "from pipeline_lib.errors import DataError, Problem\n"
        "def refuse(line): raise DataError(Problem(f'line {line}', 'is wrong'))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from jobs_of_this_test import refuse  # type: ignore[import-not-found]  # noqa: PLC0415 - written just now

    with pytest.raises(DataError) as caught:
        mapped(refuse, [3])
    assert caught.value.problems == (Problem("line 3", "is wrong"),)


def test_a_process_that_is_killed_is_an_error_that_names_its_job_and_can_be_tried_again() -> None:
    before = children()
    with pytest.raises(RetriableSourceError) as caught:
        mapped(signal.raise_signal, [signal.SIGKILL])
    assert str(caught.value).startswith(
        "job 9: the process that worked on it was killed, as happens when memory runs out"
    )
    assert [child for child in children() if child not in before] == []


@pytest.mark.parametrize(
    ("function", "job", "how"),
    [(signal.raise_signal, signal.SIGTERM, "by signal 15"), (os._exit, 3, "with exit code 3")],
)
def test_a_process_that_ends_too_early_is_an_error_that_tells_how(
    function: Callable[[int], Any], job: int, how: str
) -> None:
    with pytest.raises(RetriableSourceError, match=rf"^job \d+: .* ended too early, {how}; try again$"):
        mapped(function, [job])


@pytest.mark.slow
def test_a_process_of_a_daemonic_one_works_as_any_other() -> None:
    with started(DAEMONIC, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        printed, warned = program.communicate(timeout=300)
    assert (printed, warned) == ("[6, 24, 120]\n", "")


@pytest.mark.slow
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_program_that_waits_for_it(signal_number: int) -> None:
    with started(WAITS_FOR_EVER, stderr=subprocess.DEVNULL) as program:
        watched = psutil.Process(program.pid)
        deadline = time.monotonic() + 300
        while len(workers := watched.children()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        program.send_signal(signal_number)
        gone, alive = psutil.wait_procs(workers, timeout=300)
    assert (len(gone), alive) == (2, [])
