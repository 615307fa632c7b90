"""Consent by message, which only what is published already may need."""

from collections.abc import Iterator

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.model.coding_plan import ConsentScope


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """A warning of what consent by message means; an error where nothing has to be repeated."""
    if config.model is None or plans.model is None or plans.model.consent_scope is ConsentScope.PARTICIPANT:
        return
    place = plans.file.at("ConsentScope")
    wrong = "leaves readable what people who said STOP wrote before and after, in the messages and production CSVs"
    if config.model.keeps_predecessor_quirks:
        yield warning(place, wrong, "keep these files to yourself (Q34)")
    else:
        yield error(place, wrong, 'write "participant", or name the Compatibility whose results it repeats')
