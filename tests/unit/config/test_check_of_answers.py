"""Declared columns and questions, held against the remappings and the coding plans."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]
Write = Callable[..., Path]

SOURCE = {
    "SourceType": "CSV",
    "Datasets": [
        {
            "Name": "water_form",
            "FileURLs": ["recovered.csv"],
            "Messages": [{"Column": "Biyo?", "Field": "water"}],
            "Answers": [{"Column": "Jinsi", "Field": "gender"}],
        }
    ],
    "Columns": {"Address": "Phone", "Time": "Date"},
    "Timezone": "Africa/Mogadishu",
}
REMAPPINGS: list[dict[str, Any]] = [
    {"SourceKey": "avf_phone_id", "PipelineKey": "uid"},
    {"SourceKey": "water (Text) - water_form", "PipelineKey": "s01e01_raw", "IsActivationMessage": True},
    {"SourceKey": "water (Time) - water_form", "PipelineKey": "sent_on"},
    {"SourceKey": "water (Run ID) - water_form", "PipelineKey": "s01e01_run_id"},
    {"SourceKey": "gender (Text) - water_form", "PipelineKey": "gender_raw"},
    {"SourceKey": "gender (Time) - water_form", "PipelineKey": "gender_time"},
]


@pytest.fixture
def files(files: Files) -> Files:
    changes = {"RawDataSources": [SOURCE], "SourceKeyRemappings": [dict(each) for each in REMAPPINGS]}
    files["pipeline.json"] |= changes
    del files["pipeline.json"]["TimestampRemappings"]
    return files


def said(path: Path) -> list[str]:
    found = check(path)
    return [*map(str, found.errors), *map(str, found.warnings)]


def test_declared_fields_that_all_are_used_are_right(files: Files, write: Write) -> None:
    assert said(write(files)) == []


def test_a_field_that_the_source_does_not_declare_is_named_with_the_nearest(files: Files, write: Write) -> None:
    files["pipeline.json"]["SourceKeyRemappings"][5]["SourceKey"] = "gendre (Time) - water_form"
    assert said(write(files))[0] == (
        'pipeline.json: SourceKeyRemappings[5].SourceKey: "water_form" declares no field "gendre (Time) - water_form"; '
        'did you mean "gender (Time) - water_form"?'
    )


def test_an_answer_that_no_remapping_names_is_reported(files: Files, write: Write) -> None:
    source = files["pipeline.json"]["RawDataSources"][0]
    dataset = source["Datasets"][0] | {
        "Answers": [{"Column": "Jinsi", "Field": "gender"}, {"Column": "A", "Field": "age"}]
    }
    files["pipeline.json"]["RawDataSources"] = [source | {"Datasets": [dataset]}]
    place = "pipeline.json: RawDataSources[0].Datasets[0].Answers[1].Field"
    assert said(write(files)) == [f'{place}: no remapping names "age (Text) - water_form": it is not used']


def test_an_answer_that_a_research_question_reads_must_be_a_message(files: Files, write: Write) -> None:
    source = files["pipeline.json"]["RawDataSources"][0]
    answers = [{"Column": "Jinsi", "Field": "gender"}, {"Column": "Biyo?", "Field": "water"}]
    dataset = {"Name": "water_form", "FileURLs": ["recovered.csv"], "Answers": answers}
    files["pipeline.json"]["RawDataSources"] = [source | {"Datasets": [dataset]}]
    assert (
        "pipeline.json: RawDataSources[0].Datasets[0].Answers[1]: "
        '"water (Text) - water_form" gives messages to a research question, which Answers are not; list it in Messages'
    ) in said(write(files))


def test_a_dataset_that_no_remapping_names_is_reported_where_it_stands(files: Files, write: Write) -> None:
    source = files["pipeline.json"]["RawDataSources"][0]
    other = {**source["Datasets"][0], "Name": "other", "FileURLs": ["recovered.csv"]}
    files["pipeline.json"]["RawDataSources"] = [source | {"Datasets": [*source["Datasets"], other]}]
    place = "pipeline.json: RawDataSources[0].Datasets[1].Name"
    assert f'{place}: no remapping names a field of "other": it is not used' in said(write(files))


def test_two_sources_cannot_have_raw_data_of_one_name(files: Files, write: Write) -> None:
    files["pipeline.json"]["RawDataSources"] = [SOURCE, SOURCE]
    assert (
        'pipeline.json: RawDataSources[1].Datasets[0].Name: "water_form" is already the raw data of '
        "RawDataSources[0].Datasets[0].Name; the file names of all sources must differ, up to the first dot"
    ) in said(write(files))


def test_addresses_need_a_uuid_table_and_participant_uuids_none(files: Files, write: Write) -> None:
    del files["pipeline.json"]["UUIDTable"]
    assert any("UUIDTable: is missing" in each for each in said(write(files)))
    files["pipeline.json"]["RawDataSources"] = [SOURCE | {"AddressType": "participant"}]
    assert said(write(files, "other")) == []


@pytest.mark.parametrize(
    ("changes", "place", "wrong"),
    [
        ({"Messages": [], "Answers": []}, "Datasets[0]", "names no answers; give Messages, Answers or both"),
        (
            {"Answers": [{"Column": "Biyo?", "Field": "gender"}]},
            "Datasets[0]",
            'names "Biyo?" twice; an answer is either a message or about who sent it, and once',
        ),
        (
            {"Answers": [{"Column": "Jinsi", "Field": "water"}]},
            "Datasets[0]",
            'has the field "water" in Messages and in Answers; give one of them another name',
        ),
        (
            {"Name": "a - b"},
            "Datasets[0].Name",
            'has " - " in it, which stands before the name in raw fields; take it out',
        ),
        (
            {"Answers": [{"Column": " Jinsi", "Field": "gender"}]},
            "Datasets[0].Answers[0].Column",
            "is empty, or begins or ends with a space; write it as it stands there, without such spaces",
        ),
        (
            {"Answers": [{"Column": "Phone", "Field": "gender"}]},
            "RawDataSources[0]",
            'Datasets "water_form" has the column of addresses or of ids among its answers; leave it out',
        ),
    ],
)
def test_declarations_that_cannot_be_are_refused(
    files: Files, write: Write, changes: Any, place: str, wrong: str
) -> None:
    dataset = {**files["pipeline.json"]["RawDataSources"][0]["Datasets"][0], **changes}
    files["pipeline.json"]["RawDataSources"] = [SOURCE | {"Datasets": [dataset]}]
    (found,) = [each for each in said(write(files)) if wrong in each]
    assert place in found


@pytest.mark.parametrize(
    ("columns", "wrong"),
    [
        ({"Time": "Date"}, "names neither Address nor ID, so that nothing tells one participant from another"),
        ({"Time": "Date", "Address": "Date"}, "names one column twice; name another column for each"),
    ],
)
def test_columns_that_identify_nobody_are_refused(files: Files, write: Write, columns: Any, wrong: str) -> None:
    files["pipeline.json"]["RawDataSources"] = [SOURCE | {"Columns": columns}]
    assert f"pipeline.json: RawDataSources[0].Columns: {wrong}" in said(write(files))


def test_a_config_of_shaqadoons_csvs_is_one_of_recovered_messages(files: Files, write: Write) -> None:
    source = {"SourceType": "ShaqadoonCSV", "ActivationFlowURLs": ["recovered.csv"], "SurvyFlowURLs": []}
    files["pipeline.json"]["RawDataSources"] = [source]
    assert any(
        each.startswith("pipeline.json: RawDataSources[0].SurvyFlowURLs: is not a known key")
        for each in said(write(files))
    )


def kobo(**changes: Any) -> dict[str, Any]:
    form = {
        "Name": "water_form",
        "AssetUID": "aWaterForm1",
        "Address": "phone",
        "Messages": [{"Question": "show/water", "Field": "water"}],
        "Answers": [{"Question": "gender", "Field": "gender"}],
    }
    return {
        "SourceType": "KoboToolbox",
        "Domain": "kf.kobotoolbox.org",
        "TokenFileURL": "token.txt",
        "Forms": [form | changes],
    }


def test_a_form_of_kobotoolbox_is_held_against_remappings_and_plans_too(files: Files, write: Write) -> None:
    files["pipeline.json"]["RawDataSources"] = [kobo()]
    assert said(write(files)) == []
    files["pipeline.json"]["RawDataSources"] = [kobo(Messages=[{"Question": "show/water", "Field": "watr"}])]
    place = "pipeline.json: RawDataSources[0].Forms[0].Messages[0].Field"
    assert said(write(files, "other")) == [
        *(
            f'pipeline.json: SourceKeyRemappings[{number}].SourceKey: "water_form" declares no field '
            f'"water ({part}) - water_form"; did you mean "watr ({part}) - water_form"?'
            for number, part in ((1, "Text"), (2, "Time"), (3, "Run ID"))
        ),
        f'{place}: no remapping names "watr (Text) - water_form": it is not used',
    ]


@pytest.mark.parametrize(
    ("changes", "place", "wrong"),
    [
        ({"AssetUID": "https://kf.kobotoolbox.org/#/forms/a"}, ".AssetUID", "is no id of a form; write what stands"),
        ({"Address": "gender"}, "", "has the question for the address among its answers; leave it out"),
        ({"Messages": [], "Answers": []}, "", "names no answers; give Messages, Answers or both"),
    ],
)
def test_forms_that_cannot_be_are_refused(files: Files, write: Write, changes: Any, place: str, wrong: str) -> None:
    files["pipeline.json"]["RawDataSources"] = [kobo(**changes)]
    assert any(
        each.startswith(f"pipeline.json: RawDataSources[0].Forms[0]{place}: {wrong}") for each in said(write(files))
    )


def test_a_source_of_forms_needs_its_token_and_a_uuid_table(files: Files, write: Write) -> None:
    files["pipeline.json"]["RawDataSources"] = [kobo() | {"TokenFileURL": "no_such_file"}]
    del files["pipeline.json"]["UUIDTable"]
    found = said(write(files))
    assert any("UUIDTable: is missing" in each for each in found)
    assert any("RawDataSources[0].TokenFileURL: there is no such file now" in each for each in found)
