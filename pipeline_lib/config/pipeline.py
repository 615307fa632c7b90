"""`pipeline.json`: one project, from its sources to where its outputs go."""

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    Discriminator,
    Field,
    SecretStr,
    StrictBool,
    StrictFloat,
    StrictInt,
    Tag,
)

from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.config.channels import Channels
from pipeline_lib.config.coding_plans import COMPUTED, CodingPlansFile
from pipeline_lib.config.episodes import EpisodeTemplate
from pipeline_lib.config.exports import IcrSampling, Interface, OutputFilenames, SpreadsheetFile, WithdrawnRows
from pipeline_lib.config.field_types import (
    Cron,
    OperatorNames,
    ParticipantPrefix,
    ParticipantUUID,
    StopWord,
    TimezoneName,
)
from pipeline_lib.config.groups import GroupEntry
from pipeline_lib.config.key_aliases import spellings
from pipeline_lib.config.name_rules import BucketFolder, CodaFilename, Column, DrivePath, PipelineName, TableName
from pipeline_lib.config.noise_filter import NoiseFilterEntry
from pipeline_lib.config.notices import NoticeEntry
from pipeline_lib.config.sources import Source
from pipeline_lib.model.compatibility import QUIRKS, Predecessor, Quirk
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.groups import group_file_name
from pipeline_lib.model.shrink_limit import DEFAULT_SHARE
from pipeline_lib.model.times import EARLIEST, LATEST, Instant


class FirestoreUuidTable(Frozen):
    """A table of addresses and participant uuids on Firestore."""

    firebase_credentials_file_url: SecretStr
    """Service account key of the Firebase project."""
    table_name: TableName
    """Table, shared by the successive pipelines of a project."""
    uuid_prefix: ParticipantPrefix = Field(default="avf-phone-uuid-", alias="UuidPrefix")
    """What every new participant uuid begins with."""


class SQLiteUuidTable(Frozen):
    """A table of addresses and participant uuids in one SQLite file."""

    sqlite_file: str = Field(alias="SQLiteFile")
    """The file, made once by `python -m pipeline_lib create-uuid-table`. A path relative to the config, or absolute."""
    table_name: TableName
    """Table in the file."""
    uuid_prefix: ParticipantPrefix = Field(default="avf-phone-uuid-", alias="UuidPrefix")
    """What every new participant uuid begins with."""


class JSONUuidTable(Frozen):
    """A file of numbers and participant uuids, from which the mobile networks of people in existing raw data are known.

    Nobody can be added to it, so nothing can be fetched with it.
    """

    json_file: str = Field(alias="JSONFile")
    """The file: a JSON object from numbers to participant uuids. A path relative to the config, or absolute."""
    uuid_prefix: ParticipantPrefix = Field(default="avf-phone-uuid-", alias="UuidPrefix")
    """What every participant uuid begins with."""


def _uuid_table_meant(written: Any) -> str:
    match written:
        case SQLiteUuidTable():
            return "SQLite"
        case JSONUuidTable():
            return "JSON"
        case dict():
            keys = [str(key).casefold() for key in written]
            kinds = (kind for kind in ("SQLite", "JSON") if any(key.startswith(kind.casefold()) for key in keys))
            return next(kinds, "Firestore")
        case _:
            return "Firestore"


UuidTable = Annotated[
    Annotated[FirestoreUuidTable, Tag("Firestore")]
    | Annotated[SQLiteUuidTable, Tag("SQLite")]
    | Annotated[JSONUuidTable, Tag("JSON")],
    Discriminator(_uuid_table_meant),
]


class DirectoryLabelStore(Frozen):
    """Messages and labels as a folder of Coda V2's JSON files, one per dataset."""

    store_type: Literal["Directory"]
    """What the store is."""
    directory_url: str
    """The folder. A URL, or a path relative to the config."""


