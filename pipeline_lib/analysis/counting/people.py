"""Numbers of people who are flagged, and the sums of their record keys."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline_lib.analysis.frames import RECORD_KEY
from pipeline_lib.disclosure.release import Counts

Keys = NDArray[np.int64] | None
"""The record key of each person; None if the project has no disclosure control and needs no sums."""


def record_keys_of(people: pl.DataFrame) -> Keys:
    """The record keys of rows of the frame of individuals."""
    return people[RECORD_KEY].to_numpy().astype(np.int64) if RECORD_KEY in people.columns else None


def counts_of(flags: Sequence[pl.Series], keys: Keys) -> Counts:
    """For each flag, how many people it is true of; a flag has a value per person."""
    masks = [flag.to_numpy().astype(np.bool_) for flag in flags]
    people = np.array([np.count_nonzero(mask) for mask in masks], np.int64)
    sums = np.array([0 if keys is None else int(keys[mask].sum()) for mask in masks], np.int64)
    return Counts(people, sums)


def stacked(counts: Sequence[Counts], axis: int = -1) -> Counts:
    """Counts of one shape, each the column of an array; with axis 0 its row."""
    return Counts(np.stack([each.people for each in counts], axis), np.stack([each.key_sums for each in counts], axis))
