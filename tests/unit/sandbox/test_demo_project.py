import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.config.pipeline import DirectoryLabelStore, SQLiteUuidTable
from pipeline_lib.config.sources import FacebookSource, GCloudBucketSource, RapidProSource, RecoveryCSVSource
from pipeline_lib.identity.sqlite import open_uuid_table
from sandbox.demo_world import write_demo_world
from sandbox.facebook.invented import invented_page
from sandbox.rapid_pro.people import TEST_CONTACT_UUIDS

REPOSITORY = Path(__file__).parents[3]
DEMO = REPOSITORY / "configs" / "demo"
DEMO_FACEBOOK = REPOSITORY / "configs" / "demo_facebook"
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
    urls = (rapid_pro.token_file_url.get_secret_value(), *bucket.survey_flow_urls, *recovered.activation_flow_urls)
    files = (*urls, config.uuid_table.sqlite_file)
    named = sorted(str((DEMO / file).resolve().relative_to(REPOSITORY / ".demo" / "world")) for file in files)
    assert named == sorted(
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*.*")
        if not {"coda", "facebook"} & {*path.relative_to(tmp_path).parts}
    )
    flows = {flow.name for flow in workspace.database.flows.values()}
    assert flows > {*rapid_pro.activation_flow_names, *rapid_pro.survey_flow_names}
    assert rapid_pro.test_contact_uuids == TEST_CONTACT_UUIDS
    named_so = (config.uuid_table.table_name, config.uuid_table.uuid_prefix)
    assert open_uuid_table(tmp_path / "uuids.sqlite", *named_so).known(["nobody"]) == {}


def test_the_config_of_comments_names_the_files_of_the_world_and_the_page_that_is_served(tmp_path: Path) -> None:
    write_demo_world(tmp_path, message_count=10)
    project = load_project(DEMO_FACEBOOK / "pipeline.json")
    (source,) = project.config.raw_data_sources
    table, store = project.config.uuid_table, project.config.label_store
    assert isinstance(source, FacebookSource)
    assert isinstance(table, SQLiteUuidTable)
    assert isinstance(store, DirectoryLabelStore)
    world = REPOSITORY / ".demo" / "world"
    named = [
        (DEMO_FACEBOOK / file).resolve().relative_to(world).as_posix()
        for file in (store.directory_url, source.token_file_url.get_secret_value(), table.sqlite_file)
    ]
    assert named == ["facebook/coda", "facebook/token.txt", "facebook/uuids.sqlite"]
    assert sorted(path.relative_to(tmp_path).as_posix() for path in (tmp_path / "facebook").iterdir()) == named
    files = sorted(path.name for path in (tmp_path / "facebook/coda").iterdir())
    assert files == sorted(dataset.coda_filename for dataset in project.plans.datasets)
    opened = open_uuid_table(tmp_path / "facebook/uuids.sqlite", table.table_name, table.uuid_prefix)
    assert opened.known(["nobody"]) == {}
    served = invented_page().world
    assert [page.username for page in served.pages.values()] == [source.page_id]
    assert (tmp_path / "facebook/token.txt").read_text().strip() in served.tokens


def test_nothing_is_odd_about_the_configs_once_the_world_is_written(tmp_path: Path) -> None:
    write_demo_world(tmp_path / ".demo/world", message_count=10)
    (tmp_path / ".demo/world/drive_key.json").touch()  # the stand-in of Google Drive writes it
    shutil.copytree(REPOSITORY / "configs", tmp_path / "configs")
    for project in (DEMO, DEMO_FACEBOOK):
        found = check(tmp_path / "configs" / project.name / "pipeline.json")
        assert [str(each) for each in (*found.errors, *found.warnings) if "APIVersion" not in str(each)] == []


def test_the_label_store_has_the_datasets_of_the_plans(world: Path) -> None:
    project = load_project(DEMO / "pipeline.json")
    store = project.config.label_store
    assert isinstance(store, DirectoryLabelStore)
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
    with (REPOSITORY / "pipeline_lib" / "model" / "somalia_locations.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 126
    for level in ("mogadishu_sub_district", "district", "region", "state", "zone"):
        known = {row["code"] for row in rows if row["level"] == level}
        assert {value for code in schemes[level]["Codes"] for value in code.get("MatchValues", [])} == known


def test_a_correct_dataset_is_called_like_the_dataset(schemes: Schemes) -> None:
    plans = load_project(DEMO / "pipeline.json").plans
    matches = [value for code in schemes["ws_correct_dataset"]["Codes"] for value in code.get("MatchValues", [])]
    assert matches == [dataset.ws_code_match_value for dataset in plans.datasets]
