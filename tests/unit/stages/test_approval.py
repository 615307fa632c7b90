"""When a person is asked before the first upload, and what they read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.model.step_counts import Outcome, step_counts
from pipeline_lib.stages.approval import first_publication, note_published
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage.manifest import TaskManifest, measured, record
from sandbox.drive.world import SHARED_DRIVE

RunOf = Callable[..., Run]
ANALYSIS = "file:///data/demo/runs/today/Automated Analysis"


@pytest.fixture
def run(demo: Path, change: Callable[..., None], run_of: RunOf) -> Run:
    """A run whose outputs are counted, of a project that was never published and asks."""
    written = json.loads(demo.read_text(encoding="utf-8"))
    change(ApproveFirstPublication=True, DriveUpload=written["DriveUpload"])
    asking = run_of()
    with measured() as cost:
        pass
    counts = step_counts("select", {"messages": 20113, "participants": 4100})
    dropped = step_counts("filter", {"messages": 7}, outcome=Outcome.DROPPED, reason="test_contact")
    part = TaskManifest(task="process", counts=(*counts, *dropped), **vars(cost))
    record(asking.storage, asking.key, part)
    return asking


def test_a_project_that_was_never_published_asks_with_counts_and_the_place_of_the_report(run: Run) -> None:
    question = first_publication(run, ANALYSIS)
    assert question is not None
    assert question.subject == "Publish geedka-hoostiisa for the first time?"
    assert f"**The report to look at first**: `{ANALYSIS}/index.html`" in question.body
    for row in ("| messages | 20,113 |", "| participants | 4,100 |", "| messages dropped: test contact | 7 |"):
        assert row in question.body
    for artifact in ("production", "messages", "individuals", "analysis"):
        assert f"- {artifact}: `{SHARED_DRIVE}/" in question.body


def test_nobody_is_asked_once_anything_has_been_published(run: Run, run_of: RunOf) -> None:
    note_published(run.storage, 0)
    assert first_publication(run, ANALYSIS) is not None
    note_published(run.storage, 3)
    note_published(run.storage, 5)
    assert first_publication(run_of("tomorrow"), ANALYSIS) is None
    assert json.loads(run.storage.read("state/first_publication.json")) == {"files": 3}


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("changes", [{"ApproveFirstPublication": False}, {"DriveUpload": None}])
def test_nobody_is_asked_where_the_config_does_not(
    change: Callable[..., None], run_of: RunOf, changes: dict[str, object]
) -> None:
    change(**changes)
    assert first_publication(run_of(), ANALYSIS) is None
