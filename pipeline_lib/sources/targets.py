"""The folders that a fetch fills."""

from typing import NamedTuple

from pipeline_lib.config.file_names import safe_file_name
from pipeline_lib.storage import Located, Storage

RAW_DATA = "Raw Data"
"""The run's folder of what was fetched."""

QUARANTINE = "Quarantine"
"""The run's folder of what was set aside."""

ENGAGEMENT_METRICS = "Engagement Metrics"
"""The run's folder of what a source tells of its posts."""


class Targets(NamedTuple):
    """The folders that a fetch fills, with a file of JSON lines for each name."""

    raw_data: Located
    """Of what was fetched."""
    quarantine: Located
    """Of what was set aside: where it stood and the reason, without any text."""
    metrics: Located
    """Of what sources tell of their posts."""

    def raw_data_file(self, name: str) -> Located:
        """Where what was fetched of a name goes."""
        return _file_in(self.raw_data, name)

    def quarantine_file(self, name: str) -> Located:
        """Where what was set aside of a name is told."""
        return _file_in(self.quarantine, name)

    def metrics_file(self, number: int) -> Located:
        """Where the metrics of a project's first Facebook source go, of its second, and so on."""
        name = "facebook_metrics" if number == 1 else f"facebook_metrics_{number}"
        return Located(self.metrics.storage, f"{self.metrics.name}/{name}.csv")


def targets_beside(raw_data: Located) -> Targets:
    """A folder of raw data, and beside it the others, as a run has them."""
    parent, _, _ = raw_data.name.rpartition("/")

    def beside(name: str) -> Located:
        return Located(raw_data.storage, f"{parent}/{name}".lstrip("/"))

    return Targets(raw_data, quarantine=beside(QUARANTINE), metrics=beside(ENGAGEMENT_METRICS))


def run_targets(storage: Storage, run_folder: str) -> Targets:
    """The folders of a run."""
    return targets_beside(Located(storage, f"{run_folder}/{RAW_DATA}"))


def raw_data_file_name(name: str) -> str:
    """What the file is called that was fetched of a name."""
    return f"{safe_file_name(name)}.jsonl"


def _file_in(folder: Located, name: str) -> Located:
    return Located(folder.storage, f"{folder.name}/{raw_data_file_name(name)}")
