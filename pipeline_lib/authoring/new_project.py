"""A new project's folder, from a template of its kind."""

import re
import shutil
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline_lib.authoring.codebook import import_codebook
from pipeline_lib.authoring.place_codes import TABLES, place_codes
from pipeline_lib.authoring.scheme_drafts import Ids, draft_scheme, normal_code
from pipeline_lib.authoring.scheme_file import Scheme, text_of
from pipeline_lib.authoring.wrong_scheme_scheme import in_step
from pipeline_lib.config.config_discovery import CONFIG_FILENAME
from pipeline_lib.config.reading import read_files
from pipeline_lib.errors import ConfigError, Problem

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}", re.ASCII)
_AGES = range(10, 100)


class Kind(StrEnum):
    """What a new project begins like."""

    DEMO = "demo"
    """CSV files of invented answers beside the config: it runs at once."""
    SOMALIA = "somalia"
    KENYA = "kenya"
    FACEBOOK = "facebook"


def create_project(name: str, kind: Kind, configs: Path, now: datetime) -> Path:
    """Makes the folder of a project that validates, and returns it.

    Args:
        name: The folder's, and so the DAG's.
        kind: What it is like.
        configs: The folder of all projects, which is made if it is not there.
        now: The project lasts from that day on, for half a year.

    Raises:
        ConfigError: The name cannot be used, or something is called so already.
    """
    folder = configs / name
    if not _NAME.fullmatch(name):
        right = "write small letters, digits and underscores, such as water_2026"
        raise ConfigError(Problem("NAME", "cannot be a folder's, a DAG's and a flow's name", right))
    if folder.exists() or folder.is_symlink():
        raise ConfigError(Problem(str(folder), "is there already", "choose another name"))
    configs.mkdir(parents=True, exist_ok=True)
    # One folder deeper, so that nothing takes a draft for a project.
    with TemporaryDirectory(prefix=".", dir=configs) as scratch:
        draft = Path(scratch, name)
        draft.mkdir()
        _fill(draft, name, kind, now)
        draft.rename(folder)
    return folder


def _fill(folder: Path, name: str, kind: Kind, now: datetime) -> None:
    with as_file(files(__package__) / "templates" / kind) as template:
        shutil.copytree(template, folder, dirs_exist_ok=True)
    config = folder / CONFIG_FILENAME
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"name": name, "start": _written(start), "end": _written(start + timedelta(days=183))}
    text = config.read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    config.write_text(text, encoding="utf-8")
    _write_schemes(config)


def _written(time: datetime) -> str:
    return time.isoformat(timespec="minutes")


def _write_schemes(config: Path) -> None:
    """Writes every code scheme that the config names, and the wrong-scheme scheme from its plans."""
    schemes = config.parent / "code_schemes"
    schemes.mkdir()
    plans = read_files(config).plans.model
    if plans is None:
        raise ConfigError(*read_files(config).problems)
    ids = Ids()
    names = dict.fromkeys(coding.code_scheme for placed in plans.datasets() for coding in placed.entry.codings)
    made = {name: _scheme(name, ids) for name in names}
    if plans.ws_correct_dataset_scheme is not None:
        made[plans.ws_correct_dataset_scheme] = in_step(None, plans, ids).scheme
    for name, scheme in made.items():
        (schemes / f"{name}.json").write_text(text_of(scheme), encoding="utf-8")


def _scheme(name: str, ids: Ids) -> Scheme:
    """A scheme by its name: of ages or of places, or from the codebook that is called so; else without themes."""
    title = name.replace("_", " ").title()
    if name == "age":
        return draft_scheme(ids, title, [normal_code(ids, age, f"{age}", match_values=[f"{age}"]) for age in _AGES])
    if name in TABLES:
        return draft_scheme(ids, title, place_codes(name, ids))
    codebook = files(__package__) / "templates" / "codebooks" / f"{name}.csv"
    if not codebook.is_file():
        return draft_scheme(ids, title, [])
    with as_file(codebook) as path:
        return import_codebook(None, path, title, ids).scheme
