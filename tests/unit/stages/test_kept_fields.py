from pathlib import Path

from pipeline_lib.config import load_project
from pipeline_lib.sources.files.kept_fields import FieldKind
from pipeline_lib.stages.kept_fields import kept_fields
from pipeline_lib.stages.settings import processing_settings

DEMO = Path(__file__).parents[3] / "configs" / "demo" / "pipeline.json"


def test_mapped_fields_are_kept_for_what_they_are_mapped_to_with_what_a_fetch_writes_beside() -> None:
    kept = kept_fields(processing_settings(load_project(DEMO), None).translation)
    flow, result = "geedka_s01e01_activation", "S01E01_Water"
    texts = {key for key, kind in kept.items() if kind is FieldKind.TEXT}
    assert f"{result} (Text) - {flow}" in texts
    assert {key: str(kept[key]) for key in kept if key.endswith(flow) and key not in texts} == {
        f"{result} (Time) - {flow}": "time",
        f"{result} (Run ID) - {flow}": "identifier",
        f"{result} (Text Source) - {flow}": "other",
        f"run_id - {flow}": "identifier",
        f"run_created_on - {flow}": "time",
        f"run_modified_on - {flow}": "time",
        f"run_exited_on - {flow}": "time",
        f"run_exit_type - {flow}": "other",
    }
    assert {key: kept[key] for key in ("avf_phone_id", "test_run", "operator_raw", "urn_type")} == {
        "avf_phone_id": FieldKind.PARTICIPANT,
        "test_run": FieldKind.OTHER,
        "operator_raw": FieldKind.OTHER,
        "urn_type": FieldKind.OTHER,
    }
    assert not [key for key in kept if "(Category)" in key or "(Name)" in key]
