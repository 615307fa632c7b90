import copy
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_lib.config import check, load_project, project_again, whole_config
from pipeline_lib.config.json_schema import json_schema
from tests.toy import change_config, write_toy

FAMILY = Path(os.environ.get("FAMILY_ROOT", Path(__file__).parents[4] / "shared" / "family"))

TEMPLATE: dict[str, Any] = {
    "Flow": "toy_s01e{n:02}_activation",
    "Numbers": [1, 3],
    "Field": "S01E{n:02}",
    "RawField": "s01e{n:02}_raw",
    "WSCodeMatchValue": None,
    "Codings": [{"CodeScheme": "show", "AnalysisFileKey": "s01e{n:02}"}],
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["{n}", "{n:02}", "{", "{m}", "", "x"]),
    lambda items: st.lists(items, max_size=3) | st.dictionaries(st.sampled_from(["Flow", "x"]), items, max_size=2),
    max_leaves=5,
)
SOURCE = {
    "SourceType": "RapidPro",
    "Domain": "textit.com",
    "TokenFileURL": "connection://toy",
    "SurveyFlowNames": ["demog"],
}
UUID_TABLE = {"FirebaseCredentialsFileURL": "connection://uuids", "TableName": "toy"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A project whose only messages are those of a template's episodes, and of a question that is written out."""
    path = write_toy(tmp_path)
    written = json.loads(path.read_text(encoding="utf-8"))
    change_config(
        path,
        Episodes=[TEMPLATE],
        UUIDTable=UUID_TABLE,
        RawDataSources=[SOURCE, *written["RawDataSources"]],
    )
    return path


def changed(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in (TEMPLATE | keys).items() if value != "absent"}


def test_each_number_gives_a_flow_three_remappings_and_a_question(config: Path) -> None:
    project = load_project(config)
    assert project.config.raw_data_sources[0].activation_names == (
        "toy_s01e01_activation",
        "toy_s01e02_activation",
        "toy_s01e03_activation",
    )
    remappings = [(r.source_key, r.pipeline_key, r.is_activation_message) for r in project.config.source_key_remappings]
    assert remappings[3:6] == [
        ("S01E02 (Text) - toy_s01e02_activation", "s01e02_raw", True),
        ("S01E02 (Run ID) - toy_s01e02_activation", "s01e02_run_id", False),
        ("S01E02 (Time) - toy_s01e02_activation", "sent_on", False),
    ]
    assert remappings[9] == ("avf_phone_id", "uid", False)
    questions = project.plans.research_questions
    assert [question.raw_field for question in questions] == ["s01e01_raw", "s01e02_raw", "s01e03_raw", "show_raw"]
    second = questions[1]
    assert (second.name, second.coda_filename, second.run_id_field) == ("s01e02", "s01e02.json", "s01e02_run_id")
    assert [(c.coded_field, c.analysis_file_key) for c in second.codings] == [("s01e02_coded", "s01e02")]


def test_a_template_is_as_good_as_what_it_stands_for(config: Path, tmp_path: Path) -> None:
    by_template = load_project(config)
    written = json.loads(config.read_text(encoding="utf-8"))
    del written["Episodes"]
    numbers = ("01", "02", "03")
    flows = [f"toy_s01e{n}_activation" for n in numbers]
    written["RawDataSources"][0]["ActivationFlowNames"] = flows
    written["SourceKeyRemappings"] = [
        entry
        for n, flow in zip(numbers, flows, strict=True)
        for entry in (
            {"SourceKey": f"S01E{n} (Text) - {flow}", "PipelineKey": f"s01e{n}_raw", "IsActivationMessage": True},
            {"SourceKey": f"S01E{n} (Run ID) - {flow}", "PipelineKey": f"s01e{n}_run_id"},
            {"SourceKey": f"S01E{n} (Time) - {flow}", "PipelineKey": "sent_on"},
        )
    ] + written["SourceKeyRemappings"]
    written["CodingPlans"]["ResearchQuestions"] = [
        {
            "RawField": f"s01e{n}_raw",
            "WSCodeMatchValue": None,
            "Codings": [{"CodeScheme": "show", "AnalysisFileKey": f"s01e{n}"}],
        }
        for n in numbers
    ] + written["CodingPlans"]["ResearchQuestions"]
    config.write_text(json.dumps(written), encoding="utf-8")
    by_hand = load_project(config)
    assert by_template.config == by_hand.config
    assert by_template.plans == by_hand.plans


def test_a_template_with_its_scheme_left_out_means_the_one_called_as_its_field(config: Path) -> None:
    change_config(config, Episodes=[changed(Codings="absent", Numbers=[7, 7])])
    assert [str(error) for error in check(config).errors] == [
        'pipeline.json: Episodes[0]: there is no code scheme "s01e07" in code_schemes; known: '
        + ", ".join(f'"{path.stem}"' for path in sorted((config.parent / "code_schemes").glob("*.json")))
    ]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (changed(Flow="absent"), ["Episodes[0].Flow: is missing"]),
        (changed(Numbers=[3, 1]), ["Episodes[0].Numbers: must be the first and the last number, from 0 to 999"]),
        (changed(Numbers=["1", 3]), ["Episodes[0].Numbers[0]: must be a whole number, not a text"]),
        (changed(Numbers=[1]), ["Episodes[0].Numbers[1]: is missing"]),
        (changed(RawField="absent"), ["Episodes[0].RawField: is missing"]),
        (
            changed(Flow="toy_s01_activation"),
            ["Episodes[0].Flow: is the same for each number; write {n} where the number stands"],
        ),
        (
            changed(Codings=[{"CodeScheme": "show", "AnalysisFileKey": "s01e{week}"}]),
            [
                (
                    'Episodes[0].Codings[0].AnalysisFileKey: has "{week}", which stands for nothing; '
                    "write {n}, or {n:02} for two digits"
                )
            ],
        ),
        (changed(Nmbers=[1, 2]), ['Episodes[0].Nmbers: is not a known key; did you mean "Numbers"?']),
        (
            changed(Codings=[{"CodeScheme": "show", "Clener": "x"}]),
            ['Episodes[0].Codings[0].Clener: is not a known key; did you mean "Cleaner"?'],
        ),
        (
            changed(Codings=[{"CodeScheme": "shw", "AnalysisFileKey": "s01e{n:02}"}]),
            ['Episodes[0].Codings[0].CodeScheme: there is no code scheme "shw" in code_schemes; did you mean "show"?'],
        ),
        (5, ["Episodes[0]: must be an object"]),
    ],
)
def test_what_is_wrong_with_a_template_is_said_of_the_template(template: Any, said: Any, config: Path) -> None:
    change_config(config, Episodes=[template])
    assert [str(error) for error in check(config).errors] == [f"pipeline.json: {each}" for each in said]