class FirestoreLabelStore(Frozen):
    """Messages and labels in Coda V2's own database."""

    store_type: Literal["Firestore"]
    """What the store is."""
    pull_credentials_file_url: SecretStr
    """Service account key that reads, with the role Cloud Datastore Viewer: a file, or `connection://<id>`, an Airflow
    connection's password or Keyfile JSON."""
    push_credentials_file_url: SecretStr
    """Service account key that adds messages, with the role Cloud Datastore User; of the same Firebase project."""
    users: tuple[str, ...] = ()
    """E-mail addresses of the coders who get to see new datasets; existing ones have their coders in Coda."""


LabelStore = Annotated[DirectoryLabelStore | FirestoreLabelStore, Field(discriminator="store_type")]


class OperationsDashboard(Frozen):
    """Where runs report their start, their stages and their end: on Firestore, in `metrics/pipelines/pipeline_logs`."""

    firebase_credentials_file_url: SecretStr
    """Service account key of the Firebase project, with the role Cloud Datastore User: a file, or `connection://<id>`."""


class TimestampRemapping(Frozen):
    """Messages of a time range that belong to a different show than their flow says."""

    time_key: str
    """Field of the time to look at."""
    show_pipeline_key_to_remap_to: Column
    """Raw field of the show that the messages belong to."""
    range_start_inclusive: Instant | None = None
    """From then on; without it, from the beginning."""
    range_end_exclusive: Instant | None = None
    """Before then; without it, without end."""
    time_to_adjust_to: Instant | None = None
    """Time to write instead of the message's own."""


class WSTextRemapping(Frozen):
    """Messages that belong to a different show than their flow says, because coders have labelled their text so.

    It applies before the time ranges, and whatever `MoveWSMessages` says.
    """

    coda_filename: CodaFilename
    """File of the dataset whose labels say so."""
    source_key: str
    """Raw field of the texts, such as `S01E03 (Text) - water_s01e03_activation`: messages in other fields stay."""
    ws_code_match_value: str
    """Match value of the wrong-scheme scheme's code that they are labelled with."""
    show_pipeline_key_to_remap_to: Column
    """Raw field of the show that the messages belong to."""
    time_to_adjust_to: Instant | None = None
    """Time to write instead of the message's own; a time range that also applies may move the message on, and keeps
    this time (Q30)."""


class SourceKeyRemapping(Frozen):
    """A field of the raw data and the pipeline's name for it."""

    source_key: str = Field(validation_alias=spellings("SourceKey"), alias="SourceKey")
    """The raw field, such as `Gender (Value) - demo_demographics`."""
    pipeline_key: Column
    """The pipeline's field. If several sources fill one field, the last one that has a value wins."""
    is_activation_message: StrictBool = False
    """Whether the field is the text of a message to a show."""


class UploadTarget(NamedTuple):
    """An artifact to upload, and where to."""

    artifact: str
    """`production`, `messages`, `individuals` or `analysis`."""
    key: str
    """The config's key for the path."""
    path: str
    """Names of folders, and for a CSV its own name, joined by slashes; empty for the folder of the id itself."""
    folder_id: str | None
    """Id of the folder in which the path begins; without one, the path begins with a shared folder's name."""


