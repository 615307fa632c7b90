"""The JSON schemas of a project's files, from the models: editors complete and check a file by them while it is typed.

Where a value may be one of several objects, the schema says by `if` which one is meant. An editor can then name a
misspelt key; with an `anyOf` it could only say that none of the objects fits.
"""

from collections.abc import Mapping
from typing import Any

from pipeline_lib.config.coding_plans import COMPUTED
from pipeline_lib.config.key_aliases import OLDER_SPELLINGS
from pipeline_lib.config.older_layouts import (
    BASE_URL_KEY,
    IGNORED,
    NAMES_A_WORKSPACE,
    RECOVERY_KEY,
    SOURCES,
    older_keys,
)
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.model.code_scheme import CodeScheme, CodeType

Schema = dict[str, Any]

_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
_NULL = {"type": "null"}

_NOISE = {"discriminator", "writeOnly", COMPUTED}
"""What only pydantic or OpenAPI reads."""


def json_schema() -> Schema:
    """The schema of `pipeline.json`, in draft 2020-12, which accepts older spellings of keys as deprecated."""
    schema: Schema = _with_older_layouts(_tidied(PipelineConfig.model_json_schema(mode="validation")))
    return _DIALECT | {"title": "pipeline.json"} | schema


def _with_older_layouts(schema: Schema) -> Schema:
    """The schema with the keys that `older_layouts` makes sources of, or ignores."""
    older: Schema = {}
    for key, kind, now in older_keys():
        said = f"Of an older layout: {now} of a {kind.removesuffix('Source')} source."
        form = {"type": "string"} if key == BASE_URL_KEY else schema["$defs"][kind]["properties"][now]
        older[key] = {**form, "deprecated": True, "description": said}
    ignored = {key: {"deprecated": True, "description": f"Ignored: {why}."} for key, why in IGNORED.items()}
    of_workspace = [key for key in older if key not in {RECOVERY_KEY, *NAMES_A_WORKSPACE}]
    layout = _if(
        {"anyOf": [{"required": [key]} for key in sorted(NAMES_A_WORKSPACE)]},
        then={"properties": {SOURCES: False}},
        otherwise={"properties": dict.fromkeys(of_workspace, False)}
        | _if({"not": {"required": [RECOVERY_KEY]}}, then={"required": [SOURCES]}),
    )
    required = [key for key in schema["required"] if key != SOURCES]
    properties = {**schema["properties"], **older, **ignored}
    return {**schema, "properties": properties, "required": required, "allOf": [*schema["allOf"], layout]}


def code_scheme_schema() -> Schema:
    """The schema of a code scheme's file, in draft 2020-12."""
    schema: Schema = _tidied(CodeScheme.model_json_schema(mode="validation"))
    code = schema["$defs"]["Code"]
    code["allOf"] = [
        _if({"properties": {"CodeType": {"const": kind}}}, then={"required": [key]})
        for kind, key in ((CodeType.CONTROL, "ControlCode"), (CodeType.META, "MetaCode"))
    ]
    return _DIALECT | {"title": "A code scheme, in Coda V2's format"} | schema


def _tidied(schema: Any) -> Any:
    """The schema without what only pydantic or OpenAPI reads, and with what only our models know."""
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    noise = _NOISE | ({"title"} if isinstance(schema.get("title"), str) else set())
    tidied: Schema = {key: _tidied(part) for key, part in schema.items() if key not in noise}
    if tidied.get("format") == "password":
        del tidied["format"]
    if isinstance(schema.get("properties"), dict):
        tidied = _with_older_spellings(tidied, schema)
    elif "oneOf" in tidied:
        tidied = _one_of(tidied, schema.get("discriminator"))
    elif _NULL in tidied.get("anyOf", ()):
        tidied = _or_null(tidied)
    return tidied


def _if(condition: Schema, then: Schema, otherwise: Schema | None = None) -> Schema:
    return {"if": condition, "then": then} | ({"else": otherwise} if otherwise is not None else {})


def _or_null(schema: Schema) -> Schema:
    """The schema of a value that may also be null."""
    rest = {key: part for key, part in schema.items() if key != "anyOf"}
    others: list[Schema] = [part for part in schema["anyOf"] if part != _NULL]
    only = others[0]
    if len(others) > 1:
        return schema
    if isinstance(only.get("type"), str) and not {"allOf", "const", "enum", "if"} & only.keys():
        return rest | only | {"type": [only["type"], "null"]}
    return rest | _if({"not": _NULL}, then=only)


def _one_of(schema: Schema, discriminator: Mapping[str, Any] | None) -> Schema:
    """One of several objects, told apart as the models do it."""
    rest, variants = {key: part for key, part in schema.items() if key != "oneOf"}, schema["oneOf"]
    if discriminator is not None:
        key, targets = discriminator["propertyName"], discriminator["mapping"]
        cases = [
            _if({"properties": {key: {"const": tag}}, "required": [key]}, then={"$ref": target})
            for tag, target in targets.items()
        ]
        told = {"type": "object", "required": [key], "properties": {key: {"enum": list(targets)}}}
        return rest | told | {"allOf": cases}
    first, second, *others = variants
    if second == {"type": "string"}:  # coding plans, here or in a file
        return rest | {"type": ["object", "string"]} | _if({"type": "object"}, then=first)
    # The uuid table: each kind but the first is told by the beginning of a key.
    told_by = ("[Ss][Qq][Ll][Ii][Tt][Ee]", "[Jj][Ss][Oo][Nn]")
    schema = first
    for variant, beginning in zip((second, *others), told_by, strict=True):
        schema = _if({"propertyNames": {"not": {"pattern": f"^{beginning}"}}}, then=schema, otherwise=variant)
    return rest | {"type": "object"} | schema


def _with_older_spellings(tidied: Schema, schema: Schema) -> Schema:
    properties: Schema = {}
    alternatives: list[Schema] = []
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
            is_older = {"anyOf": [{"required": [spelling]} for spelling in older]}
            alternatives.append(_if(is_older, then={"properties": {key: False}}, otherwise={"required": [key]}))
    changed = {"properties": properties, "required": required} | ({"allOf": alternatives} if alternatives else {})
    return {key: part for key, part in (tidied | changed).items() if key != "required" or part}
