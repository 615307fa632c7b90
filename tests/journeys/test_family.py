"""Every project of the family that validates runs on invented input, and counts what was invented."""

import csv
import os
from pathlib import Path

import pytest

from pipeline_lib.analysis.frames import read_frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, write_tables
from pipeline_lib.config import check
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, make_outputs
from sandbox.invent.project_input import write_input

FAMILY = Path(os.environ.get("FAMILY_ROOT", Path(__file__).parents[3] / "shared" / "family"))
PROJECTS = sorted(path.parent for path in FAMILY.glob("*/pipeline.json"))


@pytest.mark.golden
@pytest.mark.skipif(not PROJECTS, reason=f"no projects in {FAMILY}; set FAMILY_ROOT")
@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_a_project_counts_what_was_invented_for_it(folder: Path, tmp_path: Path) -> None:
    found = check(folder / "pipeline.json")
    if found.project is None or found.errors:
        pytest.skip("it does not validate")
    project = found.project
    invented = write_input(project, tmp_path)
    outputs, analysis = tmp_path / "Outputs", tmp_path / "Analysis"
    outputs.mkdir()
    analysis.mkdir()
    made = make_outputs(
        project, ProcessInputs(invented.raw_files, invented.coded), outputs, ProcessRequest(None, "test")
    )
    assert _row_count(outputs / project.config.output_filenames.messages) == invented.expected.message_count
    assert _row_count(outputs / project.config.output_filenames.individuals) == invented.expected.participant_count
    frames, asked = read_frames(outputs / "Processed"), project.config.automated_analysis or AutomatedAnalysis()
    per_dataset = dict(frames.messages.group_by("dataset").len().iter_rows())
    questions = project.plans.research_questions
    assert {each.raw_field: per_dataset.get(each.name, 0) for each in questions} == invented.expected.messages
    assert made.row_counts.keys() >= {project.config.output_filenames.production, "quality.csv"}
    published = release_numbers(frames, project.plans, asked, table=None)
    assert write_tables(analysis, Contents(published, project.plans, asked, as_predecessor=False))


def _row_count(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))
