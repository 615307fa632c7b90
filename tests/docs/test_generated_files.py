import copy
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema.exceptions import best_match

from pipeline_lib.config.json_schema import code_scheme_schema, json_schema
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.reference import field_reference, generated_files
from pipeline_lib.storage.manifest import manifest_schema

CONFIGS = Path(__file__).parents[2] / "configs"


@cache
def schema_of_configs() -> dict[str, Any]:
    """Made once, which takes longer than most of what is asked of it."""
    return json_schema()


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema_of_configs())


@pytest.mark.parametrize("name", ["README.md", "pipeline.schema.json", "code_scheme.schema.json"])
def test_what_is_generated_is_current(name: str) -> None:
    assert (CONFIGS / name).read_text(encoding="utf-8") == generated_files()[name], "run python -m pipeline_lib docs"


def test_the_schema_of_manifests_is_current() -> None:
    written = json.loads((CONFIGS / "manifest.schema.json").read_text(encoding="utf-8"))
    assert written == manifest_schema(), "run python -m pipeline_lib docs"
    jsonschema.Draft202012Validator.check_schema(written)


def test_the_schemas_are_schemas() -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of_configs())
    jsonschema.Draft202012Validator.check_schema(code_scheme_schema())


def test_the_schema_accepts_the_demo_project() -> None:
    validator().validate(json.loads((CONFIGS / "demo" / "pipeline.json").read_text()))


def test_the_schema_refuses_what_the_models_refuse() -> None:
    config = json.loads((CONFIGS / "demo" / "pipeline.json").read_text())
    del config["SourceKeyRemappings"]
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(config)
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(config | {"SourceKeyRemappings": [], "RapidProKeyRemappings": []})
    validator().validate(config | {"RapidProKeyRemappings": []})
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(config | {"RapidProKeyRemappings": [], "PipelineNames": "x"})


def test_the_schema_does_not_ask_for_names_that_have_a_default() -> None:
    definitions = schema_of_configs()["$defs"]
    assert definitions["DatasetEntry"]["required"] == ["RawField", "Codings"]
    assert definitions["CodingEntry"]["required"] == ["CodeScheme"]


def test_older_spellings_are_marked_as_deprecated() -> None:
    properties = schema_of_configs()["properties"]
    assert properties["RapidProKeyRemappings"]["deprecated"]
    assert properties["RapidProKeyRemappings"]["description"] == "Older spelling of SourceKeyRemappings."


def test_every_key_has_a_meaning() -> None:
    rows = [line for line in field_reference().splitlines() if line.startswith("| `")]
    assert len(rows) > len(PipelineConfig.model_fields)
    assert [row for row in rows if row.rsplit("|", 2)[1].strip() == ""] == []


DEMO = json.loads((CONFIGS / "demo" / "pipeline.json").read_text(encoding="utf-8"))
FIRESTORE = {"StoreType": "Firestore", "PullCredentialsFileURL": "a", "PushCredentialsFileURL": "b"}
PAGE: dict[str, Any] = {
    "SourceType": "Facebook",
    "PageID": "1",
    "TokenFileURL": "t",
    "Datasets": [
        {"Name": "a", "Search": {"Match": "#a", "StartDate": "2025-09-01T00:00Z", "EndDate": "2025-09-02T00:00Z"}}
    ],
}


def changed(*path: str | int, value: Any) -> dict[str, Any]:
    config: dict[str, Any] = copy.deepcopy(DEMO)
    holder: Any = config
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return config


def told(config: dict[str, Any]) -> str:
    best = best_match(validator().iter_errors(config))
    return best.message if best is not None else ""


@pytest.mark.parametrize(
    ("path", "holder"),
    [
        ((), DEMO),
        (("RawDataSources", 0), DEMO["RawDataSources"][0]),
        (("RawDataSources", 1), DEMO["RawDataSources"][1]),
        (("RawDataSources", 2), DEMO["RawDataSources"][2]),
        (("RawDataSources", 0), PAGE),
        (("RawDataSources",), [PAGE | {"Datasets": [PAGE["Datasets"][0] | {"Serach": 1}]}]),
        (("UUIDTable",), DEMO["UUIDTable"]),
        (("UUIDTable",), {"FirebaseCredentialsFileURL": "a", "TableName": "b"}),
        (("LabelStore",), DEMO["LabelStore"]),
        (("LabelStore",), FIRESTORE),
        (("OperationsDashboard",), {"FirebaseCredentialsFileURL": "a"}),
        (("Schedule",), DEMO["Schedule"]),
        (("DriveUpload",), DEMO["DriveUpload"]),
        (("AutomatedAnalysis",), DEMO["AutomatedAnalysis"]),
        (("Interface",), {}),
        (("CodingPlans",), DEMO["CodingPlans"]),
        (("CodingPlans", "ResearchQuestions", 0), DEMO["CodingPlans"]["ResearchQuestions"][0]),
        (("CodingPlans", "Demographics", 0, "Codings", 0), DEMO["CodingPlans"]["Demographics"][0]["Codings"][0]),
    ],
)
def test_an_editor_names_a_misspelt_key(path: tuple[str | int, ...], holder: Any) -> None:
    misspelt = "Serach" if isinstance(holder, list) else "Tabelname"
    config = DEMO | holder | {misspelt: "x"} if not path else changed(*path, value=_with(holder, misspelt))
    assert told(config) == f"Additional properties are not allowed ('{misspelt}' was unexpected)"