class DriveUpload(Frozen):
    """Where the outputs go on Google Drive; [docs/drive.md](../docs/drive.md) says how to set it up."""

    drive_credentials_file_url: SecretStr
    """Service account key, or credentials of a person (`authorized_user`); or `connection://<id>`, an Airflow
    connection's password or Keyfile JSON."""
    subject: str | None = None
    """E-mail address of the account that the service account acts for, where an administrator allows that."""
    production_upload_path: DrivePath | None = None
    """Path of the production CSV, such as `water_outputs/production.csv`: a folder or a shared drive that was shared
    with the account, folders in it, and the file's name. Folders that are not there are made. Without a path the file
    is not uploaded."""
    production_upload_folder_id: str | None = None
    """Id of the folder in which that path begins, instead of a shared folder's name."""
    messages_upload_path: DrivePath | None = None
    """Path of the messages CSV."""
    messages_upload_folder_id: str | None = None
    """Id of the folder in which that path begins."""
    individuals_upload_path: DrivePath | None = None
    """Path of the individuals CSV."""
    individuals_upload_folder_id: str | None = None
    """Id of the folder in which that path begins."""
    automated_analysis_dir: DrivePath | None = Field(
        default=None, validation_alias=spellings("AutomatedAnalysisDir"), alias="AutomatedAnalysisDir"
    )
    """Path of the folder of the analysis: tables, graphs, maps and the report."""
    automated_analysis_folder_id: str | None = None
    """Id of the folder in which that path begins; without a path, of the folder of the analysis itself."""
    traced_data_upload_path: str | None = None
    """Accepted and ignored: traced data is not uploaded."""
    messages_traced_data_upload_path: str | None = None
    """Accepted and ignored: traced data is not uploaded."""
    individuals_traced_data_upload_path: str | None = None
    """Accepted and ignored: traced data is not uploaded."""

    def targets(self) -> list[UploadTarget]:
        """What is uploaded, in the order of the upload."""
        artifacts = ("production", "messages", "individuals", "analysis")
        return [
            UploadTarget(artifact, path_key, path or "", folder_id)
            for artifact, (_, path_key, path, folder_id) in zip(artifacts, self.folder_ids(), strict=True)
            if path is not None or (artifact == "analysis" and folder_id is not None)
        ]

    def folder_ids(self) -> list[tuple[str, str, str | None, str | None]]:
        """For each folder id: its key, the key of the path beside it, the path and the id."""
        return [
            (
                "ProductionUploadFolderID",
                "ProductionUploadPath",
                self.production_upload_path,
                self.production_upload_folder_id,
            ),
            ("MessagesUploadFolderID", "MessagesUploadPath", self.messages_upload_path, self.messages_upload_folder_id),
            (
                "IndividualsUploadFolderID",
                "IndividualsUploadPath",
                self.individuals_upload_path,
                self.individuals_upload_folder_id,
            ),
            (
                "AutomatedAnalysisFolderID",
                "AutomatedAnalysisDir",
                self.automated_analysis_dir,
                self.automated_analysis_folder_id,
            ),
        ]

    def traced_data_paths(self) -> dict[str, str | None]:
        """What older configs say of traced data, by key."""
        return {
            "TracedDataUploadPath": self.traced_data_upload_path,
            "MessagesTracedDataUploadPath": self.messages_traced_data_upload_path,
            "IndividualsTracedDataUploadPath": self.individuals_traced_data_upload_path,
        }


class Schedule(Frozen):
    """When runs start by themselves."""

    cron: Cron
    """Cron expression, such as `0 2 * * *`: every night at two."""
    timezone: TimezoneName = "UTC"
    """Zone of the expression, such as `Africa/Nairobi`."""
    start_date: Instant
    """The first data interval begins no earlier."""


_USUALLY_SPREADSHEET_SAFE = frozenset(
    {SpreadsheetFile.PRODUCTION, SpreadsheetFile.ICR, SpreadsheetFile.SAMPLE_MESSAGES}
)
"""Files for people. The messages and individuals CSVs are for programs, which need texts as they were sent."""


def _coding_plans_meant(written: Any) -> str:
    return "inline" if isinstance(written, dict | CodingPlansFile) else "file"


