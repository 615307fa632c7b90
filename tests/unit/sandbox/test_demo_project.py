import csv
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.config.pipeline import SQLiteUuidTable
from pipeline_lib.config.sources import GCloudBucketSource, RapidProSource, RecoveryCSVSource
from pipeline_lib.identity.sqlite import open_uuid_table
from pipeline_lib.sandbox.demo_world import write_demo_world
from pipeline_lib.sandbox.rapid_pro.people import TEST_CONTACT_UUIDS

REPOSITORY = Path(__file__).parents[3]
DEMO = REPOSITORY / "configs" / "demo"
CONTROLS = ["NA", "NS", "NC", "NR", "NIC", "STOP", "WS", "CE"]
METAS = [
    "push_back",
    "showtime_question",
    "question",
    "greeting",
    "opt_in",
    "similar_content",
    "participation_incentive",
]
Schemes = dict[str, dict[str, Any]]


def test_the_config_names_the_files_of_the_world_and_the_flows_of_its_workspace(tmp_path: Path) -> None:
    workspace = write_demo_world(tmp_path, message_count=10)
    config = load_project(DEMO / "pipeline.json").config
    rapid_pro, bucket, recovered = config.raw_data_sources
    assert isinstance(rapid_pro, RapidProSource)
    assert isinstance(bucket, GCloudBucketSource)
    assert isinstance(recovered, RecoveryCSVSource)
    assert isinstance(config.uuid_table, SQLiteUuidTable)
    urls = (rapid_pro.token_file_url, *bucket.survey_flow_urls, *recovered.activation_flow_urls)
    files = (*urls, config.uuid_table.sqlite_file)
    named = sorted(str((DEMO / file).resolve().relative_to(REPOSITORY / ".demo" / "world")) for file in files)
    assert named == sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if path.parent.name != "coda"
    )
    flows = {flow.name for flow in workspace.database.flows.values()}
    assert flows > {*rapid_pro.activation_flow_names, *rapid_pro.survey_flow_names}
    assert rapid_pro.test_contact_uuids == TEST_CONTACT_UUIDS
    assert open_uuid_table(tmp_path / "uuids.sqlite", config.uuid_table.table_name, config.uuid_table.uuid_prefix)


def test_the_label_store_has_the_datasets_of_the_plans(world: Path) -> None:
    project = load_project(DEMO / "pipeline.json")
    store = project.config.label_store
    assert store is not None
    assert (DEMO / store.directory_url).resolve() == REPOSITORY / ".demo" / "world" / "coda"
    files = sorted(path.name for path in (world / "coda").iterdir())
    assert files == sorted(dataset.coda_filename for dataset in project.plans.datasets)


def test_two_episodes_and_four_demographics_are_planned() -> None:
    plans = load_project(DEMO / "pipeline.json").plans
    assert [dataset.name for dataset in plans.research_questions] == ["s01e01_water", "s01e02_health"]
    assert [dataset.name for dataset in plans.surveys] == ["gender", "age", "recently_displaced", "location"]


@pytest.mark.parametrize(
    "name",
    [
        "s01e01_water",
        "s01e02_health",
        "gender",
        "age",
        "age_category",
        "recently_displaced",
        "mogadishu_sub_district",
        "district",
        "region",
        "state",
        "zone",
    ],
)
def test_a_scheme_has_all_control_and_meta_codes_by_the_same_ids(schemes: Schemes, name: str) -> None:
    def ids(scheme: dict[str, Any], key: str) -> dict[str, str]:
        return {code[key]: code["CodeID"] for code in scheme["Codes"] if key in code}

    assert list(ids(schemes[name], "ControlCode")) == CONTROLS
    assert list(ids(schemes[name], "MetaCode")) == METAS
    assert ids(schemes[name], "ControlCode") == ids(schemes["gender"], "ControlCode")


def test_ids_and_values_are_unique_within_a_scheme(schemes: Schemes) -> None:
    assert len({scheme["SchemeID"] for scheme in schemes.values()}) == 13
    for scheme in schemes.values():
        codes = scheme["Codes"]
        for key in ("CodeID", "StringValue", "NumericValue", "DisplayText"):
            assert len({code[key] for code in codes}) == len(codes)
        matches = [value for code in codes for value in code.get("MatchValues", [])]
        assert len(set(matches)) == len(matches)


def test_every_place_of_somalia_has_its_code(schemes: Schemes) -> None:
    with (REPOSITORY / "pipeline_lib" / "processing" / "somalia_locations.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 126
    for level in ("mogadishu_sub_district", "district", "region", "state", "zone"):
        known = {row["code"] for row in rows if row["level"] == level}
        assert {value for code in schemes[level]["Codes"] for value in code.get("MatchValues", [])} == known


def test_a_correct_dataset_is_called_like_the_dataset(schemes: Schemes) -> None:
    plans = load_project(DEMO / "pipeline.json").plans
    matches = [value for code in schemes["ws_correct_dataset"]["Codes"] for value in code.get("MatchValues", [])]
    assert matches == [dataset.ws_code_match_value for dataset in plans.datasets]
