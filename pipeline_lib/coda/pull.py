"""What pull means: a copy of the datasets' messages, as files that the processing reads."""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.coda.base import LabelStore
from pipeline_lib.coda.format import dumps
from pipeline_lib.errors import listed

logger = logging.getLogger(__name__)


class Pulled(NamedTuple):
    """What a pull found."""

    message_counts: dict[str, int]
    """Messages per dataset; 0 for those that do not exist yet."""
    label_counts: dict[str, int]
    absent: list[str]
    """The datasets that the store does not have yet, sorted."""


def pull(store: LabelStore, datasets: Mapping[str, str], folder: Path, as_of: datetime | None) -> Pulled:
    """Each dataset's messages as they stood at `as_of`, written to its file in an existing folder.

    Args:
        store: Where the labels are.
        datasets: Dataset name in the store to file name (`CodaFilename`) in the folder.
        folder: A local folder; files of these names are replaced.
        as_of: Aware; None: now.

    Returns:
        The counts. A dataset that does not exist yet gets a file with an empty list.

    Raises:
        DataError: A dataset's messages break Coda's rules.
    """
    message_counts, label_counts = {}, {}
    for dataset, file_name in datasets.items():
        messages = store.messages(dataset, as_of)
        (folder / file_name).write_text(dumps(messages), encoding="ascii")
        message_counts[dataset] = len(messages)
        label_counts[dataset] = sum(len(message["Labels"]) for message in messages)
    absent = sorted(set(datasets) - set(store.dataset_names()))
    if absent:
        logger.warning(
            "The label store does not have these datasets yet, so nothing is coded in them: %s", listed(absent)
        )
    return Pulled(message_counts, label_counts, absent)
