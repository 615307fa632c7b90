"""Brings what processing reads to this machine, wherever it lies."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from pipeline_lib.sources.targets import RAW_DATA
from pipeline_lib.stages.outputs import ProcessInputs, named_raw_data
from pipeline_lib.stages.run_context import Run
from pipeline_lib.stages.withdrawn import read_withdrawn
from pipeline_lib.storage import located
from pipeline_lib.storage.base import local_fingerprint


def read_process_inputs(
    run: Run, local: ExitStack, raw_data: Sequence[str], coded: str, shards: Sequence[str] = ()
) -> tuple[ProcessInputs, dict[str, str]]:
    """What processing reads, and the fingerprint of each input by its URI.

    Args:
        run: The run.
        local: Keeps the local files until it is closed.
        raw_data: URIs of the raw data files.
        coded: URI of the folder of Coda files.
        shards: URIs of the folders of gathered shards.
    """
    files = {uri: _local_file(local, uri) for uri in raw_data}
    folders = {uri: _local_folder(local, uri) for uri in (coded, *shards)}
    inputs = ProcessInputs(
        named_raw_data(run.project, files.values(), run.storage.uri_of(f"{run.folder}/{RAW_DATA}")),
        folders[coded],
        read_withdrawn(run.storage),
        [folders[uri] for uri in shards],
    )
    return inputs, {uri: local_fingerprint(path) for uri, path in (files | folders).items()}


def _local_file(local: ExitStack, uri: str) -> Path:
    storage, name = located(uri)
    return local.enter_context(storage.local_file(name))


def _local_folder(local: ExitStack, uri: str) -> Path:
    storage, name = located(uri)
    return local.enter_context(storage.local_folder(name))
