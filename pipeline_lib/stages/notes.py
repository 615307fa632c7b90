"""What has to be known to read a project's numbers, said in everything that leaves."""

from pathlib import Path

from pipeline_lib.config import Project
from pipeline_lib.config.sources import FacebookSource

NOTES = "notes.txt"
"""The file's name in the outputs and in the analysis; there is none where there is nothing to say."""


def notes_of(project: Project) -> list[str]:
    """The notes, a sentence or two each."""
    sources = [source for source in project.config.raw_data_sources if isinstance(source, FacebookSource)]
    names = [dataset.name for source in sources if not source.authors_are_known for dataset in source.datasets]
    if not names:
        return []
    note = (
        f"Nothing tells who wrote the comments of {', '.join(names)}: each counts as a participant of its own, so that "
        "numbers of participants are numbers of comments, and nobody is known to have taken part twice."
    )
    return [note]


def write_notes(project: Project, folder: Path) -> None:
    """Writes the notes into a folder of outputs, where there are any."""
    notes = notes_of(project)
    if notes:
        (folder / NOTES).write_text("".join(f"{note}\n" for note in notes), encoding="utf-8")
