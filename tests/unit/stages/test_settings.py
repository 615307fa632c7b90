from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.stages.settings import processing_settings

DEMO = Path(__file__).parents[3] / "configs" / "demo" / "pipeline.json"


@pytest.mark.parametrize("is_inclusive", [False, True])
def test_a_message_sent_at_the_end_counts_only_where_the_config_says_so(is_inclusive: bool) -> None:
    project = load_project(DEMO)
    config = project.config.model_copy(update={"project_end_date_inclusive": is_inclusive})
    settings = processing_settings(replace(project, config=config), None)
    end = project.config.ends_at
    assert (end < settings.end) is is_inclusive
    assert settings.end <= end + timedelta(microseconds=1)
