"""The uuid table that a project's config names."""
# ruff: noqa: PLC0415 - without a table on Firestore its library is not needed, and its import takes a second

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from pipeline_lib.cache_folder import cache_folder
from pipeline_lib.config import Project
from pipeline_lib.config.pipeline import FirestoreUuidTable, SQLiteUuidTable
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.identity import sqlite
from pipeline_lib.identity.cache import UuidCache, open_uuid_cache
from pipeline_lib.storage import as_uri

if TYPE_CHECKING:
    from google.cloud.firestore import Client

    from pipeline_lib.identity import firestore

ProjectUuidTable: TypeAlias = "firestore.FirestoreUuidTable | sqlite.SqliteUuidTable"

CACHE_SECRET_SETTING = "PIPELINE_UUID_CACHE_SECRET"  # noqa: S105 - a setting's name
CACHE_SECRET_FILE_SETTING = "PIPELINE_UUID_CACHE_SECRET_FILE"  # noqa: S105 - a setting's name
"""The file that holds the secret, where the setting itself is not given."""


def open_project_uuid_table(project: Project) -> ProjectUuidTable:
    """The uuid table; a table on Firestore has this machine's cache.

    Raises:
        ConfigError: The config names none, or one that cannot be opened.
        SourceError: Firestore is unavailable.
    """
    match project.config.uuid_table:
        case SQLiteUuidTable() as settings:
            return sqlite.open_uuid_table(_file(project, settings), settings.table_name, settings.uuid_prefix)
        case FirestoreUuidTable() as settings:
            from pipeline_lib.identity import firestore

            client = _client(project, settings)
            return firestore.open_uuid_table(client, settings.table_name, settings.uuid_prefix, _cache())
    raise _missing(project)


def create_project_uuid_table(project: Project) -> ProjectUuidTable:
    """The uuid table, made empty.

    Raises:
        ConfigError: The config names none, or one that exists already or cannot be made.
        SourceError: Firestore is unavailable.
    """
    match project.config.uuid_table:
        case SQLiteUuidTable() as settings:
            return sqlite.create_uuid_table(_file(project, settings), settings.table_name, settings.uuid_prefix)
        case FirestoreUuidTable() as settings:
            from pipeline_lib.identity import firestore

            client = _client(project, settings)
            return firestore.create_uuid_table(client, settings.table_name, settings.uuid_prefix)
    raise _missing(project)


def _cache() -> UuidCache | None:
    return open_uuid_cache(cache_folder(), os.environ.get(CACHE_SECRET_SETTING) or _secret_in_file())


def _secret_in_file() -> str | None:
    path = os.environ.get(CACHE_SECRET_FILE_SETTING)
    if not path:
        return None
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        right = f"write the secret into it, or take {CACHE_SECRET_FILE_SETTING} away"
        raise ConfigError(Problem(path, f"cannot be read: {type(error).__name__}", right)) from None
    if not secret:
        raise ConfigError(Problem(path, "is empty", f"write the secret of {CACHE_SECRET_FILE_SETTING} into it"))
    return secret


def _client(project: Project, settings: FirestoreUuidTable) -> "Client":
    from pipeline_lib.stages.firestore_clients import firestore_client

    place = f"{project.path.name}: UUIDTable.FirebaseCredentialsFileURL"
    return firestore_client(settings.firebase_credentials_file_url.get_secret_value(), project.folder, place)


def _file(project: Project, settings: SQLiteUuidTable) -> Path:
    uri = urlsplit(as_uri(settings.sqlite_file, project.folder))
    if uri.scheme != "file":
        place = f"{project.path.name}: UUIDTable.SQLiteFile"
        raise ConfigError(Problem(place, f"{uri.scheme}:// is no local disk", "write a path, or use Firestore"))
    return Path(unquote(uri.path))


def _missing(project: Project) -> ConfigError:
    only_read = "only tells mobile networks: nobody can be added to it"
    wrong = "is missing: who is who is kept there" if project.config.uuid_table is None else only_read
    right = 'add one, such as {"SQLiteFile": "uuids.sqlite", "TableName": "…"}'
    return ConfigError(Problem(f"{project.path.name}: UUIDTable", wrong, right))
