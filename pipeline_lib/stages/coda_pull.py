"""Pulls messages and labels from the label store, as they stood at the run's as-of time."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.base import LabelStore
from pipeline_lib.label_store.pull import Noticed, PulledDataset, Wanted, check_shares, pull
from pipeline_lib.model.step_counts import Outcome, StepCount, step_counts
from pipeline_lib.processing.withdrawals import Withdrawals, write_withdrawals
from pipeline_lib.sources.targets import QUARANTINE
from pipeline_lib.stages.label_store import (
    label_store_to_pull,
    schemes_read,
    scratch_copy,
)
from pipeline_lib.stages.run_context import Run, project_storage, task_report
from pipeline_lib.stages.shrink_limit import shrink_limit
from pipeline_lib.storage.base import local_fingerprint
from pipeline_lib.storage.leases import scratch_folder

CODED_FILES = "Coded Coda Files"

_STEP = "pull_labels"


class Pulled(NamedTuple):
    """The result of a pull."""

    datasets: dict[str, PulledDataset]
    """By their names in the store."""
    costs: dict[str, int]
    """Reads and writes that are billed for it, by measure."""

    def counts(self) -> tuple[StepCount, ...]:
        """Labels by dataset, what is left out or odd, and the costs."""
        labels = (
            StepCount(step=_STEP, measure="labels", count=found.label_count, dataset=name)
            for name, found in self.datasets.items()
        )
        return (*labels, *self.oddities(), *step_counts(_STEP, self.costs))

    def oddities(self) -> Iterator[StepCount]:
        """What is left out as it arrived later than it is dated, and what was set aside, repaired or is unusable."""
        for name, found in self.datasets.items():
            if found.late_count:
                yield StepCount(
                    step=_STEP,
                    measure="messages_and_labels",
                    count=found.late_count,
                    outcome=Outcome.DROPPED,
                    dataset=name,
                    reason="later_than_dated",
                )
            yield from _counted(name, "messages", found.set_aside, Outcome.QUARANTINED)
            yield from _counted(name, "messages_mended", found.mended, Outcome.COUNTED)
            yield from _counted(name, "labels", found.unknown_codes, Outcome.QUARANTINED)


def _counted(dataset: str, measure: str, noticed: Iterable[Noticed], outcome: Outcome) -> Iterator[StepCount]:
    """How many of a dataset's messages or labels have the same thing wrong."""
    for reason, count in Counter(each.reason for each in noticed).items():
        yield StepCount(step=_STEP, measure=measure, count=count, outcome=outcome, dataset=dataset, reason=reason)


def coda_pull(run: Run) -> str:
    """Pulls all datasets, and returns the URI of the folder of Coda files, one per dataset.

    Raises:
        ConfigError: The project has no usable label store.
        DataError: More of a dataset's messages break Coda's rules than the project allows, or the dataset has far less
            than when it was last read.
        SourceError: The label store is unavailable.
    """
    name = f"{run.folder}/{CODED_FILES}"
    with task_report(run, "coda_pull") as report:
        with run.storage.publish_folder(name) as folder:
            arrivals = Arrivals(run.storage, shrink_limit(run.project, run.accept_shrink))
            pulled = _pulled(run.project, label_store_to_pull(run.project, run.storage), folder, run.as_of, arrivals)
            for dataset, found in pulled.datasets.items():
                report.artifacts |= _publish_quarantine(run, dataset, found)
            check_shares(pulled.datasets, run.project.config.quarantine_share_limit)
            arrivals.check_shrinkage()
            arrivals.keep()
            report.add_folder(run.storage.uri_of(name), folder)
        report.outputs = {
            f"{run.storage.uri_of(name)}/{dataset}.json": found.message_count
            for dataset, found in pulled.datasets.items()
        }
        report.counts = pulled.counts()
    return run.storage.uri_of(name)


def pull_to_folder(
    project: Project,
    folder: Path,
    as_of: datetime | None,
    *,
    reconciles: bool = False,
    accept_shrink: Iterable[str] = (),
) -> Pulled:
    """Writes every dataset's messages as they stood at `as_of` to its file in a folder.

    Args:
        project: The project.
        folder: A local folder.
        as_of: With a timezone; None: now.
        reconciles: Whether to look for what was written without a stamp, even if the weekly reconciliation is not due.
        accept_shrink: Names of datasets that may have far less than when they were last read.

    Raises:
        PipelineError: As `coda_pull`.
    """
    storage = project_storage(project)
    arrivals = Arrivals(storage, shrink_limit(project, accept_shrink))
    store = label_store_to_pull(project, storage, reconciles=reconciles)
    pulled = _pulled(project, store, folder, as_of, arrivals)
    check_shares(pulled.datasets, project.config.quarantine_share_limit)
    arrivals.check_shrinkage()
    arrivals.keep()
    return pulled


def dry_run_pull(
    project: Project, as_of: datetime | None, *, reconciles: bool = False, accept_shrink: Iterable[str] = ()
) -> Pulled:
    """A dry run of `pull_to_folder`, with a scratch copy of what is known of the label store; nothing is kept.

    Raises:
        PipelineError: As `coda_pull`.
    """
    with scratch_copy(project) as storage, scratch_folder() as folder:
        arrivals = Arrivals(storage, shrink_limit(project, accept_shrink))
        store = label_store_to_pull(project, storage, reconciles=reconciles)
        pulled = _pulled(project, store, folder, as_of, arrivals)
    check_shares(pulled.datasets, project.config.quarantine_share_limit)
    arrivals.check_shrinkage()
    return pulled


def _pulled(project: Project, store: LabelStore, folder: Path, as_of: datetime | None, arrivals: Arrivals) -> Pulled:
    wanted = {
        name: Wanted(
            dataset.coda_filename,
            schemes_read(project, dataset),
            stop_codes=project.plans.stop_codes,
            stop_words=project.config.stop_words,
            ws_codes=project.plans.datasets_by_ws_code,
        )
        for name, dataset in project.plans.in_label_store.items()
    }
    pulled = pull(store, wanted, folder, as_of, arrivals)
    withdrawals = Withdrawals(
        messages={wanted[name].file_name: found.stopped for name, found in pulled.items()},
        reviewed={wanted[name].file_name: found.reviewed for name, found in pulled.items()},
        moves={wanted[name].file_name: found.moves for name, found in pulled.items()},
    )
    write_withdrawals(folder, withdrawals)
    return Pulled(pulled, store.costs())


def _publish_quarantine(run: Run, name: str, found: PulledDataset) -> dict[str, str]:
    """Publishes which messages of a dataset were set aside, and returns the file's fingerprint by its URI."""
    noticed = [{"place": each.problem.place, "reason": each.wrong} for each in found.noticed]
    target = f"{run.folder}/{QUARANTINE}/Coda/{name}.jsonl"
    uri = run.storage.uri_of(target)
    if not noticed and not run.storage.exists(target):
        return {uri: ""}  # an empty file replaces the messages that an earlier try of this task set aside
    with run.storage.publish_file(target) as path:
        path.write_text("".join(json.dumps(each) + "\n" for each in noticed), encoding="utf-8")
        return {uri: local_fingerprint(path)}
