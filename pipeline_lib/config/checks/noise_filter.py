"""What is wrong with a noise filter beyond its structure."""

from collections.abc import Iterator

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.pipeline import PipelineConfig

_KEY = "NoiseFilter"


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """A filter that nothing is noise by, and one in both files."""
    in_config = config.model.noise_filter if config.model is not None else None
    in_plans = plans.model.noise_filter if plans.model is not None else None
    if in_config is not None and in_plans is not None:
        yield error(config.file.at(_KEY), f"is in {plans.file.at(_KEY)} too", "keep one")
    for read, entry in ((config.file, in_config), (plans.file, in_plans)):
        if entry is not None and not entry.min_length and not entry.patterns:
            yield error(read.at(_KEY), "takes nothing for noise", "add MinLength or Patterns, or leave it out")
