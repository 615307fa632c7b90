"""The folders that a fetch fills."""

from typing import NamedTuple

from pipeline_lib.storage import Located, Storage

RAW_DATA = "Raw Data"
"""The run's folder of what was fetched."""

QUARANTINE = "Quarantine"
"""The run's folder of what was set aside."""


class Targets(NamedTuple):
    """The folders that a fetch fills, with a file of JSON lines for each name."""

    raw_data: Located
    """Of what was fetched."""
    quarantine: Located
    """Of what was set aside: where it stood and the reason, without any text."""

    def raw_data_file(self, name: str) -> Located:
        """Where what was fetched of a name goes."""
        return _file_in(self.raw_data, name)

    def quarantine_file(self, name: str) -> Located:
        """Where what was set aside of a name is told."""
        return _file_in(self.quarantine, name)


def run_targets(storage: Storage, run_folder: str) -> Targets:
    """The folders of a run."""
    return Targets(Located(storage, f"{run_folder}/{RAW_DATA}"), Located(storage, f"{run_folder}/{QUARANTINE}"))


def _file_in(folder: Located, name: str) -> Located:
    return Located(folder.storage, f"{folder.name}/{name}.jsonl")
