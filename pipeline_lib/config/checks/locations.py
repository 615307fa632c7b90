"""Files and folders that a config names by URL or by path, as they are here and now."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import DirectoryLabelStore, FirestoreUuidTable, PipelineConfig, SQLiteUuidTable
from pipeline_lib.config.sources import FacebookSource, RapidProSource, Source
from pipeline_lib.errors import listed

SCHEMES = ("file", "gs", "memory")
"""Schemes of URLs that configs may name."""

SCHEMES_TO_COME = ("gs",)
"""Those of them that this version cannot read or write yet."""

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
    if isinstance(read.model.label_store, DirectoryLabelStore):
        yield Location(read.file.at("LabelStore", "DirectoryURL"), read.model.label_store.directory_url, is_input=False)
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
        elif location.scheme not in SCHEMES:
            known = listed([f"{scheme}://" for scheme in SCHEMES if scheme != "memory"])
            yield error(location.place, f'"{location.scheme}" is no known storage', f"write a path, or {known}")
        elif location.scheme == "file" and location.is_input and not _is_there(location.written, folder):
            # The config can be right while its inputs are still to come, so that this is no error yet.
            yield warning(location.place, f'there is no file "{location.written}" now: a run would fail')
    if read.model is not None and isinstance(read.model.uuid_table, SQLiteUuidTable):
        yield from _uuid_table(read, read.model, read.model.uuid_table, folder)


def _uuid_table(
    read: ReadModel[PipelineConfig], config: PipelineConfig, table: SQLiteUuidTable, folder: Path
) -> Iterator[Finding]:
    if not _is_there(table.sqlite_file, folder):
        found = error if needs_uuid_table(config) else warning
        command = f"python -m pipeline_lib create-uuid-table {table.sqlite_file} --table {table.table_name}"
        yield found(read.file.at("UUIDTable", "SQLiteFile"), "there is no such file", f"make it: {command}")


def _is_there(written: str, folder: Path) -> bool:
    match = _URL.fullmatch(written)
    path = Path(unquote(match[2].removeprefix("localhost"))) if match else folder / written
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
