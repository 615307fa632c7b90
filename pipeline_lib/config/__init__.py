"""`pipeline.json` to frozen objects: read, validate, explain."""

from pipeline_lib.config.check import Findings, check, check_all, load_project, unsupported
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.project import CONFIG_FILENAME, Project

__all__ = [
    "CONFIG_FILENAME",
    "Findings",
    "PipelineConfig",
    "Project",
    "check",
    "check_all",
    "load_project",
    "unsupported",
]
