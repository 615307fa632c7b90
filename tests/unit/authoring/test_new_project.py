import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.authoring.new_project import Kind, create_project
from pipeline_lib.authoring.place_codes import place_codes
from pipeline_lib.authoring.scheme_drafts import Ids
from pipeline_lib.cli import main
from pipeline_lib.config import check, load_project
from pipeline_lib.errors import ConfigError
from tests.invented_runs import run_on_invented_input

NOW = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)


def _schemes(folder: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (folder / "code_schemes").iterdir()}


@pytest.mark.parametrize("kind", Kind)
def test_a_new_project_validates_without_an_error_or_a_warning(kind: Kind, tmp_path: Path) -> None:
    folder = create_project("wells_2026", kind, tmp_path / "configs", NOW)
    found = check(folder / "pipeline.json")
    assert (found.errors, found.warnings) == ((), ())
    assert found.project is not None
    assert found.project.config.pipeline_name == "wells_2026"
    assert [path.name for path in (tmp_path / "configs").iterdir()] == ["wells_2026"]


def test_it_lasts_for_half_a_year_from_today(tmp_path: Path) -> None:
    config = load_project(create_project("wells", Kind.KENYA, tmp_path, NOW) / "pipeline.json").config
    assert config.project_start_date == datetime(2026, 3, 5, tzinfo=UTC)
    assert config.project_end_date == datetime(2026, 9, 4, tzinfo=UTC)


def test_its_wrong_scheme_scheme_has_a_code_for_each_dataset(tmp_path: Path) -> None:
    folder = create_project("wells", Kind.SOMALIA, tmp_path, NOW)
    codes = _schemes(folder)["ws_correct_dataset"]["Codes"]
    assert [code["StringValue"] for code in codes] == [
        *("s01e01", "gender", "age", "recently_displaced", "location", "NR", "CE")
    ]


def test_two_projects_share_no_id_but_those_of_control_and_meta_codes(tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        schemes = _schemes(create_project(name, Kind.SOMALIA, tmp_path, NOW))
        codes = [code["CodeID"] for s in schemes.values() for code in s["Codes"] if code["CodeType"] == "Normal"]
        ids.append({*codes, *(scheme["SchemeID"] for scheme in schemes.values())})
        assert len(ids[-1]) == len(codes) + len(schemes)
    assert not ids[0] & ids[1]


def test_places_have_all_their_names() -> None:
    counties = {code["StringValue"]: code["MatchValues"] for code in place_codes("county", Ids())}
    assert len(counties) == 47
    assert counties["mombasa"][0] == "mombasa"
    zones = [code["StringValue"] for code in place_codes("zone", Ids())]
    assert {"nez", "nwz", "scz"} <= {*zones}


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "wells").mkdir()
    (tmp_path / "wells/pipeline.json").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="is there already; choose another name"):
        create_project("wells", Kind.DEMO, tmp_path, NOW)
    assert (tmp_path / "wells/pipeline.json").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["wells"]


@pytest.mark.parametrize("name", ["", "../up", "Wells", "1st", "a b", "x" * 51, "été"])
def test_a_name_that_no_flow_could_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="NAME: cannot be a folder's, a DAG's and a flow's name"):
        create_project(name, Kind.DEMO, tmp_path, NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", Kind)
def test_a_new_project_runs_on_invented_input(kind: Kind, tmp_path: Path) -> None:
    project = load_project(create_project("wells", kind, tmp_path / "configs", NOW) / "pipeline.json")
    expected = run_on_invented_input(project, tmp_path, people_count=100)
    assert expected.message_count > expected.participant_count > 50


@pytest.mark.slow
def test_the_command_makes_a_project_that_runs_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIPELINE_CONFIGS", str(tmp_path / "configs"))
    monkeypatch.setenv("PIPELINE_DATA_ROOT", str(tmp_path / "data"))
    monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "cache"))
    assert main(["init", "wells", "--like", "demo"]) == 0
    assert "wells/code_schemes/water.json" in capsys.readouterr().out.splitlines()
    assert main(["validate"]) == 0
    assert main(["run", "--config", str(tmp_path / "configs/wells")]) == 0
    assert main(["init", "wells", "--like", "demo"]) == 2
    assert "is there already" in capsys.readouterr().err
