"""Where this machine keeps caches: files that may be deleted at any time."""

import os
from pathlib import Path

CACHE_FOLDER_SETTING = "PIPELINE_CACHE_DIR"


def cache_folder() -> Path:
    """The folder that `PIPELINE_CACHE_DIR` names, else `pipeline-lib` in the user's cache folder."""
    named = os.environ.get(CACHE_FOLDER_SETTING)
    if named:
        return Path(named)
    users = os.environ.get("XDG_CACHE_HOME")
    return (Path(users) if users else Path("~/.cache").expanduser()) / "pipeline-lib"