class PipelineConfig(Frozen):
    """One project."""

    schema_reference: str | None = Field(default=None, alias="$schema", exclude=True)
    """Where an editor finds the schema: `../pipeline.schema.json`."""
    pipeline_name: PipelineName = Field(min_length=1, json_schema_extra={COMPUTED: True})
    """Name of the pipeline, unique among the projects. Default: the folder's name."""
    description: str = ""
    """A sentence or two for the people who see the project in Airflow's UI."""
    raw_data_sources: tuple[Source, ...] = Field(min_length=1)
    """Where messages come from."""
    uuid_table: UuidTable | None = Field(default=None, validation_alias=spellings("UUIDTable"), alias="UUIDTable")
    """Which table turns addresses into participant uuids. Not needed where every source is already de-identified."""
    label_store: LabelStore | None = None
    """Where researchers label messages. Not needed to process files that are already there."""
    operations_dashboard: OperationsDashboard | None = None
    """Where runs report their start, their stages and their end. Without it, these are only in the logs."""
    groups: tuple[GroupEntry, ...] = ()
    """Groups of people, such as listening groups, members or beneficiaries, from files of participant uuids
    ([docs/groups.md](../docs/groups.md))."""
    listening_group_csv_urls: tuple[str, ...] = Field(default=(), alias="ListeningGroupCSVURLs")
    """Older: files of listening groups. Each is a group of its name, unless `Groups` of the coding plans says which
    column it becomes."""
    beneficiary_file_urls: tuple[str, ...] = ()
    """Older: files of beneficiaries, who are the group `beneficiary`, unless `Groups` of the coding plans says other
    columns."""
    timestamp_remappings: tuple[TimestampRemapping, ...] = ()
    """Messages of a time range that belong to another show; later entries win."""
    ws_text_remappings: tuple[WSTextRemapping, ...] = ()
    """Messages that belong to another show because a coder has labelled their text so; later entries win."""
    source_key_remappings: tuple[SourceKeyRemapping, ...] = Field(
        validation_alias=spellings("SourceKeyRemappings"), alias="SourceKeyRemappings"
    )
    """Fields of the raw data and the pipeline's names for them."""
    episodes: tuple[EpisodeTemplate, ...] = ()
    """Episodes that are alike: each number gives a flow, the remappings of its fields and a research question, before
    those that are written out."""
    project_start_date: Instant | None = None
    """Messages sent from then on; without it, from the first."""
    project_end_date: Instant | None = None
    """Messages sent before then; without it, to the last."""
    project_end_date_inclusive: StrictBool = False
    """Whether a message sent exactly at ProjectEndDate counts too."""
    filter_test_messages: StrictBool = True
    """Whether messages of test contacts are left out."""
    hold_back_unreviewed_stops: StrictBool = True
    """Whether somebody who sent a stop word, and nothing else, is left out of all but the Coda files until a coder has
    labelled it."""
    stop_words: tuple[StopWord, ...] = ()
    """Words or phrases that count as stop words, beside those of every project: `STOP`, `jooji`, `acha`, …"""
    move_ws_messages: StrictBool = Field(alias="MoveWSMessages", json_schema_extra={COMPUTED: True})
    """Whether messages labelled as wrong scheme move to the dataset that they belong to.

    Default: whether the coding plans have a WSCorrectDatasetScheme."""
    test_participant_uuids: tuple[ParticipantUUID, ...] = ()
    """Participant uuids of the team's own phones, whose messages count as tests in whichever source they are."""
    filter_operator: OperatorNames | None = None
    """Mobile networks, such as `"hormud"` or `["hormud", "telesom"]`: people on another network, or on an unknown one,
    are left out and counted. Without it, nobody is."""
    noise_filter: NoiseFilterEntry | None = None
    """Which messages are noise; it may be in the coding plans instead. Without it, none is."""
    coding_plans: Annotated[
        Annotated[CodingPlansFile, Tag("inline")] | Annotated[str, Tag("file")], Discriminator(_coding_plans_meant)
    ]
    """The datasets, here or in a file beside this one."""
    channels: Channels | None = None
    """Columns that say what had just been on air, or out by SMS, when a message was sent."""
    output_filenames: OutputFilenames = OutputFilenames()
    """What the CSVs are called."""
    withdrawn_rows: WithdrawnRows | None = None
    """What the messages and individuals CSVs, and the traced data, have of people who withdrew: `leave_out` for
    nothing, `stop` for a row that says STOP in every cell, which turns every column of numbers into one of texts.

    Default: `leave_out`; with Compatibility `stop`."""
    spreadsheet_safe: tuple[SpreadsheetFile, ...] | None = None
    """Files for spreadsheets: they begin with a byte-order mark, and every cell that a spreadsheet would take for a
    formula begins with an apostrophe ([docs/reports.md](../docs/reports.md)). `production`, `icr`, `sample_messages`
    (and the impact messages), `messages`, `individuals`.

    Default: the first three; with Compatibility none."""
    traced_data: StrictBool = True
    """Whether the history of every value is written too, which takes several kilobytes a message."""
    icr: IcrSampling = IcrSampling()
    """How the messages for measuring inter-coder reliability are chosen."""
    interface: Interface | None = None
    """Files for The Interface; without it there are none."""
    automated_analysis: AutomatedAnalysis | None = None
    """What the analysis counts and draws."""
    drive_upload: DriveUpload | None = None
    """Where the outputs go on Google Drive."""
    approve_first_publication: StrictBool = False
    """Whether a person is asked, in Airflow, before anything of the project is uploaded for the first time."""
    memory_profile_upload_bucket: str | None = Field(
        default=None, validation_alias=spellings("MemoryProfileUploadBucket"), alias="MemoryProfileUploadBucket"
    )
    """Bucket for the profiles and manifests of runs: `gs://bucket`, or a folder in one; or a folder on this machine."""
    data_archive_upload_bucket: str | None = Field(
        default=None, validation_alias=spellings("DataArchiveUploadBucket"), alias="DataArchiveUploadBucket"
    )
    """Bucket for the archives, likewise; without it no run is archived. [docs/archive.md](../docs/archive.md)"""
    archive_compression: Literal["gzip", "zstd"] = "gzip"
    """How archives are compressed: `gzip`, which everything unpacks, or `zstd`, which takes less time and space."""
    bucket_dir_path: BucketFolder | None = None
    """Folder in both buckets, for this project alone: `2026/WATER`."""
    schedule: Schedule | None = None
    """When runs start by themselves; without it, only by hand."""
    task_timeout_hours: StrictFloat | None = Field(default=None, gt=0, le=168)
    """Time limit, in hours, of one try of any task, so that one that hangs does not hold up the next nights.

    Default: `fetch` 12 hours, `process` and `archive` 6, all others 3 ([docs/runs.md](../docs/runs.md))."""
    notices: tuple[NoticeEntry, ...] | None = None
    """Who is told, and how, when a run fails, does not happen at all, or needs attention otherwise.

    Default: the setting `PIPELINE_NOTICES`, a list like this one; without both, only the log says so."""
    deadline_hours: StrictFloat = Field(default=6, gt=0, le=168)
    """So many hours after a scheduled run was due, people are told if it is not finished, or has not even begun."""
    stale_after_days: StrictInt | None = Field(default=7, ge=1)
    """After how many days without a message people are told, and again after as many more, until ProjectEndDate; null
    for never."""
    data_root: str | None = None
    """Where runs and state are kept: a URL, or a path relative to the config.

    Default: the setting `PIPELINE_DATA_ROOT`, or `data` in the current folder."""
    keep_runs: StrictInt | None = Field(default=None, ge=1)
    """How many runs to keep: those that were worked on last. Without this and `KeepRunsDays`, all are kept. The state
    stays, and so does every run that a newer one or an upload still needs ([docs/runs.md](../docs/runs.md))."""
    keep_runs_days: StrictInt | None = Field(default=None, ge=1)
    """For how many days to keep runs since they were last worked on. A run that either setting keeps stays."""
    text_limit_bytes: StrictInt = Field(default=65_536, ge=1_000)
    """Length limit of a text, in bytes of UTF-8; what goes beyond is cut off, and that is counted and traced."""
    processing_shards: StrictInt = Field(default=1, ge=1, le=64)
    """Into how many shards of participants processing is divided, each a task of its own for any worker, if the project
    is too large for one worker ([docs/workers.md](../docs/workers.md)). The outputs are the same."""
    quarantine_share_limit: StrictFloat = Field(default=0.01, ge=0, le=1)
    """Share of records (0 to 1) that may be set aside as unusable before a task fails."""
    source_shrink_limit: StrictFloat = Field(default=DEFAULT_SHARE, ge=0, le=1)
    """Smallest share (0 to 1) that a file, flow or dataset must still have of what it had last time; with less, a task
    fails until somebody accepts the loss ([docs/runs.md](../docs/runs.md)). With 0, only an empty one is refused."""
    compatibility: Predecessor | None = None
    """Whose quirks are kept: `predecessor` for those that nearly all pipelines that came before shared, or the name of
    one that had more: `ahadi`, `redss-csap`, `wusc-keep-ii`. Without it they are corrected."""

    def remapped_shows(self) -> dict[str, None]:
        """The raw fields of shows that messages may be remapped to, by time or by text, in the order of the rules."""
        by_time = (rule.show_pipeline_key_to_remap_to for rule in self.timestamp_remappings)
        by_text = (rule.show_pipeline_key_to_remap_to for rule in self.ws_text_remappings)
        return dict.fromkeys((*by_time, *by_text))

    @property
    def starts_at(self) -> datetime:
        """`ProjectStartDate`, or the beginning of time."""
        return self.project_start_date or EARLIEST

    @property
    def ends_at(self) -> datetime:
        """`ProjectEndDate`, or the end of time."""
        return self.project_end_date or LATEST

    def buckets(self) -> dict[str, str]:
        """The buckets that the config names, by their keys."""
        written = {
            "DataArchiveUploadBucket": self.data_archive_upload_bucket,
            "MemoryProfileUploadBucket": self.memory_profile_upload_bucket,
        }
        return {key: bucket for key, bucket in written.items() if bucket is not None}

    def urls_of_older_groups(self) -> dict[str, tuple[str, ...]]:
        """The groups' files that older configs list, by the config's key."""
        return {
            "ListeningGroupCSVURLs": self.listening_group_csv_urls,
            "BeneficiaryFileURLs": self.beneficiary_file_urls,
        }

    def group_urls(self) -> dict[str, str]:
        """The files of all groups: each one's URL, by its name in the raw data."""
        urls = [url for older in self.urls_of_older_groups().values() for url in older]
        return {group_file_name(url): url for url in [*urls, *(url for each in self.groups for url in each.file_urls)]}

    @property
    def prunes(self) -> bool:
        """Whether old runs are deleted."""
        return self.keep_runs is not None or self.keep_runs_days is not None

    @property
    def shows_withdrawn(self) -> bool:
        """Whether those who withdrew have rows in the CSVs, which say STOP."""
        usual = WithdrawnRows.STOP if self.keeps_predecessor_quirks else WithdrawnRows.LEAVE_OUT
        return (self.withdrawn_rows or usual) is WithdrawnRows.STOP

    @property
    def spreadsheet_files(self) -> frozenset[SpreadsheetFile]:
        """The files in which no spreadsheet takes a cell for a formula."""
        if self.spreadsheet_safe is not None:
            return frozenset(self.spreadsheet_safe)
        return frozenset() if self.keeps_predecessor_quirks else _USUALLY_SPREADSHEET_SAFE

    @property
    def keeps_predecessor_quirks(self) -> bool:
        """Whether outputs must equal the predecessors', mistakes included."""
        return self.compatibility is not None

    @property
    def quirks(self) -> frozenset[Quirk]:
        """The quirks that are kept in addition to those that all predecessors share."""
        return QUIRKS[self.compatibility] if self.compatibility is not None else frozenset()
