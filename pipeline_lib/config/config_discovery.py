"""Where configs are, and those that nobody would find since they are called or lie otherwise."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline_lib.errors import Problem
from pipeline_lib.input_files import is_there, reason

CONFIG_FILENAME = "pipeline.json"

_CALLED_OTHERWISE = re.compile(r"pipeline( ?\(\d+\))?\.json(\.json|\.txt)?", re.IGNORECASE)
"""As other systems, browsers and editors call a copy of it; not `pipeline.json.bak`, which somebody has called so."""


def configs_folder() -> Path:
    """The folder of the project folders: the setting `PIPELINE_CONFIGS`, or `configs` beside the package."""
    return Path(os.environ.get("PIPELINE_CONFIGS") or Path(__file__).parents[2] / "configs")


def find_configs(configs: Path | None = None) -> list[Path]:
    """The config file of every project folder, in the order of the folders' names; a broken link counts too."""
    named = (folder / CONFIG_FILENAME for folder in (configs or configs_folder()).glob("*"))
    return sorted(path for path in named if is_there(path))


def folder_problems(configs: Path) -> list[Problem]:
    """What is wrong with a folder of projects itself, rather than with any config that is found in it."""
    if not configs.is_dir():
        right = "put it there, or correct the setting PIPELINE_CONFIGS"
        return [Problem(str(configs), "there is no such folder of projects", right)]
    try:
        return list(_misplaced(configs))
    except OSError as error:
        return [Problem(str(configs), *reason(error))]


def _misplaced(configs: Path) -> Iterator[Problem]:
    if (configs / CONFIG_FILENAME).is_file():
        wrong = "lies in no project's folder"
        yield Problem(str(configs / CONFIG_FILENAME), wrong, "move all that belongs to it into a folder of its own")
    for folder in sorted(configs.iterdir()):
        if right := to_move(folder):
            yield Problem(str(folder), f"has no {CONFIG_FILENAME}, so that it is no project", right)


def to_move(folder: Path) -> str:
    """What to do so that a folder has its config; empty where it has one, and where none is near."""
    try:
        names = sorted(path.name for path in folder.iterdir())
        if CONFIG_FILENAME in names:
            return ""
        for name in filter(_CALLED_OTHERWISE.fullmatch, names):
            return f"rename its {name}"
        # As archives unpack, rivers/rivers or rivers/rivers-main; a folder of retired projects is none of ours.
        for name in (name for name in names if name.startswith(folder.name)):
            if (folder / name / CONFIG_FILENAME).is_file():
                return f"move what is in its folder {name} into it"
    except OSError:
        pass  # whoever may not look into a folder is told of nothing in it
    return ""
