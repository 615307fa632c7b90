"""Runs a project on invented input, process and analysis without drawings, and holds it against what was invented."""

import csv
from pathlib import Path

from pipeline_lib.analysis.frames import read_frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, write_tables
from pipeline_lib.config import Project
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, make_outputs
from sandbox.invent.expected import Expected
from sandbox.invent.project_input import write_input


def run_on_invented_input(project: Project, folder: Path, *, people_count: int = 150, seed: int = 1) -> Expected:
    """Runs it below a folder, asserts that it counts what was invented, and returns that."""
    invented = write_input(project, folder, people_count=people_count, seed=seed)
    outputs, analysis = folder / "Outputs", folder / "Automated Analysis"
    outputs.mkdir()
    analysis.mkdir()
    inputs = ProcessInputs(invented.raw_files, invented.coded)
    made = make_outputs(project, inputs, outputs, ProcessRequest(None, "test"))
    expected, names = invented.expected, project.config.output_filenames
    assert _row_count(outputs / names.messages) == expected.message_count
    assert _row_count(outputs / names.individuals) == expected.participant_count
    assert made.row_counts.keys() >= {names.production, "quality.csv"}
    frames, asked = read_frames(outputs / "Processed"), project.config.automated_analysis or AutomatedAnalysis()
    per_dataset = dict(frames.messages.group_by("dataset").len().iter_rows())
    questions = project.plans.research_questions
    assert {each.raw_field: per_dataset.get(each.name, 0) for each in questions} == expected.messages
    published = release_numbers(frames, project.plans, asked, table=None)
    assert write_tables(analysis, Contents(published, project.plans, asked, as_predecessor=False))
    return expected


def _row_count(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))
