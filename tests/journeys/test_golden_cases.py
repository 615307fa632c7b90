"""The predecessors' outputs, case by case, as `make golden` compares them."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.stages import analysis
from tests import run_golden

ROOT = Path(__file__).parents[2]
GOLDEN = Path(os.environ.get("GOLDEN_ROOT", ROOT.parent / "shared" / "golden"))
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/expected"))

GOLDEN_FAMILY = Path(os.environ.get("GOLDEN_FAMILY_ROOT", ROOT.parent / "shared" / "golden_family"))
FAMILY_CASES = sorted(path.parent for path in GOLDEN_FAMILY.glob("*/*/expected"))
NOT_YET: tuple[str, ...] = ()
"""Projects of the family that differ as yet."""
_ROW = re.compile(r"^\| `(?P<project>[^`]+)` \|.*\| (?P<groups>[a-z, ]+) \|$", re.MULTILINE)
"""A row of the family's README: a project, its case, what it is, the groups to compare."""


def groups_of(case: Path) -> list[str]:
    """What the family's README says can be compared of a case."""
    table = (GOLDEN_FAMILY / "README.md").read_text(encoding="utf-8")
    groups = {row["project"]: row["groups"] for row in _ROW.finditer(table)}
    return groups[case.parent.name].split(", ")


@pytest.fixture(autouse=True)
def _in_this_process_without_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is compared with the predecessors' drawings, and drawing takes longer than all the rest."""
    monkeypatch.setattr(run_golden, "run_command", lambda *arguments: main(list(map(str, arguments))))
    monkeypatch.setattr(analysis, "draw_analysis", lambda *_: None)


def compare(case: Path, groups: Sequence[str], folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Runs a case; all of it must agree."""
    capfd.readouterr()
    assert run_golden.compare_groups(case, groups, folder) == 0, capfd.readouterr().out
    printed = capfd.readouterr().out
    assert "DIFF" not in printed
    assert printed.count("0 failed") == len(groups)


@pytest.mark.golden
@pytest.mark.skipif(not CASES, reason=f"no golden cases in {GOLDEN}; set GOLDEN_ROOT")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_outputs_are_the_predecessors(case: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    compare(case, ("csv", "icr", "coda", "analysis", "traced"), tmp_path, capfd)


@pytest.mark.golden
@pytest.mark.skipif(not FAMILY_CASES, reason=f"no golden cases in {GOLDEN_FAMILY}; set GOLDEN_FAMILY_ROOT")
@pytest.mark.parametrize("case", FAMILY_CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_outputs_are_those_of_the_family(case: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if case.parent.name in NOT_YET:
        pytest.skip(f"{case.parent.name} is not exact yet")
    compare(case, groups_of(case), tmp_path, capfd)
