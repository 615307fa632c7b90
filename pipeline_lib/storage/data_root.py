"""Where runs and state are kept: the folder of all projects' folders."""

import os
from pathlib import Path

from pipeline_lib.model.uris import DATA_ROOT_SETTING
from pipeline_lib.storage.uris import as_uri


def data_root(written: str | None, folder: Path) -> str:
    """The URI of the folder that a config in that folder names, else of `PIPELINE_DATA_ROOT`, else of `./data`.

    Raises:
        ConfigError: It is a URI of a scheme that configs cannot name.
    """
    if written is not None:
        return as_uri(written, folder).rstrip("/")
    return as_uri(os.environ.get(DATA_ROOT_SETTING) or "data", Path.cwd()).rstrip("/")
