import json
import shutil
from pathlib import Path

import pytest

from pipeline_lib.cli import main

DEMO = Path(__file__).parents[3] / "configs" / "demo"


def test_warnings_that_say_the_same_are_one_with_all_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "demo"
    shutil.copytree(DEMO, project)
    for name in ("gender", "age"):
        path = project / "code_schemes" / f"{name}.json"
        scheme = json.loads(path.read_text(encoding="utf-8"))
        scheme["Codes"].append(
            {"CodeID": f"code-nop-{name}", "CodeType": "Control", "ControlCode": "NOP", "DisplayText": "NOP"}
            | {"StringValue": "NOP", "NumericValue": -100170}
        )
        path.write_text(json.dumps(scheme), encoding="utf-8")
    main(["validate", str(project)])
    shown = capsys.readouterr().out.splitlines()
    [number] = [number for number, line in enumerate(shown) if '"NOP" is unknown' in line]
    assert shown[number].startswith("  warning: code_schemes/gender.json: Codes[")
    assert shown[number + 1].startswith("    also at code_schemes/age.json: Codes[")


@pytest.mark.parametrize(
    ("folder", "said"), [("nowhere", "there is no such folder of projects"), ("configs", "has no pipeline.json")]
)
def test_configs_that_cannot_be_found_are_errors_where_all_are_checked(
    folder: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "configs/demo").mkdir(parents=True)
    shutil.copy(DEMO / "pipeline.json", tmp_path / "configs/demo/Pipeline.json")
    monkeypatch.setenv("PIPELINE_CONFIGS", str(tmp_path / folder))
    assert main(["validate"]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert said in shown[0]
    assert shown[1] == "0 configs: 1 error, 0 warnings"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("water 2026", "water 2026/: a folder of this name cannot be a DAG; a DAG's id has letters, digits, dots, "),
        ("pipeline_watch", "pipeline_watch/: a DAG of this name is there already, for all projects; give the folder "),
    ],
)
def test_a_folder_that_cannot_be_a_dag_is_an_error(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DEMO, tmp_path / name)
    assert main(["validate", str(tmp_path / name)]) == 1
    assert f"  error: {said}" in capsys.readouterr().out
