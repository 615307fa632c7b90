"""What a config may say and this version does not do yet."""

from collections.abc import Iterator

from pipeline_lib.config.checks.file_locations import needs_uuid_table
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.pipeline import JSONUuidTable, PipelineConfig
from pipeline_lib.model.coding_plan import DatasetKind, RawFieldFold

NOT_YET = "is not in this version yet"


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Errors for what a run could not do without."""
    if config.model is not None:
        yield from _of_stores(config, config.model)
    if plans.model is not None:
        yield from _of_folds(plans, plans.model)


def _of_stores(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    if config.label_store is None and "LabelStore" not in read.damaged:
        right = 'add one, such as {"StoreType": "Directory", "DirectoryURL": "labels"}'
        yield error(read.file.at("LabelStore"), "is missing: a DAG pulls labels from it and adds messages to it", right)
    if needs_uuid_table(config) and isinstance(config.uuid_table, JSONUuidTable):
        wrong = "only tells mobile networks: nobody can be added to it, so that nothing can be fetched"
        right = 'name a table such as {"SQLiteFile": "uuids.sqlite", "TableName": "…"}'
        yield error(read.file.at("UUIDTable"), wrong, right)
    if needs_uuid_table(config) and config.uuid_table is None and not {"UUIDTable", "RawDataSources"} & read.damaged:
        right = 'add one, such as {"SQLiteFile": "uuids.sqlite", "TableName": "…"}'
        yield error(read.file.at("UUIDTable"), "is missing: it holds which participant has which address", right)


def _of_folds(read: ReadModel[CodingPlansFile], plans: CodingPlansFile) -> Iterator[Finding]:
    for kind, index, entry in plans.datasets():
        if kind is DatasetKind.RESEARCH_QUESTION and entry.raw_field_fold is RawFieldFold.ASSERT_EQUAL:
            place, wrong = read.file.at(kind, index, "RawFieldFold"), f'"{entry.raw_field_fold}" {NOT_YET}'
            yield error(place, f"{wrong}: people send several messages to a show", 'write "concatenate"')
