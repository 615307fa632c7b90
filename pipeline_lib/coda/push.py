"""What push means: the store learns of the messages that it lacks, and nothing else changes."""

from collections.abc import Mapping, Sequence

from pipeline_lib.coda.base import CodaMessage, LabelStore


def push(store: LabelStore, messages_by_dataset: Mapping[str, Sequence[CodaMessage]]) -> dict[str, int]:
    """How many messages were added to each dataset; a repetition adds none.

    Raises:
        DataError: A message, given or stored, breaks Coda's rules. Datasets before it have been added to by then.
        StorageConflictError: Others kept writing; to push again adds what is left.
    """
    return {dataset: store.add_messages(dataset, messages) for dataset, messages in messages_by_dataset.items()}
