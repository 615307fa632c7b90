import os
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline_lib

PROGRAM = """
from math import factorial
from pipeline_lib.analysis.charts.workers import drawn_by_workers
print(list(drawn_by_workers(factorial, [number % 5 for number in range(50)], "Drawing")))
"""
"""It draws as soon as it is imported: a worker that imported it as well would draw in turn."""


IN_A_DAEMON = """
import multiprocessing
from math import factorial
from pipeline_lib.analysis.charts.workers import drawn_by_workers

def draw():
    print(list(drawn_by_workers(factorial, [number % 5 for number in range(50)], "Drawing")), flush=True)

if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=draw, daemon=True)
    process.start()
    process.join()
"""
"""As Celery runs its tasks: in a process that may have no children of its kind."""


@pytest.mark.slow
@pytest.mark.parametrize("program", [PROGRAM, IN_A_DAEMON], ids=["a script", "a daemonic process"])
def test_workers_draw_for_any_program_and_import_nothing_of_it(tmp_path: Path, program: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(Path(pipeline_lib.__file__).parents[1])}
    ended = subprocess.run(
        [sys.executable, str(path)], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert ended.stdout == f"{[1, 1, 2, 6, 24] * 10}\n", ended.stderr
    assert ended.returncode == 0
