"""The TOML files under `data/`: words that anybody who knows the language can correct without reading Python."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import ConfigError, Problem

DATA_FOLDER = Path(__file__).parent / "data"


class DataFile(BaseModel):
    """What every data file has in common: keys that nobody knows are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


ReadFile = TypeVar("ReadFile", bound=DataFile)


def read(path: Path, as_file: type[ReadFile]) -> ReadFile:
    """The data file at a path.

    Raises:
        ConfigError: It is no TOML, or has other keys than it should: all problems at once.
    """
    try:
        return as_file.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(Problem(path.name, f"not TOML: {error}", "correct it there")) from None
    except ValidationError as error:
        places = ((".".join(map(str, problem["loc"])), problem["msg"]) for problem in error.errors())
        raise ConfigError(*(Problem(f"{path.name}: {place}", message) for place, message in places)) from None
