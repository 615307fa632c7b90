"""The folders that a fetch fills."""

from typing import NamedTuple

from pipeline_lib.config.file_names import safe_file_name
from pipeline_lib.storage import Located, Storage

RAW_DATA = "Raw Data"
"""The run's folder of fetched records."""

QUARANTINE = "Quarantine"
"""The run's folder of records that were set aside."""

ENGAGEMENT_METRICS = "Engagement Metrics"
"""The run's folder of the figures of posts."""


class Targets(NamedTuple):
    """The folders that a fetch fills, with a file of JSON lines for each name."""

    raw_data: Located
    """For the fetched records."""
    quarantine: Located
    """For records that were set aside: their place and the reason, without any text."""
    metrics: Located
    """For the figures of posts."""

    def raw_data_file(self, name: str) -> Located:
        """The file for the fetched records of a name."""
        return _file_in(self.raw_data, name)

    def group_file(self, name: str) -> Located:
        """The file of a group, a CSV; its name has its extension."""
        return Located(self.raw_data.storage, f"{self.raw_data.name}/{name}")

    def quarantine_file(self, name: str) -> Located:
        """The file for the records of a name that were set aside."""
        return _file_in(self.quarantine, name)

    def metrics_file(self, number: int) -> Located:
        """The file for the metrics of a project's Facebook source, by its number."""
        name = "facebook_metrics" if number == 1 else f"facebook_metrics_{number}"
        return Located(self.metrics.storage, f"{self.metrics.name}/{name}.csv")


def targets_beside(raw_data: Located) -> Targets:
    """A folder of raw data with the other folders beside it, as in a run."""
    parent, _, _ = raw_data.name.rpartition("/")

    def beside(name: str) -> Located:
        return Located(raw_data.storage, f"{parent}/{name}".lstrip("/"))

    return Targets(raw_data, quarantine=beside(QUARANTINE), metrics=beside(ENGAGEMENT_METRICS))


def run_targets(storage: Storage, run_folder: str) -> Targets:
    """The folders of a run."""
    return targets_beside(Located(storage, f"{run_folder}/{RAW_DATA}"))


def raw_data_file_name(name: str) -> str:
    """The name of the file of a name's fetched records."""
    return f"{safe_file_name(name)}.jsonl"


def _file_in(folder: Located, name: str) -> Located:
    return Located(folder.storage, f"{folder.name}/{raw_data_file_name(name)}")
