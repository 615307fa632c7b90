"""The run report, the board over all projects, and links to them: see docs/pages.md."""

from pipeline_lib.orchestration.plugin import PipelinePlugin

__all__ = ["PipelinePlugin"]
