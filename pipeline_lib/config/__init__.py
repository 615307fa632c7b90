"""`pipeline.json` to frozen objects: read, validate, explain."""

from pipeline_lib.config.check import Findings, check, check_all, load_project, name_clashes, unsupported
from pipeline_lib.config.config_discovery import CONFIG_FILENAME, configs_folder, find_configs, folder_problems
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.project import Project
from pipeline_lib.config.snapshot import KEPT_CONFIG, WholeConfig, project_again, whole_config, write_config_files

__all__ = [
    "CONFIG_FILENAME",
    "KEPT_CONFIG",
    "Findings",
    "PipelineConfig",
    "Project",
    "WholeConfig",
    "check",
    "check_all",
    "configs_folder",
    "find_configs",
    "folder_problems",
    "load_project",
    "name_clashes",
    "project_again",
    "unsupported",
    "whole_config",
    "write_config_files",
]
