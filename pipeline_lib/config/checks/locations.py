"""Files and folders that a config names by URL or by path, as they are here and now."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import (
    DirectoryLabelStore,
    FirestoreLabelStore,
    FirestoreUuidTable,
    PipelineConfig,
    SQLiteUuidTable,
)
from pipeline_lib.config.sources import FacebookSource, RapidProSource, Source
from pipeline_lib.errors import listed
from pipeline_lib.input_files import is_input, open_input, reason

SCHEMES = ("file", "gs", "memory")
"""Schemes of URLs that configs may name."""

_SECRETS = ("TokenFileURL", "CredentialsFileURL")
"""How keys end whose secret an Airflow connection may hold as well."""

_FOLDERS = ("DirectoryURL", "DataRoot")
"""How keys end that name a folder."""

_CONNECTION = re.compile(r"connection://[\w.-]+", re.ASCII | re.IGNORECASE)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)


class Location(NamedTuple):
    """A location that a run reads or writes."""

    place: str
    written: str
    is_input: bool = True
    """Whether a run needs it to be there."""

    @property
    def scheme(self) -> str:
        """`file` for a path."""
        match = _URL.fullmatch(self.written)
        return match[1].lower() if match else "file"

    @property
    def is_whole(self) -> bool:
        """Whether a URL of Cloud Storage names a bucket and, for an input, a file in it."""
        bucket, _, name = self.written.partition("://")[2].strip("/").partition("/")
        return bool(bucket) and (bool(name) or not self.is_input)

    @property
    def schemes(self) -> tuple[str, ...]:
        """Those that it may have."""
        return (*SCHEMES, "connection") if self.place.endswith(_SECRETS) else SCHEMES


def locations(read: ReadModel[PipelineConfig]) -> Iterator[Location]:
    """Every location of a config that a run of this version would use."""
    if read.model is None:
        return
    for index, source in enumerate(read.model.raw_data_sources):
        for key, number, written in _of_source(source):
            path = ("RawDataSources", index, key) if number is None else ("RawDataSources", index, key, number)
            yield Location(read.file.at(*path), written)
    match read.model.uuid_table:
        case SQLiteUuidTable(sqlite_file=written):
            yield Location(read.file.at("UUIDTable", "SQLiteFile"), written, is_input=False)
        case FirestoreUuidTable(firebase_credentials_file_url=written) if needs_uuid_table(read.model):
            yield Location(read.file.at("UUIDTable", "FirebaseCredentialsFileURL"), written)
    match read.model.label_store:
        case DirectoryLabelStore(directory_url=written):
            yield Location(read.file.at("LabelStore", "DirectoryURL"), written, is_input=False)
        case FirestoreLabelStore(pull_credentials_file_url=to_pull, push_credentials_file_url=to_push):
            yield Location(read.file.at("LabelStore", "PullCredentialsFileURL"), to_pull)
            yield Location(read.file.at("LabelStore", "PushCredentialsFileURL"), to_push)
    boundaries = read.model.automated_analysis.boundaries if read.model.automated_analysis is not None else ()
    for number, layer in enumerate(boundaries):
        yield Location(read.file.at("AutomatedAnalysis", "Boundaries", number, "FileURL"), layer.file_url)
    if read.model.data_root is not None:
        yield Location(read.file.at("DataRoot"), read.model.data_root, is_input=False)


def needs_uuid_table(config: PipelineConfig) -> bool:
    """Whether any source gives addresses, rather than participant uuids."""
    return any(isinstance(source, RapidProSource | FacebookSource) for source in config.raw_data_sources)


def _of_source(source: Source) -> Iterator[tuple[str, int | None, str]]:
    if isinstance(source, RapidProSource | FacebookSource):
        yield "TokenFileURL", None, source.token_file_url
        return
    yield from (("ActivationFlowURLs", number, url) for number, url in enumerate(source.activation_flow_urls))
    yield from (("SurveyFlowURLs", number, url) for number, url in enumerate(source.survey_flow_urls))


def findings(read: ReadModel[PipelineConfig], folder: Path) -> Iterator[Finding]:
    """Locations that cannot be, and inputs that are not there (yet)."""
    for location in locations(read):
        if not location.written.strip():
            yield error(location.place, "is empty", "write a URL or a path")
        elif not location.written.isprintable():
            yield error(location.place, "has invisible characters", "type it anew")
        elif location.scheme not in location.schemes:
            known = listed([f"{scheme}://" for scheme in location.schemes if scheme != "memory"])
            yield error(location.place, f'"{location.scheme}" is no known storage', f"write a path, or {known}")
        elif location.scheme == "connection" and not _CONNECTION.fullmatch(location.written):
            yield error(location.place, "names no Airflow connection", "write connection://<its id>")
        elif location.scheme == "gs" and not location.is_whole:
            right = "write gs://<bucket>/<file>" if location.is_input else "write gs://<bucket>/<folder>"
            yield error(location.place, "names no place on Cloud Storage", right)
        elif location.scheme == "file":
            yield from _on_this_machine(location, _path(location.written, folder))
    if read.model is not None and isinstance(read.model.uuid_table, SQLiteUuidTable):
        yield from _uuid_table(read, read.model.uuid_table, folder)


def _uuid_table(read: ReadModel[PipelineConfig], table: SQLiteUuidTable, folder: Path) -> Iterator[Finding]:
    scheme = Location("", table.sqlite_file).scheme
    if scheme != "file":
        wrong = f"{scheme}:// is no local disk"
        yield error(read.file.at("UUIDTable", "SQLiteFile"), wrong, "write a path, or use Firestore")
    elif not _is_there(_path(table.sqlite_file, folder)):
        wrong = "there is no such file now: a run would fail"
        right = "make it: python -m pipeline_lib create-uuid-table --config …"
        yield warning(read.file.at("UUIDTable", "SQLiteFile"), wrong, right)
    elif not is_input(_path(table.sqlite_file, folder)):
        yield error(read.file.at("UUIDTable", "SQLiteFile"), f'"{table.sqlite_file}" is no file', "name another")


def _on_this_machine(location: Location, path: Path) -> Iterator[Finding]:
    """What a run would find at a place where it reads a file, or keeps a folder."""
    if not location.is_input:
        if location.place.endswith(_FOLDERS) and _is_there(path) and not path.is_dir():
            yield error(location.place, f'"{location.written}" is no folder', "name a folder, or one to be made")
        return
    try:
        open_input(path).close()
    except FileNotFoundError:
        # The config can be right while its inputs are still to come, so that this is no error yet.
        yield warning(location.place, f'there is no file "{location.written}" now: a run would fail')
    except PermissionError:
        yield warning(location.place, f'this user cannot read "{location.written}": a run of theirs would fail')
    except (OSError, ValueError) as problem:
        wrong, right = reason(problem)
        yield error(location.place, f'"{location.written}" {wrong}', right)


def _path(written: str, folder: Path) -> Path:
    match = _URL.fullmatch(written)
    return Path(unquote(match[2].removeprefix("localhost"))) if match else folder / written


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
