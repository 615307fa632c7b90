"""Caches what was read of each project, so that only projects that have changed are read again.

The DAG processor reads every project every minute. A record is valid as long as the code, the settings and every file
that its project was read from are unchanged; files in the cache's folder that are no records are ignored. The record of
a project that is broken now keeps the plan of its last good state.
"""

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.cache_folder import cache_folder
from pipeline_lib.config.file_stamps import UNREADABLE, kind_of, stamp_of, stat_data_of
from pipeline_lib.errors import Problem
from pipeline_lib.input_files import read_input
from pipeline_lib.model.uris import DATA_ROOT_SETTING
from pipeline_lib.orchestration.plan import Plan, PlannedSchedule

_PACKAGE = Path(__file__).parents[1]
_LIBRARIES = ("croniter", "pydantic", "tzdata")
"""Besides our own code, these packages decide what is wrong with a config."""
_MOST_ROOTS = 4


class Record(BaseModel):
    """Everything that is known about one project."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    config: str
    """The config file, so that a record of another one is never used."""
    made_by: str
    """The `current_fingerprint` when it was made."""
    stamps: dict[str, str]
    """A stamp of every file and folder that the project was read from."""
    stat_data: dict[str, str] = {}
    """The stat data of each when it had that stamp; left out where it is too fresh to rely on."""
    kinds: dict[str, str]
    """What there was (a file, a folder, nothing) at each local path that the config names."""
    pipeline_name: str | None
    """Its name, if its files can be read at all."""
    plan: Plan | None
    """None if something is wrong with it."""
    problems: tuple[Problem, ...]
    """What is wrong with it, other projects aside; places begin with the file's name."""
    schedule: PlannedSchedule | None
    """The schedule, if it can be read, whatever else is wrong."""
    last_good: Plan | None
    """The plan, or the last good one."""
    data_roots: tuple[str, ...]
    """The data roots of its last good states, newest first: a run that is under way has its folder in one of them."""


def confirm(record: Record) -> Record | None:
    """The record with its files' present stat data; None if the project has to be read again.

    Only files whose stat data have changed are opened.
    """
    if record.made_by != current_fingerprint() or not record.stamps:
        return None
    if any(kind_of(path) != kind for path, kind in record.kinds.items()):
        return None
    readable = [path for path, stamp in record.stamps.items() if not stamp.startswith(UNREADABLE)]
    now = {path: found for path in readable if (found := stat_data_of(path)) is not None}
    unsure = [path for path in record.stamps if path not in now or now[path] != record.stat_data.get(path)]
    if any(stamp_of(Path(path)) != record.stamps[path] for path in unsure):
        return None
    return record if now == record.stat_data else record.model_copy(update={"stat_data": now})


def read_record(config: Path) -> Record | None:
    """The record of a config file, which may be out of date; None if there is none, or it is damaged."""
    try:
        record = Record.model_validate_json(read_input(_file(config)))
    except (OSError, RuntimeError, ValidationError):
        return None
    return record if record.config == str(config) else None


def find_recorded_configs(configs: Path, present: Iterable[Path]) -> Iterator[Path]:
    """The config files in a folder of projects that have a record, but are not in `present`."""
    known = {_filename(config) for config in present}
    try:
        others = [file for file in _folder(configs).glob("*.json") if file.name not in known]
    except (OSError, RuntimeError):
        return
    for file in others:
        with suppress(OSError, ValidationError):
            config = Path(Record.model_validate_json(read_input(file)).config)
            if _file(config) == file:
                yield config


def write_record(record: Record) -> None:
    """Writes a record; if that fails, the next read simply takes as long as this one."""
    file = None
    try:
        file = _file(Path(record.config))
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{uuid4().hex}")
        try:
            new.write_text(record.model_dump_json(), encoding="utf-8")
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)
    except (OSError, RuntimeError):
        return


def roots_with(newest: str | None, earlier: tuple[str, ...]) -> tuple[str, ...]:
    """The data roots, the newest first, each once, and no more than are kept."""
    return tuple(dict.fromkeys((newest, *earlier) if newest else earlier))[:_MOST_ROOTS]


def current_fingerprint() -> str:
    """A fingerprint of the code, its libraries and the settings that a plan depends on."""
    return f"{_code()} {hashlib.sha256(repr(_settings()).encode()).hexdigest()}"


def _settings() -> tuple[str, str]:
    """The setting for the data root, and the folder that it is relative to."""
    root = os.environ.get(DATA_ROOT_SETTING, "")
    return root, "" if "://" in root or Path(root).is_absolute() else str(Path.cwd())


@cache
def _code() -> str:
    code = hashlib.sha256(sys.version.encode())
    for library in _LIBRARIES:
        with suppress(PackageNotFoundError):
            code.update(f"{library} {version(library)}".encode())
    # Word lists and tables of places are data, but they decide what a code scheme must have.
    # Walked once and read without buffers: every process that looks at projects begins with this.
    walked = (os.path.join(folder, name) for folder, _, names in os.walk(_PACKAGE) for name in names)  # noqa: PTH118
    for file in sorted(name for name in walked if name.endswith((".py", ".toml", ".csv"))):
        code.update(f"{file.removeprefix(str(_PACKAGE))}\0".encode())
        with open(file, "rb", buffering=0) as content:  # noqa: PTH123
            code.update(content.read())
    return code.hexdigest()


def _folder(configs: Path) -> Path:
    return cache_folder() / "plans" / hashlib.sha256(os.fsencode(configs.absolute())).hexdigest()[:16]


def _file(config: Path) -> Path:
    """The file of a project's record; each folder of projects has its own, as their projects' names may be the same."""
    return _folder(config.parents[1]) / _filename(config)


def _filename(config: Path) -> str:
    return f"{hashlib.sha256(os.fsencode(config.parent.name)).hexdigest()[:16]}.json"