@pytest.mark.slow
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_a_template_is_understood_or_named(config: Path, data: st.DataObject) -> None:
    template = copy.deepcopy(TEMPLATE)
    holder = data.draw(st.sampled_from([template, template["Codings"][0]]))
    holder[data.draw(st.sampled_from(sorted(holder)))] = data.draw(ANYTHING)
    change_config(config, Episodes=[template])
    assert all(str(error).startswith("pipeline.json: ") for error in check(config).errors)


def test_what_is_wrong_behind_a_templates_entries_stands_where_its_author_wrote_it(config: Path) -> None:
    written = json.loads(config.read_text(encoding="utf-8"))
    place = len(written["SourceKeyRemappings"])
    change_config(config, SourceKeyRemappings=[*written["SourceKeyRemappings"], {"SourceKey": "x", "PipelineKey": 5}])
    assert [str(error) for error in check(config).errors] == [
        f"pipeline.json: SourceKeyRemappings[{place}].PipelineKey: must be a text, not a number"
    ]


def test_a_flow_that_a_source_names_already_stays_there(config: Path) -> None:
    sources = [SOURCE | {"ActivationFlowNames": ["toy_s01e02_activation"]}]
    written = json.loads(config.read_text(encoding="utf-8"))
    change_config(config, RawDataSources=[*sources, *written["RawDataSources"][1:]])
    assert load_project(config).config.raw_data_sources[0].activation_names == (
        "toy_s01e01_activation",
        "toy_s01e03_activation",
        "toy_s01e02_activation",
    )


def test_two_templates_may_take_results_of_the_same_flows(config: Path) -> None:
    more = changed(Field="Roads_S01E{n:02}", RawField="roads_s01e{n:02}_raw", Numbers=[2, 3])
    more["Codings"] = [{"CodeScheme": "show", "AnalysisFileKey": "roads_s01e{n:02}"}]
    change_config(config, Episodes=[TEMPLATE, more])
    assert load_project(config).config.raw_data_sources[0].activation_names == (
        "toy_s01e01_activation",
        "toy_s01e02_activation",
        "toy_s01e03_activation",
    )


