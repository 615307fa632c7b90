"""The predecessors' outputs, case by case, as `make golden` compares them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = Path(os.environ.get("GOLDEN_ROOT", ROOT.parent / "shared" / "golden"))
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/expected"))


@pytest.mark.golden
@pytest.mark.skipif(not CASES, reason=f"no golden cases in {GOLDEN}; set GOLDEN_ROOT")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_outputs_are_the_predecessors(case: Path) -> None:
    command = [sys.executable, ROOT / "tests" / "run_golden.py", case, "csv", "icr", "coda", "analysis", "traced"]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DIFF" not in done.stdout
    assert done.stdout.count("0 failed") == 5
