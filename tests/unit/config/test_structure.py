"""What pydantic refuses, said to the person who wrote it."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.errors import ConfigError

Files = dict[str, Any]
Write = Callable[..., Path]
Change = Callable[[Files], object]


def set_in(path: tuple[str | int, ...], value: Any) -> Change:
    """The value at the path; REMOVED takes away what stands there."""

    def change(files: Files) -> None:
        *parents, last = path
        holder: Any = files
        for step in parents:
            holder = holder[step]
        if value is REMOVED:
            del holder[last]
        else:
            holder[last] = value

    return change


REMOVED = object()
CONFIG, PLANS, GENDER = "pipeline.json", "coding_plans.json", "code_schemes/gender.json"

CASES = [
    pytest.param(
        set_in((CONFIG, "RawDataSources", 0, "TokenFileURL"), REMOVED),
        "pipeline.json: RawDataSources[0].TokenFileURL: is missing",
        id="a missing key",
    ),
    pytest.param(
        set_in((CONFIG, "FilterTestMesages"), True),
        'pipeline.json: FilterTestMesages: is not a known key; did you mean "FilterTestMessages"?',
        id="an unknown key",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 0, "domain"), "textit.com"),
        'pipeline.json: RawDataSources[0].domain: is not a known key; did you mean "Domain"?',
        id="a key in lower case",
    ),
    *(
        pytest.param(
            set_in((CONFIG, "RawDataSources", 0, "Domain"), domain),
            "pipeline.json: RawDataSources[0].Domain: is not a host name alone; "
            "write one such as textit.com, without https:// and without a path",
            id=f"a domain {what}",
        )
        for what, domain in (
            ("with a path", "textit.com/api/v2"),
            ("with a scheme", "https://textit.com"),
            ("with a user", "me@textit.com"),
            ("with a query", "textit.com?x=1"),
            ("of nothing", ""),
        )
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 0, "SourceType"), "RapidPr"),
        'pipeline.json: RawDataSources[0].SourceType: "RapidPr" is not known; did you mean "RapidPro"?',
        id="an unknown kind of source",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 1, "SourceType"), REMOVED),
        "pipeline.json: RawDataSources[1].SourceType: is missing",
        id="a source of no kind",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources"), []),
        "pipeline.json: RawDataSources: must have an entry",
        id="no source",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources"), {"SourceType": "RapidPro"}),
        "pipeline.json: RawDataSources: must be a list, not an object",
        id="an object for a list",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 1), "recovered.csv"),
        "pipeline.json: RawDataSources[1]: must be an object, not a text",
        id="a text for an object",
    ),
    pytest.param(
        set_in((CONFIG, "PipelineName"), 12),
        "pipeline.json: PipelineName: must be a text, not a number",
        id="a number for a text",
    ),
    pytest.param(set_in((CONFIG, "PipelineName"), ""), "pipeline.json: PipelineName: is empty", id="an empty name"),
    pytest.param(
        set_in((CONFIG, "MoveWSMessages"), "yes"),
        "pipeline.json: MoveWSMessages: must be true or false, not a text",
        id="a text for true",
    ),
    pytest.param(
        set_in((CONFIG, "MoveWSMessages"), None),
        "pipeline.json: MoveWSMessages: must be true or false",
        id="null for true",
    ),
    pytest.param(
        set_in((CONFIG, "QuarantineShareLimit"), 5),
        "pipeline.json: QuarantineShareLimit: must be at most 1",
        id="a share above all",
    ),
    pytest.param(
        set_in((CONFIG, "ProjectStartDate"), "2025-09-01"),
        "pipeline.json: ProjectStartDate: has no offset from UTC; write one, such as +03:00 or Z",
        id="a time without an offset",
    ),
    pytest.param(
        set_in((CONFIG, "ProjectStartDate"), "1 September"),
        "pipeline.json: ProjectStartDate: is not an ISO 8601 date and time such as 2021-09-30T24:00+03:00",
        id="a time in words",
    ),
    pytest.param(
        set_in((CONFIG, "Compatibility"), "predecesor"),
        'pipeline.json: Compatibility: "predecesor" is not known; did you mean "predecessor"?',
        id="an unknown compatibility",
    ),
    pytest.param(
        set_in((CONFIG, "UUIDTable"), {"SQLitefile": "uuids.sqlite", "TableName": "water"}),
        'pipeline.json: UUIDTable.SQLitefile: is not a known key; did you mean "SQLiteFile"?',
        id="a misspelt key of an SQLite table",
    ),
    pytest.param(
        set_in((CONFIG, "UUIDTable"), {"TableName": "water"}),
        "pipeline.json: UUIDTable.FirebaseCredentialsFileURL: is missing",
        id="a Firestore table without credentials",
    ),
    pytest.param(
        set_in((CONFIG, "UuidTable"), {"SQLiteFile": "uuids.sqlite", "TableName": "water"}),
        "pipeline.json: UuidTable: is another spelling of UUIDTable or PhoneNumberUuidTable, which is there too; keep one",
        id="two spellings of one key",
    ),
    pytest.param(
        set_in((CONFIG, "LabelStore", "StoreType"), "directory"),
        'pipeline.json: LabelStore.StoreType: "directory" is not known; did you mean "Directory"?',
        id="an unknown label store",
    ),
    pytest.param(
        set_in((CONFIG, "Schedule"), {"Cron": "every night", "StartDate": "2025-09-01T00:00Z"}),
        "pipeline.json: Schedule.Cron: is not a cron expression; write five fields such as 0 2 * * *, every night at two",
        id="no cron expression",
    ),
    pytest.param(
        set_in((CONFIG, "Schedule"), {"Cron": "0 2 * * * *", "StartDate": "2025-09-01T00:00Z"}),
        "pipeline.json: Schedule.Cron: is not a cron expression; write five fields such as 0 2 * * *, every night at two",
        id="a cron expression with seconds",
    ),
    pytest.param(
        set_in((CONFIG, "Schedule"), {"Cron": "0 2 31 2 *", "StartDate": "2025-09-01T00:00Z"}),
        "pipeline.json: Schedule.Cron: names a day that no year has",
        id="a cron expression that never comes",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 1, "DateFormats"), ["%d/%m/%Y %H:%M", "%d/%m %H:%M"]),
        "pipeline.json: RawDataSources[1].DateFormats[1]: lacks a day, a month or a year; "
        'write, for example, "%d/%m/%Y %H:%M"',
        id="a format of dates without a year",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 1, "DateFormats"), []),
        "pipeline.json: RawDataSources[1].DateFormats: must have an entry",
        id="no format of dates",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 1, "Timezone"), "Africa/Mogadisho"),
        'pipeline.json: RawDataSources[1].Timezone: is not a time zone; did you mean "Africa/Mogadishu"?',
        id="an unknown time zone",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 1, "Timezone"), "Kenya/Nairobi"),
        'pipeline.json: RawDataSources[1].Timezone: is not a time zone; did you mean "Africa/Nairobi"?',
        id="a city in another part of the world",
    ),
    pytest.param(
        set_in((CONFIG, "RawDataSources", 1, "Timezone"), "/etc/passwd"),
        "pipeline.json: RawDataSources[1].Timezone: is not a time zone; write one such as Africa/Nairobi",
        id="a path for a time zone",
    ),
    pytest.param(
        set_in((CONFIG, "CodingPlans"), "coding_plan.json"),
        'pipeline.json: CodingPlans: there is no file "coding_plan.json"',
        id="coding plans that are not there",
    ),
    pytest.param(
        set_in((CONFIG, "CodingPlans"), REMOVED), "pipeline.json: CodingPlans: is missing", id="no coding plans"
    ),
    pytest.param(
        set_in((PLANS, "Demographics", 0, "Codings", 0, "CodeScheme"), "gendre"),
        'coding_plans.json: Demographics[0].Codings[0].CodeScheme: there is no code scheme "gendre" in code_schemes; '
        'did you mean "gender"?',
        id="a code scheme that is not there",
    ),
    pytest.param(
        set_in((PLANS, "CodeSchemesDir"), "schemes"),
        'coding_plans.json: CodeSchemesDir: there is no folder "schemes"',
        id="a folder that is not there",
    ),
    pytest.param(
        set_in((PLANS, "Demographics", 0, "RawField"), REMOVED),
        "coding_plans.json: Demographics[0].RawField: is missing",
        id="a dataset without a raw field",
    ),
    pytest.param(
        set_in((PLANS, "Demographics", 0, "Codings", 0, "Cleaner"), "somali.gendr"),
        'coding_plans.json: Demographics[0].Codings[0].Cleaner: "somali.gendr" is not known; '
        'did you mean "somali.gender"?',
        id="an unknown cleaner",
    ),
    pytest.param(
        set_in((PLANS, "Demographics", 0, "Codings", 0, "Cleaner"), "swahili.county"),
        'coding_plans.json: Demographics[0].Codings[0].Cleaner: "swahili.county" is not known; '
        'did you mean "kenya.county"?',
        id="a cleaner of another country",
    ),
    pytest.param(
        set_in((PLANS, "Demographics", 0, "Imputation"), "age_categories"),
        'coding_plans.json: Demographics[0].Imputation: "age_categories" is not known; did you mean "age_category"?',
        id="an unknown imputation",
    ),
    pytest.param(
        set_in((PLANS, "Demographics", 0, "RawFieldFold"), "concat"),
        'coding_plans.json: Demographics[0].RawFieldFold: "concat" is not known; did you mean "concatenate"?',
        id="an unknown fold",
    ),
    pytest.param(
        set_in((PLANS, "AnalysisFiles"), ["loyaltee"]),
        'coding_plans.json: AnalysisFiles[0]: "loyaltee" is not known; did you mean "loyalty"?',
        id="an unknown table of the analysis",
    ),
    pytest.param(
        set_in((GENDER, "Codes", 1, "NumericValue"), "2"),
        "code_schemes/gender.json: Codes[1].NumericValue: must be a whole number, not a text",
        id="a text for a code's number",
    ),
    pytest.param(
        set_in((GENDER, "Codes", 1, "CodeType"), "Nomal"),
        'code_schemes/gender.json: Codes[1].CodeType: "Nomal" is not known; did you mean "Normal"?',
        id="an unknown type of code",
    ),
]


@pytest.mark.parametrize(("change", "problem"), CASES)
def test_one_mistake_is_one_problem_that_says_where_and_what(
    change: Change, problem: str, files: Files, write: Write
) -> None:
    change(files)
    with pytest.raises(ConfigError) as caught:
        load_project(write(files))
    assert list(map(str, caught.value.problems)) == [problem]


def test_places_are_in_the_author_s_own_spelling(files: Files, write: Write) -> None:
    config = files[CONFIG]
    config["RapidProKeyRemappings"] = config.pop("SourceKeyRemappings")
    config["RapidProKeyRemappings"][3] = {"RapidProKey": 3, "PipelineKey": "sent_on"}
    with pytest.raises(ConfigError) as caught:
        load_project(write(files))
    place = "pipeline.json: RapidProKeyRemappings[3].RapidProKey"
    assert list(map(str, caught.value.problems)) == [f"{place}: must be a text, not a number"]


def test_a_misspelt_required_key_is_one_mistake(files: Files, write: Write) -> None:
    config = files[CONFIG]
    config["ProjectStartdate"] = config.pop("ProjectStartDate")
    with pytest.raises(ConfigError) as caught:
        load_project(write(files))
    said = 'pipeline.json: ProjectStartdate: is not a known key; did you mean "ProjectStartDate"?'
    assert list(map(str, caught.value.problems)) == [said]


def test_inline_coding_plans_are_placed_in_the_config(files: Files, write: Write) -> None:
    plans = files.pop(PLANS)
    plans["Demographics"][0]["Codings"][0]["Cleaner"] = 5
    files[CONFIG]["CodingPlans"] = plans
    with pytest.raises(ConfigError) as caught:
        load_project(write(files))
    place = "pipeline.json: CodingPlans.Demographics[0].Codings[0].Cleaner"
    assert list(map(str, caught.value.problems)) == [f"{place}: must be a text, not a number"]
