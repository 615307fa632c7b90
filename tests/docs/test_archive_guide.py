"""What docs/archive.md shows is what there is: its settings, its lifecycles and its commands."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.stages.archive import DATA
from pipeline_lib.stages.upload_logs import LOGS, place_of

CHECKOUT = Path(__file__).parents[2]
GUIDE = (CHECKOUT / "docs/archive.md").read_text(encoding="utf-8")
(SETTINGS,) = [json.loads(f"{{{block}}}") for block in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)]
LIFECYCLES = {
    bucket: json.loads(text)
    for text, bucket in re.findall(
        r"<<'END'\n(.*?)END\ngcloud \S+ \S+ update (gs://\S+) --lifecycle-file", GUIDE, re.DOTALL
    )
}


def test_the_settings_that_are_shown_are_those_of_a_config() -> None:
    known = {field.alias for field in PipelineConfig.model_fields.values()}
    assert set(SETTINGS) <= known


@pytest.mark.parametrize(("key", "kind"), [("DataArchiveUploadBucket", DATA), ("MemoryProfileUploadBucket", LOGS)])
def test_a_bucket_has_a_lifecycle_as_cloud_storage_takes_it_for_what_is_uploaded_there(
    key: str, kind: str, gcs_bucket: str
) -> None:
    """https://docs.cloud.google.com/storage/docs/json_api/v1/buckets#lifecycle"""
    lifecycle: dict[str, Any] = LIFECYCLES[SETTINGS[key]]
    assert set(lifecycle) == {"rule"}
    project = load_project(CHECKOUT / "configs/demo/pipeline.json")
    name = place_of(gcs_bucket, SETTINGS["BucketDirPath"], project).name_of(f"{kind}-2026-11-20T000000Z.tar.gz")
    for rule in lifecycle["rule"]:
        assert set(rule) == {"action", "condition"}
        assert rule["action"] in ({"type": "Delete"}, {"type": "SetStorageClass", "storageClass": "ARCHIVE"})
        assert set(rule["condition"]) == {"age", "matchesPrefix"}
        assert isinstance(rule["condition"]["age"], int)
        assert any(name.startswith(prefix) for prefix in rule["condition"]["matchesPrefix"])
