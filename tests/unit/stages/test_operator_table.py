import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_lib.config import Project, load_project
from pipeline_lib.config.pipeline import JSONUuidTable
from pipeline_lib.errors import ConfigError, DataError
from pipeline_lib.stages.operator_table import read_operators
from pipeline_lib.stages.uuid_table import create_project_uuid_table, open_project_uuid_table

DEMO = Path(__file__).parents[3] / "configs" / "demo" / "pipeline.json"
WHO = "avf-phone-uuid-00000000-0000-4000-8000-00000000000"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The demo with a table of numbers, which is still to be written."""
    made = load_project(DEMO)
    table = JSONUuidTable.model_validate({"JSONFile": "uuids.json"})
    return replace(made, path=tmp_path / "pipeline.json", config=made.config.model_copy(update={"uuid_table": table}))


def test_only_the_first_digits_of_numbers_are_read(project: Project) -> None:
    numbers = {"2526110000": f"{WHO}1", "tel:+2526210001": f"{WHO}2", "+254700000": f"{WHO}3"}
    (project.folder / "uuids.json").write_text(json.dumps(numbers), encoding="utf-8")
    assert read_operators(project) == {f"{WHO}1": "25261", f"{WHO}2": "25262", f"{WHO}3": "25470"}


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"2526110000": 5}', '{"2526110000": "somebody"}', f'{{"{WHO}1": "2526110000"}}', "[" * 9999]
)
def test_what_is_no_table_is_an_error_without_a_number(project: Project, content: str) -> None:
    (project.folder / "uuids.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^uuids\.json: is no table of participants") as caught:
        read_operators(project)
    assert "25261" not in str(caught.value)


def test_a_table_that_is_not_there_is_an_error(project: Project) -> None:
    with pytest.raises(DataError, match=r"uuids\.json: there is no such file"):
        read_operators(project)


def test_nobody_is_read_where_the_config_names_another_table() -> None:
    assert read_operators(load_project(DEMO)) == {}


@pytest.mark.parametrize("use", [open_project_uuid_table, create_project_uuid_table])
def test_nothing_can_be_fetched_with_it(project: Project, use: object) -> None:
    with pytest.raises(ConfigError, match="UUIDTable: only tells mobile networks: nobody can be added to it"):
        use(project)  # type: ignore[operator]
