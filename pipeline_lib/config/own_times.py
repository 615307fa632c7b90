"""Times of surveys whose plans take them from one field."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipeline_lib.model.coding_plan import Dataset


def with_own_times(datasets: Sequence[Dataset]) -> list[Dataset]:
    """The datasets, where every survey has a time field of its own: several may name one, even that of the messages."""
    named = Counter(dataset.time_field for dataset in datasets if dataset.is_survey)
    named.update({dataset.time_field for dataset in datasets if not dataset.is_survey})
    return [
        replace(dataset, time_field=f"{field} of {dataset.raw_field}", shared_time_field=field)
        if dataset.is_survey and named[field := dataset.time_field] > 1
        else dataset
        for dataset in datasets
    ]
