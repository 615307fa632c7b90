"""Adds new messages to the label store."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.errors import Problem
from pipeline_lib.exports.coda_files import CODA_FILES
from pipeline_lib.input_files import read_data
from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.push import Proposed, changes_something, plan, push
from pipeline_lib.model.coda_file import read_coda_file
from pipeline_lib.model.step_counts import StepCount, step_counts
from pipeline_lib.stages.label_store import (
    dataset_setup,
    label_store_to_push,
    scratch_copy,
)
from pipeline_lib.stages.run_context import Run, project_storage, task_report, warn_of_another_version
from pipeline_lib.storage import Storage, located
from pipeline_lib.storage.base import local_fingerprint

_STEP = "push_messages"


class Pushed(NamedTuple):
    """The result of a push."""

    added: dict[str, int]
    """New messages by dataset."""
    costs: dict[str, int]
    """What is billed for it, by measure."""

    def counts(self) -> tuple[StepCount, ...]:
        """New messages by dataset, and the costs."""
        added = (StepCount(step=_STEP, measure="messages_added", count=n, dataset=of) for of, n in self.added.items())
        return (*added, *step_counts(_STEP, self.costs))


class Planned(NamedTuple):
    """What a push would do."""

    added: dict[str, int]
    """Messages that would be added, by dataset."""
    made: list[str]
    """Datasets that would be created."""
    problems: list[Problem]
    """What a person has to put right, even if that dataset has nothing to add now."""
    is_refused: bool
    """Whether the push would be refused, because a dataset that gets messages has a problem."""
    remarks: list[Problem]
    """What a person should know; it does not stop the push."""
    costs: dict[str, int]
    """Reads and writes that are billed for finding this out, by measure."""


def coda_push(run: Run, outputs: str) -> dict[str, int]:
    """Adds a run's new messages to the label store, and returns how many there were, by dataset.

    Messages that the store already has stay as they are, labels included.

    Raises:
        ConfigError: The project has no usable label store, or code schemes do not agree.
        DataError: A dataset breaks Coda's rules.
        SourceError: The label store is unavailable.
    """
    storage, name = located(outputs)
    with task_report(run, "coda_push") as report, storage.local_folder(name) as folder:
        report.inputs = {outputs: local_fingerprint(folder)}
        warn_of_another_version(run, outputs, report.inputs[outputs])
        pushed = _pushed(run.project, run.storage, folder / CODA_FILES)
        report.counts = pushed.counts()
    return pushed.added


def push_from_folder(project: Project, folder: Path) -> Pushed:
    """Adds what is new in a folder of Coda files, one per dataset.

    Raises:
        PipelineError: As `coda_push`.
    """
    return _pushed(project, project_storage(project), folder)


def dry_run_push(project: Project, folder: Path) -> Planned:
    """A dry run of `push_from_folder`: nothing is changed or kept.

    Raises:
        PipelineError: As `coda_push`, except for schemes that do not agree, which the result lists.
    """
    return _planned(project, _proposed(project, folder))


def make_datasets(project: Project) -> Pushed:
    """Creates the project's datasets that Coda does not have yet, without messages.

    Raises:
        PipelineError: As `coda_push`.
    """
    storage = project_storage(project)
    store = label_store_to_push(project, storage)
    return Pushed(push(store, _without_messages(project), Arrivals(storage)), store.costs())


def dry_run_make_datasets(project: Project) -> Planned:
    """A dry run of `make_datasets`: nothing is changed or kept."""
    return _planned(project, _without_messages(project))


def _planned(project: Project, proposed: Iterable[tuple[str, Proposed]]) -> Planned:
    with scratch_copy(project) as storage:
        store = label_store_to_push(project, storage)
        additions = plan(store, proposed, Arrivals(storage))
        findings = {name: addition.findings() for name, addition in additions.items()}
        return Planned(
            added={name: len(addition.messages) for name, addition in additions.items()},
            made=[name for name, addition in additions.items() if addition.is_of_new_dataset],
            problems=[problem for each in findings.values() for problem in each.problems],
            is_refused=any(findings[name].problems and changes_something(each) for name, each in additions.items()),
            remarks=[
                *(remark for each in findings.values() for remark in each.remarks),
                *(remark for addition in additions.values() for remark in addition.remarks_on_messages()),
            ],
            costs=store.costs(),
        )


def _without_messages(project: Project) -> Iterator[tuple[str, Proposed]]:
    for name, dataset in project.plans.in_label_store.items():
        yield name, Proposed((), dataset_setup(project, dataset))


def _pushed(project: Project, storage: Storage, folder: Path) -> Pushed:
    store = label_store_to_push(project, storage)
    return Pushed(push(store, _proposed(project, folder), Arrivals(storage)), store.costs())


def _proposed(project: Project, folder: Path) -> Iterator[tuple[str, Proposed]]:
    """What a folder of Coda files has for each dataset, read one file at a time."""
    for name, dataset in project.plans.in_label_store.items():
        path = folder / dataset.coda_filename
        found = read_coda_file(read_data(path), str(path))
        yield name, Proposed(found.messages, dataset_setup(project, dataset))
