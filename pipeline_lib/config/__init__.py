"""`pipeline.json` to frozen objects: read, validate, explain."""

from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.project import CONFIG_FILENAME, Project, load_project

__all__ = ["CONFIG_FILENAME", "PipelineConfig", "Project", "load_project"]