def _with(holder: Any, misspelt: str) -> Any:
    return holder if isinstance(holder, list) else {**holder, misspelt: "x"}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("RawDataSources", 0, "SourceType"), "RapidProo", "'RapidProo' is not one of"),
        (("LabelStore", "StoreType"), "Folder", "'Folder' is not one of"),
        (("RawDataSources", 0, "Domain"), "https://textit.com/", "does not match"),
        (("RawDataSources", 1, "SourceType"), None, "None is not one of"),
        (("Schedule", "Cron"), "0 2 * *", "does not match"),
        (("Schedule", "Timezone"), "Nairobi", "does not match"),
        (("ProjectStartDate",), "2025-09-06", "does not match"),
        (("ProjectStartDate",), "2025-09-06T00:00", "does not match"),
        (("CodingPlans",), 5, "5 is not of type 'object', 'string'"),
    ],
)
def test_an_editor_names_a_value_of_another_form(path: tuple[str | int, ...], value: Any, says: str) -> None:
    assert says in told(changed(*path, value=value))


@pytest.mark.parametrize("key", ["UUIDTable", "LabelStore", "Schedule", "AutomatedAnalysis"])
def test_what_may_be_left_out_may_be_null(key: str) -> None:
    assert told(changed(key, value=None)) == ""


def test_nothing_is_one_of_several_without_a_word_on_which() -> None:
    def keys_in(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from (key for key in schema if key in {"oneOf", "anyOf"} and "required" not in str(schema[key]))
            yield from (key for part in schema.values() for key in keys_in(part))
        elif isinstance(schema, list):
            yield from (key for part in schema for key in keys_in(part))

    assert list(keys_in(schema_of_configs())) == []


def test_an_editor_takes_every_time_zone() -> None:
    schema = schema_of_configs()["$defs"]["Schedule"]["properties"]["Timezone"]
    validator = jsonschema.Draft202012Validator(schema)
    assert [zone for zone in available_timezones() if not validator.is_valid(zone)] == []


@pytest.mark.parametrize(
    "cron", ["0 2 * * *", "*/5 8-18 * jan,feb mon-fri", "@daily", "0 2 ? * 5#1", "0 0 L * *", "  0 2 * * 1 "]
)
def test_an_editor_takes_every_schedule(cron: str) -> None:
    assert told(changed("Schedule", "Cron", value=cron)) == ""


@cache
def start_date() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema_of_configs()["properties"]["ProjectStartDate"])


@given(
    instant=st.datetimes(timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))),
    timespec=st.sampled_from(["auto", "hours", "minutes", "milliseconds"]),
    is_basic=st.booleans(),
)
def test_an_editor_takes_every_time_with_an_offset(instant: datetime, timespec: str, *, is_basic: bool) -> None:
    text = instant.isoformat(timespec=timespec)
    if is_basic:
        text = f"{text[:10].replace('-', '')}{text[10:-6].replace(':', '')}{text[-6:].replace(':', '')}"
    for written in (text, text.replace("T", " "), text.replace(".", ",")):
        start_date().validate(written)


@pytest.mark.parametrize(
    "scheme", sorted((CONFIGS / "demo" / "code_schemes").glob("*.json")), ids=lambda path: path.stem
)
def test_the_schema_of_code_schemes_accepts_those_of_the_demo(scheme: Path) -> None:
    jsonschema.validate(json.loads(scheme.read_text(encoding="utf-8")), code_scheme_schema())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"CodeType": "Kontrol"}, "'Kontrol' is not one of ['Normal', 'Control', 'Meta']"),
        ({"CodeType": "Control"}, "'ControlCode' is a required property"),
        ({"CodeType": "Meta"}, "'MetaCode' is a required property"),
        ({"NumericValue": "1"}, "'1' is not of type 'integer'"),
        ({"MatchValues": "yes"}, "'yes' is not of type 'array'"),
        ({"StringValue": ""}, "'' should be non-empty"),
    ],
)
def test_an_editor_names_what_is_wrong_with_a_code(change: dict[str, Any], says: str) -> None:
    code = {"CodeID": "code-1", "CodeType": "Normal", "StringValue": "yes", "NumericValue": 1}
    scheme = {"SchemeID": "Scheme-1", "Name": "s", "Version": "0.0.0.1", "Codes": [code | change]}
    errors = [error.message for error in jsonschema.Draft202012Validator(code_scheme_schema()).iter_errors(scheme)]
    assert errors == [says]
