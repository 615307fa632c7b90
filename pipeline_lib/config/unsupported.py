"""What a config may say and this version does not do yet."""

from collections.abc import Iterator

from pipeline_lib.config.checks.locations import SCHEMES_TO_COME, locations, needs_uuid_table
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import FirestoreLabelStore, FirestoreUuidTable, PipelineConfig
from pipeline_lib.config.sources import FacebookSource, RapidProSource
from pipeline_lib.model.coding_plan import DatasetKind, RawFieldFold

_OF_SERVICES = (".FirebaseCredentialsFileURL", ".TokenFileURL")
"""Keys of files that only services use which are not there yet either: one finding is enough."""

NOT_YET = "is not in this version yet"


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Errors for what a run could not do without, warnings for what a run leaves out."""
    if config.model is not None:
        yield from _of_sources(config, config.model)
        yield from _of_stores(config, config.model)
        yield from _left_out(config, config.model)
    if plans.model is not None:
        yield from _of_folds(plans, plans.model)


def _of_sources(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    for index, source in enumerate(config.raw_data_sources):
        if isinstance(source, RapidProSource | FacebookSource):
            place = read.file.at("RawDataSources", index, "SourceType")
            yield error(place, f"{source.source_type} {NOT_YET}", "there are RecoveryCSV and GCloudBucket")
    for location in locations(read):
        if location.scheme in SCHEMES_TO_COME and not location.place.endswith(_OF_SERVICES):
            yield error(location.place, f"{location.scheme}:// {NOT_YET}", "write a path or file://")


def _of_stores(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    if isinstance(config.uuid_table, FirestoreUuidTable) and needs_uuid_table(config):
        yield error(read.file.at("UUIDTable"), f"Firestore {NOT_YET}", "there is SQLiteFile")
    if isinstance(config.label_store, FirestoreLabelStore):
        yield error(read.file.at("LabelStore", "StoreType"), f"Firestore {NOT_YET}", "there is Directory")
    elif config.label_store is None and "LabelStore" not in read.damaged:
        right = 'add one, such as {"StoreType": "Directory", "DirectoryURL": "labels"}'
        yield error(read.file.at("LabelStore"), "is missing: a DAG pulls labels from it and adds messages to it", right)


def _left_out(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    for key, value, what in (
        ("AutomatedAnalysis", config.automated_analysis, "the analysis"),
        ("DriveUpload", config.drive_upload, "the upload to Google Drive"),
        ("OperationsDashboard", config.operations_dashboard, "the operations dashboard"),
        ("MemoryProfileUploadBucket", config.memory_profile_upload_bucket, "the upload of profiles and logs"),
        ("DataArchiveUploadBucket", config.data_archive_upload_bucket, "the archive"),
    ):
        if value is not None:
            yield warning(read.file.at(key), f"{what} {NOT_YET}: runs do without")


def _of_folds(read: ReadModel[CodingPlansFile], plans: CodingPlansFile) -> Iterator[Finding]:
    for kind, index, entry in plans.datasets():
        is_question = kind is DatasetKind.RESEARCH_QUESTION
        only = RawFieldFold.CONCATENATE if is_question else RawFieldFold.ASSERT_EQUAL
        if entry.raw_field_fold not in {None, only}:
            yield error(
                read.file.at(kind, index, "RawFieldFold"), f'"{entry.raw_field_fold}" {NOT_YET}', f'write "{only}"'
            )
