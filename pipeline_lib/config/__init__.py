"""`pipeline.json` to frozen objects: read, validate, explain."""

from pipeline_lib.config.check import Findings, check, check_all, load_project, unsupported
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.project import CONFIG_FILENAME, Project, config_paths, configs_folder

__all__ = [
    "CONFIG_FILENAME",
    "Findings",
    "PipelineConfig",
    "Project",
    "check",
    "check_all",
    "config_paths",
    "configs_folder",
    "load_project",
    "unsupported",
]
