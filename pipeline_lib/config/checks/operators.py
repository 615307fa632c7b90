"""Where the mobile networks of participants are known from."""

from collections.abc import Iterator

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.pipeline import JSONUuidTable, PipelineConfig


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """An operator that a table of numbers should tell, where the config has none."""
    operator = plans.model.operator if plans.model is not None else None
    if config.model is None or operator is None or "UUIDTable" in config.damaged:
        return
    if operator.known_from == "uuid_table" and not isinstance(config.model.uuid_table, JSONUuidTable):
        wrong, right = "needs a UUIDTable with a JSONFile", 'write "raw_data", or name the file'
        yield error(plans.file.at("Operator", "From"), wrong, right)
