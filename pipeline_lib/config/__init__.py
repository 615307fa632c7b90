"""`pipeline.json` to frozen objects: read, validate, explain."""

from pipeline_lib.config.check import Findings, check, check_all, foreign_names, load_project, unsupported
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.project import CONFIG_FILENAME, Project, config_paths, configs_folder
from pipeline_lib.config.snapshot import WholeConfig, project_again, whole_config, write_config_files

__all__ = [
    "CONFIG_FILENAME",
    "Findings",
    "PipelineConfig",
    "Project",
    "WholeConfig",
    "check",
    "check_all",
    "config_paths",
    "configs_folder",
    "foreign_names",
    "load_project",
    "project_again",
    "unsupported",
    "whole_config",
    "write_config_files",
]
