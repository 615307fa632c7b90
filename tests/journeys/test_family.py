"""Every project of the family that validates runs on invented input, and counts what was invented."""

import os
from pathlib import Path

import pytest

from pipeline_lib.config import check
from tests.invented_runs import run_on_invented_input

FAMILY = Path(os.environ.get("FAMILY_ROOT", Path(__file__).parents[3] / "shared" / "family"))
PROJECTS = sorted(path.parent for path in FAMILY.glob("*/pipeline.json"))


@pytest.mark.golden
@pytest.mark.skipif(not PROJECTS, reason=f"no projects in {FAMILY}; set FAMILY_ROOT")
@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_a_project_counts_what_was_invented_for_it(folder: Path, tmp_path: Path) -> None:
    found = check(folder / "pipeline.json")
    if found.project is None or found.errors:
        pytest.skip("it does not validate")
    run_on_invented_input(found.project, tmp_path)
