"""Configs from before `RawDataSources`, and what a config may leave out."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.config.json_schema import json_schema
from pipeline_lib.config.sources import RapidProSource, RecoveryCSVSource

Files = dict[str, Any]
Write = Callable[..., Path]
GOLDEN_FAMILY = Path(os.environ.get("GOLDEN_FAMILY_ROOT") or Path(__file__).parents[4] / "shared" / "golden_family")
CONFIG, PLANS = "pipeline.json", "coding_plans.json"


@pytest.fixture
def older(files: Files) -> Files:
    """The project as it would have been written in 2019."""
    config = files[CONFIG]
    del config["RawDataSources"]
    config |= {
        "RapidProDomain": "textit.com",
        "RapidProTokenFileURL": "token.txt",
        "ActivationFlowNames": ["water_s01e01_activation"],
        "SurveyFlowNames": ["water_demographics"],
        "RapidProTestContactUUIDs": ["a-phone-of-ours"],
        "RecoveryCSVURLs": ["recovered.csv"],
    }
    return files


def sources_of(path: Path) -> list[object]:
    return list(load_project(path).config.raw_data_sources)


def errors(path: Path) -> list[str]:
    return list(map(str, check(path).errors))


def warnings(path: Path) -> list[str]:
    return list(map(str, check(path).warnings))


def test_keys_at_the_top_make_a_workspace_and_recovered_messages(older: Files, write: Write) -> None:
    workspace, recovered = sources_of(write(older))
    assert isinstance(workspace, RapidProSource)
    assert (workspace.domain, workspace.token_file_url.get_secret_value()) == ("textit.com", "token.txt")
    assert workspace.activation_flow_names == ("water_s01e01_activation",)
    assert workspace.survey_flow_names == ("water_demographics",)
    assert workspace.test_contact_uuids == ("a-phone-of-ours",)
    assert isinstance(recovered, RecoveryCSVSource)
    assert recovered.activation_flow_urls == ("recovered.csv",)


def test_nothing_is_wrong_or_odd_with_an_older_layout(files: Files, older: Files, write: Write) -> None:
    path = write(older)
    assert (errors(path), warnings(path)) == ([], [])


def test_a_base_url_is_a_domain(older: Files, write: Write) -> None:
    older[CONFIG]["RapidProBaseURL"] = "https://textit.com/"
    del older[CONFIG]["RapidProDomain"]
    workspace = sources_of(write(older))[0]
    assert isinstance(workspace, RapidProSource)
    assert workspace.domain == "textit.com"


def test_flows_of_demographics_and_of_follow_ups_are_surveys(older: Files, write: Write) -> None:
    older[CONFIG]["DemogFlowNames"] = older[CONFIG].pop("SurveyFlowNames")
    older[CONFIG]["FollowUpFlowNames"] = ["water_evaluation"]
    path = write(older)
    workspace = sources_of(path)[0]
    assert isinstance(workspace, RapidProSource)
    assert workspace.survey_flow_names == ("water_demographics", "water_evaluation")
    assert warnings(path) == [
        'pipeline.json: FollowUpFlowNames[0]: no remapping names a field of "water_evaluation": it is not used'
    ]


def test_recovered_messages_may_stand_beside_sources(files: Files, write: Write) -> None:
    files[CONFIG]["RawDataSources"].pop()
    files[CONFIG]["RecoveryCSVURLs"] = ["recovered.csv"]
    assert [type(source) for source in sources_of(write(files))] == [RapidProSource, RecoveryCSVSource]


PLACES = [
    ({"RapidProDomain": "https://textit.com/api"}, "RapidProDomain: is not a host name alone"),
    ({"RapidProTokenFileURL": None}, "RapidProTokenFileURL: must be a text"),
    ({"ActivationFlowNames": ["water_s01e01_activation", 5]}, "ActivationFlowNames[1]: must be a text, not a number"),
    ({"SurveyFlowNames": "water_demographics"}, "SurveyFlowNames: must be a list, not a text"),
    ({"DemogFlowNames": ["a"], "FollowUpFlowNames": [5]}, "FollowUpFlowNames[0]: must be a text, not a number"),
    ({"DemogFlowNames": 5}, "SurveyFlowNames: is a key of a source; write it in RawDataSources"),
    ({"DemogFlowNames": 5}, "DemogFlowNames: must be a list, not a number"),
    ({"RapidProBaseURL": "https://textit.in"}, "RapidProBaseURL: is a key of a source; write it in RawDataSources"),
    ({"RecoveryCSVURLs": ["recovered.csv", 5]}, "RecoveryCSVURLs[1]: must be a text, not a number"),
    ({"RecoveryCSVURLs": ["gone.csv"]}, 'RecoveryCSVURLs[0]: there is no file "gone.csv"'),
    ({"RecoveryCSVURLs": ["recovered.csv", "a/recovered.csv"]}, 'RecoveryCSVURLs[1]: "recovered" is already'),
    (
        {"RawDataSources": []},
        'RapidProDomain: is a key of a source; write it in RawDataSources, as "Domain"',
    ),
]


@pytest.mark.parametrize(("changes", "problem"), PLACES)
def test_problems_point_to_what_the_author_wrote(
    changes: dict[str, Any], problem: str, older: Files, write: Write
) -> None:
    older[CONFIG] |= changes
    found = check(write(older))
    said = [str(problem) for problem in (*found.errors, *found.warnings)]
    assert [text for text in said if text.startswith(f"pipeline.json: {problem}")]
    assert not [text for text in said if "RawDataSources[" in text]


def test_a_key_that_is_missing_is_called_as_the_others_are(older: Files, write: Write) -> None:
    del older[CONFIG]["RapidProTokenFileURL"]
    assert errors(write(older)) == ["pipeline.json: RapidProTokenFileURL: is missing"]


def test_names_of_flows_alone_are_no_older_layout(files: Files, write: Write) -> None:
    del files[CONFIG]["RawDataSources"]
    files[CONFIG]["ActivationFlowNames"] = ["water_s01e01_activation"]
    assert errors(write(files)) == [
        "pipeline.json: RawDataSources: is missing",
        (
            "pipeline.json: ActivationFlowNames: is a key of a source; "
            'write it in RawDataSources, as "ActivationFlowNames"'
        ),
    ]


def test_keys_that_nothing_reads_are_ignored_and_it_is_said_why(older: Files, write: Write) -> None:
    older[CONFIG]["FlowDefinitionsUploadURLPrefix"] = "gs://flows/water-"
    path = write(older)
    assert errors(path) == []
    assert warnings(path) == [
        (
            "pipeline.json: FlowDefinitionsUploadURLPrefix: is ignored: flow definitions stay on the server, and no "
            "output needs them; take it out"
        )
    ]


def test_a_config_with_next_to_nothing_says_what_is_missing(write: Write) -> None:
    path = write({CONFIG: {"RapidProBaseURL": "https://textit.com", "RapidProTokenFileURL": "token.txt"}})
    assert [error.partition(";")[0] for error in errors(path)] == [
        "pipeline.json: SourceKeyRemappings: is missing",
        "pipeline.json: CodingPlans: is missing",
        "pipeline.json: LabelStore: is missing: a DAG pulls labels from it and adds messages to it",
        "pipeline.json: UUIDTable: is missing: it holds which participant has which address",
    ]


def test_a_pipeline_is_called_as_its_folder(files: Files, write: Write) -> None:
    del files[CONFIG]["PipelineName"]
    assert load_project(write(files, "wells")).config.pipeline_name == "wells"


def test_a_folder_s_name_that_no_pipeline_may_have_is_refused(files: Files, write: Write) -> None:
    del files[CONFIG]["PipelineName"]
    assert errors(write(files, "wells?")) == ["pipeline.json: PipelineName: has ?; no file on Windows can be called so"]


def test_messages_of_any_time_count_but_not_those_of_test_contacts(files: Files, write: Write) -> None:
    for key in ("ProjectStartDate", "ProjectEndDate", "FilterTestMessages"):
        del files[CONFIG][key]
    config = load_project(write(files)).config
    assert (config.project_start_date, config.project_end_date) == (None, None)
    assert config.filter_test_messages


@pytest.mark.parametrize("has_scheme", [True, False])
def test_messages_move_if_the_plans_say_where(has_scheme: bool, files: Files, write: Write) -> None:
    del files[CONFIG]["MoveWSMessages"]
    if not has_scheme:
        del files[PLANS]["WSCorrectDatasetScheme"]
    assert load_project(write(files)).config.move_ws_messages is has_scheme


def test_messages_move_likewise_if_the_plans_stand_in_the_config(files: Files, write: Write) -> None:
    del files[CONFIG]["MoveWSMessages"]
    files[CONFIG]["CodingPlans"] = files.pop(PLANS)
    assert load_project(write(files)).config.move_ws_messages


def is_valid_to_editors(config: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft202012Validator(json_schema()).is_valid(config))


@pytest.mark.slow
def test_editors_accept_either_layout_and_no_mixture(older: Files) -> None:
    config = json.loads(json.dumps(older[CONFIG]))
    assert is_valid_to_editors(config)
    assert not is_valid_to_editors(config | {"RawDataSources": []})
    assert not is_valid_to_editors(config | {"RapidProDomain": 5})
    del config["RapidProDomain"], config["RapidProTokenFileURL"], config["RapidProTestContactUUIDs"]
    assert not is_valid_to_editors(config)


@pytest.mark.slow
def test_editors_ask_for_sources(files: Files) -> None:
    assert is_valid_to_editors(files[CONFIG])
    del files[CONFIG]["RawDataSources"]
    assert not is_valid_to_editors(files[CONFIG])


@pytest.mark.golden
def test_what_a_predecessor_was_given_says_the_same_as_its_translation(tmp_path: Path) -> None:
    case = GOLDEN_FAMILY / "ahadi" / "n1000_a"
    if not case.is_dir():
        pytest.skip(f"there is no golden case {case}; set GOLDEN_FAMILY_ROOT")
    original = _golden_config(case, "pipeline_config.original.json", tmp_path)
    translated = _golden_config(case, "pipeline_config.json", tmp_path)
    differing = {key for key, value in original.items() if value != translated[key]}
    assert differing == {"pipeline_name", "raw_data_sources", "memory_profile_upload_bucket"}
    source, same = original["raw_data_sources"][0], translated["raw_data_sources"][0]
    assert source == {**same, "contacts_file_name": None}


def _golden_config(case: Path, name: str, folder: Path) -> dict[str, Any]:
    written = json.loads((case / "input" / name).read_text(encoding="utf-8"))
    path = folder / name / "pipeline.json"
    path.parent.mkdir()
    path.write_text(json.dumps(written | {"CodingPlans": str(case.parent / "coding_plans.json")}), encoding="utf-8")
    return load_project(path).config.model_dump()
