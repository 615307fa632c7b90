import json
from pathlib import Path

import jsonschema
import pytest

from pipeline_lib.config.json_schema import json_schema
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.reference import field_reference, generated_files

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("name", ["README.md", "pipeline.schema.json"])
def test_what_is_generated_is_current(name: str) -> None:
    assert (CONFIGS / name).read_text(encoding="utf-8") == generated_files()[name], "run python -m pipeline_lib docs"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_schema_accepts_the_demo_project() -> None:
    jsonschema.validate(json.loads((CONFIGS / "demo" / "pipeline.json").read_text()), json_schema())


def test_the_schema_refuses_what_the_models_refuse() -> None:
    config = json.loads((CONFIGS / "demo" / "pipeline.json").read_text())
    del config["SourceKeyRemappings"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config | {"SourceKeyRemappings": [], "RapidProKeyRemappings": []}, json_schema())
    jsonschema.validate(config | {"RapidProKeyRemappings": []}, json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config | {"RapidProKeyRemappings": [], "PipelineNames": "x"}, json_schema())


def test_the_schema_does_not_ask_for_names_that_have_a_default() -> None:
    definitions = json_schema()["$defs"]
    assert definitions["DatasetEntry"]["required"] == ["RawField", "Codings"]
    assert definitions["CodingEntry"]["required"] == ["CodeScheme"]


def test_older_spellings_are_marked_as_deprecated() -> None:
    properties = json_schema()["properties"]
    assert properties["RapidProKeyRemappings"]["deprecated"]
    assert properties["RapidProKeyRemappings"]["description"] == "Older spelling of SourceKeyRemappings."


def test_every_key_has_a_meaning() -> None:
    rows = [line for line in field_reference().splitlines() if line.startswith("| `")]
    assert len(rows) > len(PipelineConfig.model_fields)
    assert [row for row in rows if row.rsplit("|", 2)[1].strip() == ""] == []
