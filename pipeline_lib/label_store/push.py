"""Push: adds the messages that the store lacks, and changes nothing else."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline_lib.errors import ConfigError
from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.base import Addition, CodaMessage, DatasetSetup, LabelStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proposed:
    """What a dataset should have."""

    messages: Sequence[CodaMessage]
    setup: DatasetSetup = field(default_factory=DatasetSetup)


def push(
    store: LabelStore, datasets: Iterable[tuple[str, Proposed]], arrivals: Arrivals | None = None
) -> dict[str, int]:
    """Adds messages, and returns how many were added to each dataset; a repetition adds none.

    Args:
        store: Where the labels are.
        datasets: Names in the store, and what should be there. Only new messages are kept in memory.
        arrivals: Where to note what is added, and when; None if nowhere.

    Raises:
        ConfigError: Code schemes do not agree; nothing has been added to any dataset.
        DataError: A message breaks Coda's rules; nothing has been added to any dataset.
        StorageConflictError: Others kept writing; to push again adds what is left.
        SourceError: The store is unavailable; to push again adds what is left.
    """
    additions = plan(store, datasets, arrivals)
    found = [each.findings() for each in additions.values() if changes_something(each)]
    problems = [problem for findings in found for problem in findings.problems]
    if problems:
        raise ConfigError(*problems)
    for remark in (remark for findings in found for remark in findings.remarks):
        logger.warning("%s", remark)
    added: dict[str, int] = {}
    for dataset, addition in additions.items():
        if arrivals is not None:
            arrivals.note_adding(dataset, addition.messages)
        added[dataset] = addition.commit()
    return added


def changes_something(addition: Addition) -> bool:
    """Whether there is anything to add; only then do problems of the dataset matter."""
    return bool(addition.messages) or addition.is_of_new_dataset


def plan(
    store: LabelStore, datasets: Iterable[tuple[str, Proposed]], arrivals: Arrivals | None = None
) -> dict[str, Addition]:
    """What a push would add to each dataset; changes nothing.

    Raises:
        DataError: A message breaks Coda's rules, or a dataset has vanished.
        SourceError: The store is unavailable.
    """
    additions = {dataset: store.addition(dataset, wanted.messages, wanted.setup) for dataset, wanted in datasets}
    for dataset, addition in additions.items():
        if arrivals is not None and addition.is_of_new_dataset:
            arrivals.check_empty(dataset)
    return additions
