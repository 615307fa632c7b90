"""A project's files as one value that can be stored, and the project rebuilt from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline_lib.config.check import load_project
from pipeline_lib.config.project import Project, plans_with_places
from pipeline_lib.config.reading import Reading

KEPT_CONFIG = "config.json"
"""The name, in a run's folder, of the config that the run began with, which a DAG's first task keeps there."""

_SCHEMES_FOLDER = "code_schemes"


@dataclass(frozen=True)
class WholeConfig:
    """What the files of a project say, in two values."""

    config: Mapping[str, Any]
    """`pipeline.json`, its coding plans and their table of places inside it, wherever their author keeps them."""
    code_schemes: Mapping[str, Any]
    """By the name that the coding plans use."""


def whole_config(reading: Reading) -> WholeConfig:
    """All that a project without problems was read from."""
    plans = {**plans_with_places(reading), "CodeSchemesDir": _SCHEMES_FOLDER}
    return WholeConfig(
        {**reading.config.file.content, "CodingPlans": plans},
        {name: read.file.content for name, read in reading.schemes.items()},
    )


def project_again(whole: WholeConfig, path: Path) -> Project:
    """The project that the stored files describe, as if they were at the config file's path.

    Raises:
        ConfigError: This version of the code refuses what another one accepted.
    """
    with TemporaryDirectory() as scratch:
        written = Path(scratch, path.absolute().parent.name, path.name)
        write_config_files(whole, written)
        return replace(load_project(written), path=path)


def write_config_files(whole: WholeConfig, path: Path) -> None:
    """Writes a project's files anew: its config file to the path, and the code schemes beside it."""
    schemes = path.parent / _SCHEMES_FOLDER
    schemes.mkdir(parents=True)
    path.write_text(_text(whole.config), encoding="utf-8")
    for name, content in whole.code_schemes.items():
        if Path(name).name != name:
            continue  # no file of this folder: the plans' reading says what is missing
        (schemes / f"{name}.json").write_text(_text(content), encoding="utf-8")


def _text(content: Any) -> str:
    return json.dumps(content, indent=2) + "\n"
