from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.pipeline import SQLiteUuidTable
from pipeline_lib.errors import ConfigError
from pipeline_lib.model.coding_plan import CodingMode, DatasetKind

Files = dict[str, Any]
Write = Callable[..., Path]


def test_a_project_is_named_after_its_folder(files: Files, write: Write) -> None:
    assert load_project(write(files, project="water-2025")).name == "water-2025"


def test_names_that_the_coding_plans_leave_out_follow_from_the_raw_field(files: Files, write: Write) -> None:
    question, gender = load_project(write(files)).plans.datasets
    assert (question.name, question.time_field, question.run_id_field) == ("s01e01", "sent_on", "s01e01_run_id")
    assert (question.coda_filename, question.icr_filename) == ("s01e01.json", "s01e01.csv")
    assert (question.codings[0].coded_field, question.codings[0].mode) == ("s01e01_coded", CodingMode.MULTIPLE)
    assert (gender.name, gender.time_field, gender.run_id_field) == ("gender", "gender_time", None)
    assert (gender.coda_filename, gender.icr_filename) == ("gender.json", None)
    assert (gender.codings[0].coded_field, gender.codings[0].mode) == ("gender_coded", CodingMode.SINGLE)
    assert (question.kind, gender.kind) == (DatasetKind.RESEARCH_QUESTION, DatasetKind.DEMOGRAPHIC)


def test_a_second_coding_is_called_after_its_scheme(files: Files, write: Write) -> None:
    files["coding_plans.json"]["Demographics"][0]["Codings"].append({"CodeScheme": "sex", "AnalysisFileKey": "sex"})
    files["code_schemes/sex.json"] = files["code_schemes/gender.json"] | {"SchemeID": "Scheme-sex"}
    gender = load_project(write(files)).plans.demographics[0]
    assert [coding.coded_field for coding in gender.codings] == ["gender_coded", "sex_coded"]


def test_coding_plans_may_stand_in_the_config_itself(files: Files, write: Write) -> None:
    beside = load_project(write(files)).plans
    files["pipeline.json"]["CodingPlans"] = files.pop("coding_plans.json")
    project = load_project(write(files, project="inline"))
    assert project.plans == beside
    assert isinstance(project.config.coding_plans, CodingPlansFile)
    assert project.config.coding_plans.research_questions[0].raw_field == "s01e01_raw"


def test_coding_plans_in_another_folder_name_code_schemes_beside_them(files: Files, write: Write) -> None:
    files["shared/plans.json"] = files.pop("coding_plans.json")
    files |= {f"shared/{name}": files.pop(name) for name in list(files) if name.startswith("code_schemes/")}
    files["pipeline.json"]["CodingPlans"] = "shared/plans.json"
    assert load_project(write(files)).plans.demographics[0].codings[0].code_scheme.name == "Scheme-gender"


@pytest.mark.parametrize("spelling", ["UUIDTable", "UuidTable", "PhoneNumberUuidTable"])
def test_older_configs_spell_the_uuid_table_in_other_ways(spelling: str, files: Files, write: Write) -> None:
    config = files["pipeline.json"]
    config[spelling] = config.pop("UUIDTable")
    table = load_project(write(files)).config.uuid_table
    assert isinstance(table, SQLiteUuidTable)
    assert table.table_name == "water"


def test_older_configs_call_source_keys_after_rapid_pro(files: Files, write: Write) -> None:
    config = files["pipeline.json"]
    config["RapidProKeyRemappings"] = [
        {"RapidProKey" if key == "SourceKey" else key: value for key, value in remapping.items()}
        for remapping in config.pop("SourceKeyRemappings")
    ]
    assert load_project(write(files)).config.source_key_remappings[0].source_key == "avf_phone_id"


def test_predecessor_quirks_are_kept_only_where_the_config_says_so(files: Files, write: Write) -> None:
    assert not load_project(write(files)).config.keeps_predecessor_quirks
    files["pipeline.json"]["Compatibility"] = "predecessor"
    assert load_project(write(files)).config.keeps_predecessor_quirks


def test_what_this_version_cannot_run_is_loaded_all_the_same(files: Files, write: Write) -> None:
    files["pipeline.json"] |= {"MoveWSMessages": True, "DataRoot": "gs://bucket/runs"}
    del files["pipeline.json"]["LabelStore"]
    assert load_project(write(files)).config.move_ws_messages


def test_a_config_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^pipeline\.json: there is no such file$"):
        load_project(tmp_path / "pipeline.json")


def test_a_dataset_may_have_a_title_and_a_coding_an_order(files: Files, write: Write) -> None:
    question, gender = (files["coding_plans.json"][kind][0] for kind in ("ResearchQuestions", "Demographics"))
    question["Title"] = "Episode 1: water"
    gender["Codings"][0]["Ordinal"] = True
    water, asked = load_project(write(files)).plans.datasets
    assert (water.title, asked.title) == ("Episode 1: water", None)
    assert (water.codings[0].ordinal, asked.codings[0].ordinal) == (False, True)
