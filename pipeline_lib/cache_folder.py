"""Where this machine keeps what may be lost."""

import os
from pathlib import Path

CACHE_FOLDER_SETTING = "PIPELINE_CACHE_DIR"


def cache_folder() -> Path:
    """The setting `PIPELINE_CACHE_DIR`, or a folder of the user's."""
    named = os.environ.get(CACHE_FOLDER_SETTING)
    if named:
        return Path(named)
    users = os.environ.get("XDG_CACHE_HOME")
    return (Path(users) if users else Path("~/.cache").expanduser()) / "pipeline-lib"
