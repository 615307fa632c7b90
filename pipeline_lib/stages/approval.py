"""Whether a person should look before a project publishes for the first time, and what they are shown."""

import json
from typing import NamedTuple

from pipeline_lib.delivery.drive_plan import REPORT
from pipeline_lib.errors import StorageConflictError
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import Storage
from pipeline_lib.storage.manifest import TaskManifest, read_manifest

PUBLISHED = "state/first_publication.json"
"""This file exists once anything of the project has been published, and stays."""


_EITHER_ANSWER = (
    "*Approve* uploads, and nobody is asked again. *Reject* uploads nothing, and the next run asks again. "
    "Coda gets new messages either way."
)


class Question(NamedTuple):
    """The question that a person is asked."""

    subject: str
    body: str
    """Markdown: counts, places and what either answer does; no text of a participant."""


def first_publication(run: Run, analysis: str) -> Question | None:
    """What to ask before the run uploads; None if the project has published before, so that nobody need be asked.

    Args:
        run: The run.
        analysis: URI of the folder that `analyse` made.

    Raises:
        DataError: The run's manifest cannot be read.
        SourceError: The storage is unavailable.
    """
    config = run.project.config
    if not config.approve_first_publication or config.drive_upload is None or was_published(run.storage):
        return None
    parts = {part.task: part for part in read_manifest(run.storage, run.key).tasks}
    goes_to = [f"- {target.artifact}: `{target.path or target.folder_id}`" for target in config.drive_upload.targets()]
    lines = [
        f"Nothing of **{config.pipeline_name}** has been published yet. This run, `{run.key}`, would upload:",
        "\n".join(goes_to),
        f"**The report to look at first**: `{analysis}/{REPORT}`",
        _table(parts.get("process")),
        _EITHER_ANSWER,
    ]
    return Question(f"Publish {config.pipeline_name} for the first time?", "\n\n".join(filter(None, lines)))


def was_published(storage: Storage) -> bool:
    """Whether anything of the project was ever published."""
    return storage.read_versioned(PUBLISHED) is not None


def note_published(storage: Storage, count: int) -> None:
    """Notes for good that something of the project has been published.

    Args:
        storage: The project's.
        count: How many files were published.

    Raises:
        SourceError: The storage is unavailable.
    """
    if count == 0 or was_published(storage):
        return
    try:
        storage.replace(PUBLISHED, json.dumps({"files": count}).encode(), expected=None)
    except StorageConflictError:
        return  # another run has noted it meanwhile


def _table(part: TaskManifest | None) -> str:
    """What `process` counted, as a Markdown table."""
    if part is None:
        return ""
    rows = [f"| {name.replace('|', '/')} | {count:,} |" for name, count in in_words(part.counts).items()]
    return "\n".join(["| counted | |", "| --- | ---: |", *rows])
