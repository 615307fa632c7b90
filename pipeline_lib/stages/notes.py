"""What readers of a project's numbers have to know; it accompanies everything that leaves the pipeline."""

from pathlib import Path

from pipeline_lib.config import Project
from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.sources import PageSource

NOTES = "notes.txt"
"""The file's name in the outputs and in the analysis; without notes there is no file."""


def notes_of(project: Project) -> list[str]:
    """The notes, a sentence or two each."""
    sources = [source for source in project.config.raw_data_sources if isinstance(source, PageSource)]
    names = [dataset.name for source in sources if not source.authors_are_known for dataset in source.datasets]
    notes = []
    if names:
        notes.append(
            f"Nothing tells who wrote the comments of {', '.join(names)}: each counts as a participant of its own, so "
            "that numbers of participants are numbers of comments, and nobody is known to have taken part twice."
        )
    by_name = [source for source in sources if isinstance(source, FacebookExportSource) and source.tells_by_name]
    names = [dataset.name for source in by_name for dataset in source.datasets]
    if names:
        notes.append(
            f"Who wrote the comments of {', '.join(names)} is told by name alone: people of one name count as one "
            "participant."
        )
    return notes


def write_notes(project: Project, folder: Path) -> None:
    """Writes the notes into a folder of outputs, where there are any."""
    notes = notes_of(project)
    if notes:
        (folder / NOTES).write_text("".join(f"{note}\n" for note in notes), encoding="utf-8")