def test_of_several_workspaces_none_is_guessed(config: Path) -> None:
    written = json.loads(config.read_text(encoding="utf-8"))
    change_config(config, RawDataSources=[*written["RawDataSources"], SOURCE | {"SurveyFlowNames": ["other"]}])
    assert [str(error) for error in check(config).errors] == [
        f'pipeline.json: Episodes[0].Flow: "toy_s01e0{n}_activation" may be of any of several RapidPro sources; '
        "name it in the ActivationFlowNames of the right one"
        for n in (1, 2, 3)
    ]


def test_questions_go_to_coding_plans_in_a_file_of_their_own(config: Path) -> None:
    written = json.loads(config.read_text(encoding="utf-8"))
    plans = written["CodingPlans"] | {"ResearchQuestions": []}
    (config.parent / "plans.json").write_text(json.dumps(plans), encoding="utf-8")
    change_config(config, CodingPlans="plans.json", Episodes=[changed(Imputation="none")])
    first = str(check(config).errors[0])
    assert first.startswith('pipeline.json: Episodes[0].Imputation: "none" is not known')


def test_a_project_that_was_kept_whole_has_the_same_episodes(config: Path, tmp_path: Path) -> None:
    kept = whole_config(check(config).reading)
    assert project_again(kept, tmp_path / "kept/toy/pipeline.json").plans == load_project(config).plans


@pytest.mark.slow
def test_editors_find_nothing_wrong_with_a_template(config: Path) -> None:
    written = json.loads(config.read_text(encoding="utf-8"))
    del written["CodingPlans"]["ResearchQuestions"]
    jsonschema.validate(written | {"Episodes": [changed(Codings="absent")]}, json_schema())


@pytest.mark.golden
@pytest.mark.skipif(not FAMILY.is_dir(), reason=f"there is no {FAMILY}; set FAMILY_ROOT")
def test_a_real_season_of_ten_episodes_is_one_template(tmp_path: Path) -> None:
    real = FAMILY / "unicef-covid19-ke"
    config = json.loads((real / "pipeline.json").read_text(encoding="utf-8"))
    plans = json.loads((real / "coding_plans.json").read_text(encoding="utf-8"))
    plans["CodeSchemesDir"] = str(real / "code_schemes")
    by_hand = _read(tmp_path / "by_hand", config, plans)
    flow = "unicef_covid19_ke_s01e{n:02}_activation"
    source, remappings = config["RawDataSources"][0], config["RapidProKeyRemappings"]
    season = {flow.format(n=n) for n in range(1, 11)}
    source["ActivationFlowNames"] = [name for name in source["ActivationFlowNames"] if name not in season]
    config["RapidProKeyRemappings"] = [r for r in remappings if r["RapidProKey"].rpartition(" - ")[2] not in season]
    plans["ResearchQuestions"] = plans["ResearchQuestions"][10:]
    config["Episodes"] = [
        {
            "Flow": flow,
            "Numbers": [1, 10],
            "Field": "Rqa_S01E{n:02}",
            "RawField": "rqa_s01e{n:02}_raw",
            "DatasetName": "rqa_s01e{n:02}_raw",
            "CodaFilename": "UNICEF_COVID19_KE_s01e{n:02}.json",
            "ICRFilename": "s01e{n:02}.csv",
            "WSCodeMatchValue": "UNICEF-COVID19-KE s01e{n:02}",
            "RawFieldFold": "concatenate",
            "Codings": [{"CodeScheme": "s01e{n:02}", "AnalysisFileKey": "rqa_s01e{n:02}"}],
        }
    ]
    by_template = _read(tmp_path / "by_template", config, plans)
    assert len(remappings) - len(config["RapidProKeyRemappings"]) == 30
    assert by_template == by_hand


def _read(folder: Path, config: Any, plans: Any) -> Any:
    """The models; remappings in any order, since the order tells only between sources of one field."""
    folder.mkdir()
    (folder / "pipeline.json").write_text(json.dumps(config | {"PipelineName": "x"}), encoding="utf-8")
    (folder / "coding_plans.json").write_text(json.dumps(plans), encoding="utf-8")
    reading = check(folder / "pipeline.json").reading
    assert reading.config.model is not None
    remappings = sorted(reading.config.model.source_key_remappings, key=lambda r: r.source_key)
    return reading.config.model.model_copy(update={"source_key_remappings": remappings}), reading.plans.model
