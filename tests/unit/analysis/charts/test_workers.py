import os
import subprocess
import sys
from pathlib import Path

import pipeline_lib

PROGRAM = """
from math import factorial
from pipeline_lib.analysis.charts.workers import drawn_by_workers
print(list(drawn_by_workers(factorial, range(10), "Drawing")))
"""
"""It draws as soon as it is imported: a worker that imported it as well would draw in turn."""


def test_workers_import_nothing_of_the_program_that_draws(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(Path(pipeline_lib.__file__).parents[1])}
    command = [sys.executable, str(program)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert ended.stdout == "[1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880]\n", ended.stderr
    assert ended.returncode == 0
