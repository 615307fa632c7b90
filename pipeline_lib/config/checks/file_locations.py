"""Files and folders that a config names by URL or by path, as they are here and now."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from pipeline_lib.config.csv_source import CSVSource
from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, as_warning, error, warning
from pipeline_lib.config.kobo_source import KoboToolboxSource
from pipeline_lib.config.model_introspection import Step
from pipeline_lib.config.pipeline import (
    DirectoryLabelStore,
    FirestoreLabelStore,
    FirestoreUuidTable,
    JSONUuidTable,
    PipelineConfig,
    SQLiteUuidTable,
)
from pipeline_lib.config.sources import FacebookSource, PageSource, RapidProSource, Source
from pipeline_lib.errors import listed
from pipeline_lib.input_files import is_input, open_input, reason
from pipeline_lib.model.uris import (
    DATA_ROOT_SETTING,
    SCHEMES,
    Wrong,
    bucket_and_name,
    is_too_long,
    split_uri,
    unquoted_path,
    wrong_with_bucket,
    wrong_with_name,
)

_FOLDERS = ("DirectoryURL", "DataRoot", "UploadBucket")
"""Endings of the keys that name a folder."""

_KEPT_APART = "name a file that holds the secret; never write the secret itself into a config"

CREATE_DISCLOSURE_KEY = (
    "bring the project's key back; if it has never had one, make it: "
    "python -m pipeline_lib create-disclosure-key --config …"
)

_NO_BACKSLASH = "write / between folders, in place of the backslash"

_TOO_LONG = Wrong("is longer than any storage takes", "shorten the names of its folders and its own")
_CONNECTION = re.compile(r"connection://[\w.-]+", re.ASCII | re.IGNORECASE)
_HALF_A_URL = re.compile(rf"({'|'.join((*SCHEMES, 'connection'))}):(?!//)", re.IGNORECASE)
"""Such a text would become a folder called `gs:`, beside the config."""


class Location(NamedTuple):
    """A location that a run reads or writes."""

    place: str
    written: str
    is_input: bool = True
    """Whether a run needs it to be there."""
    is_vital: bool = True
    """Whether a run fails without it."""
    is_secret: bool = False
    """Whether it names a token or credentials, or by mistake is one itself: it is never quoted."""
    remedy: str = ""
    """What to do where there is no such file."""

    @property
    def quoted(self) -> str:
        """How a sentence about its file quotes it."""
        return "" if self.is_secret else f'"{self.written}" '

    @property
    def scheme(self) -> str:
        """The URL's scheme; `file` for a path."""
        parts = split_uri(self.written)
        return parts[0] if parts else "file"

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes that it may have."""
        return (*SCHEMES, "connection") if self.is_secret else SCHEMES


def locations(read: ReadModel[PipelineConfig]) -> Iterator[Location]:
    """Every location of a config that a run of this version would use."""
    if read.model is None:
        return
    for index, source in enumerate(read.model.raw_data_sources):
        if isinstance(source, RapidProSource | FacebookSource | KoboToolboxSource):
            yield _secret(read.file.at("RawDataSources", index, "TokenFileURL"), source.token_file_url)
        for path, written in _of_source(source):
            yield Location(read.file.at("RawDataSources", index, *path), written)
    for key, urls in read.model.urls_of_older_groups().items():
        yield from (Location(read.file.at(key, number), url) for number, url in enumerate(urls))
    for index, group in enumerate(read.model.groups):
        for number, url in enumerate(group.file_urls):
            yield Location(read.file.at("Groups", index, "FileURLs", number), url)
    yield from _of_stores(read, read.model)
    yield from _of_analysis(read, read.model)
    yield from _of_content(read)
    yield from _of_upload(read)
    yield from _of_data_root(read, read.model.data_root)


def _of_stores(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Location]:
    """Locations of the uuid table, the label store and the dashboard."""
    table, store = config.uuid_table, config.label_store
    if isinstance(table, SQLiteUuidTable):
        yield Location(read.file.at("UUIDTable", "SQLiteFile"), table.sqlite_file, is_input=False)
    elif isinstance(table, JSONUuidTable):
        yield Location(read.file.at("UUIDTable", "JSONFile"), table.json_file)
    elif isinstance(table, FirestoreUuidTable) and needs_uuid_table(config):
        yield _secret(read.file.at("UUIDTable", "FirebaseCredentialsFileURL"), table.firebase_credentials_file_url)
    if isinstance(store, DirectoryLabelStore):
        yield Location(read.file.at("LabelStore", "DirectoryURL"), store.directory_url, is_input=False)
    elif isinstance(store, FirestoreLabelStore):
        yield _secret(read.file.at("LabelStore", "PullCredentialsFileURL"), store.pull_credentials_file_url)
        yield _secret(read.file.at("LabelStore", "PushCredentialsFileURL"), store.push_credentials_file_url)
    if config.operations_dashboard is not None:
        key = config.operations_dashboard.firebase_credentials_file_url
        yield _secret(read.file.at("OperationsDashboard", "FirebaseCredentialsFileURL"), key, is_vital=False)


def _of_analysis(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Location]:
    asked = config.automated_analysis
    if asked is None:
        return
    for number, layer in enumerate(asked.boundaries):
        yield Location(read.file.at("AutomatedAnalysis", "Boundaries", number, "FileURL"), layer.file_url)
    if asked.disclosure_control is not None:
        place = read.file.at("AutomatedAnalysis", "DisclosureControl", "KeyFileURL")
        yield _secret(place, asked.disclosure_control.key_file_url)._replace(remedy=CREATE_DISCLOSURE_KEY)


def _secret(place: str, written: SecretStr, *, is_vital: bool = True) -> Location:
    return Location(place, written.get_secret_value(), is_vital=is_vital, is_secret=True, remedy=_KEPT_APART)


def _of_data_root(read: ReadModel[PipelineConfig], written: str | None) -> Iterator[Location]:
    if written is not None:
        yield Location(read.file.at("DataRoot"), written, is_input=False)
    elif setting := os.environ.get(DATA_ROOT_SETTING):
        yield Location(f"setting {DATA_ROOT_SETTING}", setting, is_input=False)


def local_paths(read: ReadModel[PipelineConfig], folder: Path) -> list[Path]:
    """The paths that `findings` looks at on this machine."""
    return [_path(location.written, folder) for location in locations(read) if location.scheme == "file"]


def _of_content(read: ReadModel[PipelineConfig]) -> Iterator[Location]:
    """Files of figures; comments are fetched without them, too."""
    for index, source in enumerate(read.model.raw_data_sources if read.model is not None else ()):
        for number, url in enumerate(source.content_file_urls if isinstance(source, FacebookExportSource) else ()):
            yield Location(read.file.at("RawDataSources", index, "ContentFileURLs", number), url, is_vital=False)


def _of_upload(read: ReadModel[PipelineConfig]) -> Iterator[Location]:
    if read.model is not None:
        for key, written in read.model.buckets().items():
            yield Location(read.file.at(key), written, is_input=False)
    settings = read.model.drive_upload if read.model is not None else None
    if settings is not None:
        yield _secret(read.file.at("DriveUpload", "DriveCredentialsFileURL"), settings.drive_credentials_file_url)


def needs_uuid_table(config: PipelineConfig) -> bool:
    """Whether any source gives addresses, rather than participant uuids."""
    return any(
        isinstance(source, RapidProSource | PageSource | KoboToolboxSource)
        or (isinstance(source, CSVSource) and source.gives_addresses)
        for source in config.raw_data_sources
    )


def _of_source(source: Source) -> Iterator[tuple[tuple[Step, ...], str]]:
    """The files that a source cannot do without, and where it names them."""
    if isinstance(source, FacebookExportSource):
        for number, dataset in enumerate(source.datasets):
            for index, url in enumerate(dataset.comment_file_urls):
                yield ("Datasets", number, "CommentFileURLs", index), url
    elif isinstance(source, CSVSource):
        for number, csv_dataset in enumerate(source.datasets):
            for index, url in enumerate(csv_dataset.file_urls):
                yield ("Datasets", number, "FileURLs", index), url
    elif not isinstance(source, RapidProSource | FacebookSource | KoboToolboxSource):
        yield from ((("ActivationFlowURLs", number), url) for number, url in enumerate(source.activation_flow_urls))
        yield from ((("SurveyFlowURLs", number), url) for number, url in enumerate(source.survey_flow_urls))


def findings(read: ReadModel[PipelineConfig], folder: Path) -> Iterator[Finding]:
    """Invalid locations, and inputs that are not there (yet)."""
    for location in locations(read):
        found = _of_location(location, folder)
        yield from found if location.is_vital else map(as_warning, found)
    if read.model is not None and isinstance(read.model.uuid_table, SQLiteUuidTable):
        yield from _uuid_table(read, read.model.uuid_table, folder)


def _of_location(location: Location, folder: Path) -> Iterator[Finding]:
    wrong = _wrong_with(location, folder)
    if wrong is not None:
        yield error(location.place, *wrong)
    elif location.scheme == "file":
        yield from _on_this_machine(location, _path(location.written, folder))


def _wrong_with(location: Location, folder: Path) -> Wrong | None:
    """What is wrong with a location for any storage and any user: all that can be known without a network."""
    wrong = _wrong_as_written(location.written)
    if wrong is not None:
        return wrong
    match location.scheme:
        case scheme if scheme not in location.schemes:
            known = listed([f"{scheme}://" for scheme in location.schemes if scheme != "memory"])
            named = "names no known storage" if location.is_secret else f'"{location.scheme}" is no known storage'
            return Wrong(named, f"write a path, or {known}")
        case "gs":
            return _wrong_on_cloud_storage(location)
        case "file":
            return _wrong_on_disk(location, folder)
    is_nobodys = location.scheme == "connection" and not _CONNECTION.fullmatch(location.written)
    return Wrong("names no Airflow connection", "write connection://<its id>") if is_nobodys else None


def _wrong_as_written(written: str) -> Wrong | None:
    if not written.strip():
        return Wrong("is empty", "write a URL or a path")
    if not written.isprintable():
        return Wrong("has invisible characters", "type it anew")
    half = _HALF_A_URL.match(written)
    if half is None:
        return None
    return Wrong("is neither a URL nor a path", f"write {half[1].lower()}://…, or ./{half[1]}:… for a path")


def _wrong_on_cloud_storage(location: Location) -> Wrong | None:
    bucket, name = bucket_and_name(location.written.partition("://")[2])
    if not bucket or (location.is_input and not name):
        right = "write gs://<bucket>/<file>" if location.is_input else "write gs://<bucket>/<folder>"
        return Wrong("names no place on Cloud Storage", right)
    return wrong_with_bucket(bucket) or (_wrong_with_name(name) if name else None)


def _wrong_on_disk(location: Location, folder: Path) -> Wrong | None:
    parts = split_uri(location.written)
    rest = unquoted_path(parts[1]) if parts else location.written
    if parts and not rest.startswith("/"):
        return Wrong("does not start at the root of this machine", "write file:///… with three slashes")
    path = os.path.normpath(folder.absolute() / rest).lstrip("/")
    if location.is_input:
        return _wrong_with_name(path)
    if "\0" in path:
        return Wrong("has a null character, which no path can have", "write it without")
    return _TOO_LONG if is_too_long(path) else None


def _wrong_with_name(name: str) -> Wrong | None:
    return wrong_with_name(name) or (_TOO_LONG if is_too_long(name) else None)


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
        elif not _may_be_written(path):
            wrong = f'this user cannot write to "{location.written}" here: runs of theirs that do would fail'
            yield warning(location.place, wrong, "name a place that they can write to")
        return
    try:
        open_input(path).close()
    except FileNotFoundError:
        # The config can be right while its inputs are still to come, so that this is no error yet.
        would = "a run would fail" if location.is_vital else "runs do without"
        which = "such file" if location.is_secret else f'file "{location.written}"'
        right = location.remedy or (_NO_BACKSLASH if "\\" in location.written else "")
        yield warning(location.place, f"there is no {which} now: {would}", right)
    except PermissionError:
        would = "a run of theirs would fail" if location.is_vital else "runs of theirs do without"
        which = "its file" if location.is_secret else f'"{location.written}"'
        yield warning(location.place, f"this user cannot read {which}: {would}")
    except (OSError, ValueError) as problem:
        wrong, right = reason(problem)
        yield error(location.place, f"{location.quoted}{wrong}", right)


def _may_be_written(path: Path) -> bool:
    """Whether this user may write what is there, or make it; a run makes missing folders above it, too."""
    nearest = path if _is_there(path) else path.parent
    return not _is_there(nearest) or os.access(nearest, os.W_OK)


def _path(written: str, folder: Path) -> Path:
    parts = split_uri(written)
    return Path(unquoted_path(parts[1])) if parts else folder / written


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
