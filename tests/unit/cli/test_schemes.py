import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from tests.toy import change_config

DEMO = Path(__file__).parents[3] / "configs" / "demo"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "demo"))


def scheme(project: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((project / f"code_schemes/{name}.json").read_text(encoding="utf-8"))
    return read


def do(project: Path, command: str, *arguments: str) -> int:
    return main(["schemes", command, "--config", str(project), *arguments])


def with_a_third_question(project: Path) -> None:
    plans = json.loads((project / "pipeline.json").read_text(encoding="utf-8"))["CodingPlans"]
    coding = {"CodeScheme": "s01e02_health", "AnalysisFileKey": "s01e03_roads"}
    question = {"RawField": "s01e03_roads_raw", "WSCodeMatchValue": "s01e03 roads", "Codings": [coding]}
    change_config(
        project / "pipeline.json", CodingPlans=plans | {"ResearchQuestions": [*plans["ResearchQuestions"], question]}
    )


def test_sync_says_that_every_dataset_is_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (project / "code_schemes/ws_correct_dataset.json").read_bytes()
    assert do(project, "sync") == 0
    assert capsys.readouterr().out == "ws_correct_dataset.json: has every dataset\n"
    assert (project / "code_schemes/ws_correct_dataset.json").read_bytes() == before


def test_sync_adds_a_code_for_a_new_dataset_and_touches_no_other(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_a_third_question(project)
    before = scheme(project, "ws_correct_dataset")
    assert do(project, "sync", "--check") == 1
    assert scheme(project, "ws_correct_dataset") == before
    assert do(project, "sync") == 0
    after = scheme(project, "ws_correct_dataset")
    new = after["Codes"][6]
    assert (new["StringValue"], new["MatchValues"], new["NumericValue"]) == ("s01e03_roads", ["s01e03 roads"], 7)
    assert [code for code in after["Codes"] if code != new] == before["Codes"]
    assert after["Version"] == "0.0.0.2"
    assert f'added "s01e03_roads" ({new["CodeID"]})' in capsys.readouterr().out
    assert do(project, "sync", "--check") == 0


def test_sync_makes_the_scheme_where_there_is_none_and_the_project_validates(project: Path) -> None:
    (project / "code_schemes/ws_correct_dataset.json").unlink()
    assert do(project, "sync") == 0
    assert {code["StringValue"] for code in scheme(project, "ws_correct_dataset")["Codes"]} == {
        *("s01e01_water", "s01e02_health", "gender", "age", "recently_displaced", "location", "NR", "CE")
    }
    assert main(["validate", str(project)]) == 0


def test_sync_names_codes_of_no_dataset(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans = json.loads((project / "pipeline.json").read_text(encoding="utf-8"))["CodingPlans"]
    change_config(project / "pipeline.json", CodingPlans=plans | {"Demographics": plans["Demographics"][1:]})
    assert do(project, "sync") == 0
    assert '"gender" is of no dataset' in capsys.readouterr().out


def test_a_renamed_code_keeps_its_id(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = scheme(project, "s01e01_water")["Codes"][2]
    assert do(project, "rename", "s01e01_water", "cost_of_water", "price_of_water") == 0
    after = scheme(project, "s01e01_water")["Codes"][2]
    assert after == before | {"StringValue": "price_of_water", "DisplayText": "price of water"}
    assert "its id, and so its labels, stay" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cost_of_watr", "x", 's01e01_water.json: has no code "cost_of_watr"; did you mean "cost_of_water"?'),
        ("STOP", "halt", 's01e01_water.json: "STOP" is a Control code; it keeps its name'),
        (
            "cost_of_water",
            "water_trucking",
            's01e01_water.json: Codes[2].StringValue: "water_trucking" is already Codes[1]',
        ),
    ],
)
def test_a_rename_that_would_be_wrong_is_refused_and_nothing_is_written(
    old: str, new: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = scheme(project, "s01e01_water")
    assert do(project, "rename", "s01e01_water", old, new) == 2
    assert said in capsys.readouterr().err
    assert scheme(project, "s01e01_water") == before


def test_a_codebook_goes_out_and_comes_back(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codebook = tmp_path / "water.csv"
    assert do(project, "export", "s01e01_water", str(codebook)) == 0
    assert do(project, "import", "s01e01_water", str(codebook)) == 0
    assert "says all that already" in capsys.readouterr().out
    assert codebook.read_bytes().startswith(b"\xef\xbb\xbfCodeID,")


def test_an_imported_codebook_makes_a_new_scheme(project: Path, tmp_path: Path) -> None:
    (tmp_path / "roads.csv").write_text("StringValue\nbridges\n", encoding="utf-8")
    assert do(project, "import", "s01e03_roads", str(tmp_path / "roads.csv")) == 0
    assert scheme(project, "s01e03_roads")["Name"] == "S01E03 Roads"


def test_a_scheme_that_is_not_there_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert do(project, "export", "gendr") == 2
    assert 'there is no code scheme "gendr" in code_schemes; did you mean "gender"?' in capsys.readouterr().err


def test_a_scheme_lies_in_the_folder_of_schemes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert do(project, "export", "../gender") == 2
    assert "SCHEME: is a path" in capsys.readouterr().err
