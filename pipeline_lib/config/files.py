"""Reading one JSON file into one model."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline_lib.config.problems import problems_of
from pipeline_lib.errors import ConfigError, Problem

ModelT = TypeVar("ModelT", bound=BaseModel)


def read_model(model: type[ModelT], path: Path) -> ModelT:
    """The file's content as a model.

    Raises:
        ConfigError: The file is missing or no JSON, or everything in it that the model refuses.
    """
    written = read_json(path)
    try:
        return model.model_validate(written)
    except ValidationError as error:
        raise ConfigError(*problems_of(error, written, path.name)) from None


def read_json(path: Path) -> Any:
    """The JSON of a file.

    Raises:
        ConfigError: The file is missing or no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError(Problem(str(path), "there is no such file")) from None
    except json.JSONDecodeError as error:
        place = f"{path.name}: line {error.lineno}, column {error.colno}"
        raise ConfigError(Problem(place, f"is not JSON: {error.msg}")) from None
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(path.name, f"is not UTF-8 from byte {error.start} on", "save it as UTF-8")) from None
