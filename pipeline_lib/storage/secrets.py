"""Tokens and credentials that a config names by a URL: read when they are needed, never written or logged."""

import re
from pathlib import Path

from pipeline_lib.connection_secrets import lent_connections
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.input_files import read_input, reason
from pipeline_lib.storage.base import MissingArtifactError
from pipeline_lib.storage.local import LocalStorage
from pipeline_lib.storage.uris import as_uri, located

_MOST_BYTES = 2**20
"""A hundred times a service account's key."""

_SCHEME = "connection"
_CONNECTION = re.compile(rf"{_SCHEME}://(?P<id>[\w.-]+)", re.ASCII | re.IGNORECASE)


_ANOTHER_FILE = "name a file that can be read, by a URL or a path from the config's folder"


def read_secret(
    url: str, base: Path, place: str, *, remedy: str = _ANOTHER_FILE, remedy_if_empty: str = "put the secret there"
) -> str:
    """The text of a token or of credentials, without space around it.

    Args:
        url: A URL, or a path that starts from `base`; `connection://<id>` for an Airflow connection.
        base: The config's folder.
        place: How errors name the key: `pipeline.json: RawDataSources[0].TokenFileURL`.
        remedy: What to do where there is no such file.
        remedy_if_empty: What to do where it is empty.

    Raises:
        ConfigError: The secret is missing, empty or unreadable. The error never quotes it.
    """
    is_connection = names_connection(url)
    text = _of_connection(url, place) if is_connection else _of_file(url, base, place, remedy)
    if not text.strip():
        what = "Airflow connection has no password" if is_connection else "file is empty"
        raise ConfigError(Problem(place, f"the {what}", remedy_if_empty))
    return text.strip()


def names_connection(url: str) -> bool:
    """Whether a secret is kept by Airflow."""
    return url.lower().startswith(f"{_SCHEME}://")


def _of_connection(url: str, place: str) -> str:
    match = _CONNECTION.fullmatch(url)
    if match is None:
        raise ConfigError(Problem(place, "names no Airflow connection", f"write {_SCHEME}://<its id>"))
    read = lent_connections()
    if read is None:
        wrong = "names an Airflow connection, and there is no Airflow here to ask"
        raise ConfigError(Problem(place, wrong, "name a file, or run this as an Airflow task or from the command line"))
    name = match["id"]
    try:
        secret, wrong = read(name), f'there is no Airflow connection "{name}"'
    except PermissionError:
        secret, wrong = None, f'Airflow does not let this task read its connection "{name}"'
    if secret is None:
        variable = f"AIRFLOW_CONN_{name.upper()}"
        raise ConfigError(Problem(place, wrong, f"add it in Airflow, or set the environment's {variable}"))
    return secret


def _of_file(url: str, base: Path, place: str, remedy: str) -> str:
    wrong, right = "", _ANOTHER_FILE
    try:
        storage, name = located(as_uri(url, base))
        if isinstance(storage, LocalStorage):
            return read_input(storage.root / name, _MOST_BYTES).decode("utf-8-sig")
        return storage.read(name).decode("utf-8-sig")
    except (MissingArtifactError, FileNotFoundError):
        wrong, right = "there is no such file", remedy
    except UnicodeDecodeError:  # the exception holds the content
        wrong = "the file is not text in UTF-8"
    except OSError as error:
        wrong, right = reason(error)
    except ConfigError:  # the error would quote the URL: it may be a token itself
        wrong = "does not lead to a known storage"
    raise ConfigError(Problem(place, wrong, right))
