"""The JSON schema of `pipeline.json`, from the models: editors complete and check a config by it while it is typed."""

from typing import Any

from pipeline_lib.config.coding_plans import COMPUTED
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.spellings import OLDER_SPELLINGS


def json_schema() -> dict[str, Any]:
    """The schema, in draft 2020-12. It accepts older spellings of keys, and marks them as deprecated."""
    schema: dict[str, Any] = _tidied(PipelineConfig.model_json_schema(mode="validation"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "pipeline.json"} | schema


def _tidied(schema: Any) -> Any:
    """The schema without what only pydantic or OpenAPI reads, and with what only our models know."""
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    noise = {"discriminator", COMPUTED}
    if isinstance(schema.get("title"), str):
        noise.add("title")
    tidied = {key: _tidied(part) for key, part in schema.items() if key not in noise}
    return _with_older_spellings(tidied, schema) if isinstance(schema.get("properties"), dict) else tidied


def _with_older_spellings(tidied: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    alternatives: list[list[str]] = []
    required = [
        key
        for key in tidied.get("required", [])
        if key in OLDER_SPELLINGS or not schema["properties"][key].get(COMPUTED, False)
    ]
    for key, part in tidied["properties"].items():
        older = OLDER_SPELLINGS.get(key, ())
        properties[key] = part
        said = f"Older spelling of {key}."
        properties |= {spelling: {**part, "deprecated": True, "description": said} for spelling in older}
        if older and key in required:
            required.remove(key)
            alternatives.append([key, *older])
    all_of = [{"oneOf": [{"required": [spelling]} for spelling in spellings]} for spellings in alternatives]
    changed = {"properties": properties, "required": required} | ({"allOf": all_of} if all_of else {})
    return {key: part for key, part in (tidied | changed).items() if key != "required" or part}
