import getpass
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from pipeline_lib.cli.command import user_name

CHECKOUT = Path(__file__).parents[2]
DEMO = CHECKOUT / "configs" / "demo"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the demo project."""
    return Path(shutil.copytree(DEMO, tmp_path / "demo"))


def change(project: Path, **changes: object) -> None:
    path = project / "pipeline.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_validate_says_everything_and_exits_one_where_something_is_wrong(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(project, FilterTestMessages="yes", ProjectEndDate="2020-01-01T00:00Z")
    assert main(["validate", str(project)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(project / "pipeline.json")
    assert lines[1:3] == [
        "  error: pipeline.json: FilterTestMessages: must be true or false, not a text",
        "  error: pipeline.json: ProjectEndDate: is not after ProjectStartDate, so that no message is within both",
    ]
    assert lines[-1].startswith("1 config: 2 errors, ")


def test_validate_exits_zero_where_things_are_only_odd(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    label = {"StartDate": "2025-09-02T00:00Z", "EndDate": "2025-09-01T00:00Z", "Label": "reversed"}
    change(project, AutomatedAnalysis={"TrafficLabels": [label]}, Compatibility="predecessor")
    assert main(["validate", str(project / "pipeline.json")]) == 0
    assert "  warning: pipeline.json: AutomatedAnalysis.TrafficLabels[0].EndDate: " in capsys.readouterr().out


def test_validate_without_a_config_looks_at_every_project(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(project, project.parent / "copy")
    monkeypatch.setenv("PIPELINE_CONFIGS", str(project.parent))
    assert main(["validate"]) == 1
    out = capsys.readouterr().out
    assert "PipelineName" in out
    assert out.splitlines()[-1].startswith("2 configs: 1 error, ")


def test_validate_names_a_config_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(tmp_path / "none.json")]) == 1
    assert "none.json: there is no such file" in capsys.readouterr().out


def test_plan_shows_the_tasks(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(project)]) == 0
    out = capsys.readouterr().out
    assert "fetch" in out
    assert "process" in out


def test_what_cannot_be_done_is_said_on_stderr_and_exits_two(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(project, PipelineName=5, Compatibility="none")
    assert main(["plan", str(project)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "pipeline.json: PipelineName: must be a text, not a number",
        (
            'pipeline.json: Compatibility: "none" is not known; '
            'known: "ahadi", "predecessor", "redss-csap", "wusc-keep-ii"'
        ),
    ]


def test_create_uuid_table_makes_an_empty_table_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "uuids.sqlite"
    assert main(["create-uuid-table", str(path), "--table", "water"]) == 0
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT table_name, prefix FROM tables").fetchall() == [("water", "avf-phone-uuid-")]
    connection.close()
    assert main(["create-uuid-table", str(path), "--table", "water"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_agreement_prints_a_table_and_writes_it(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scheme = json.loads((project / "code_schemes" / "gender.json").read_text())
    man, woman = (code["CodeID"] for code in scheme["Codes"][:2])
    for name, codes in (("first", [man, man, woman]), ("second", [man, woman, woman])):
        labels = [
            {"SchemeID": scheme["SchemeID"], "CodeID": code, "Checked": True, "DateTimeUTC": "2025-09-08T00:00:00Z"}
            for code in codes
        ]
        messages = [{"MessageID": f"m{n}", "Labels": [label]} for n, label in enumerate(labels)]
        (tmp_path / f"{name}.json").write_text(json.dumps(messages))
    coders = ["--first", str(tmp_path / "first.json"), "--second", str(tmp_path / "second.json")]
    command = ["agreement", "--config", str(project), *coders, "--output", str(tmp_path / "table.csv")]
    assert main([*command, "--dataset", "gender"]) == 0
    header, overall, *codes = capsys.readouterr().out.splitlines()
    assert header.split() == ["scheme", "code", "messages", "first", "second", "both", "percent", "kappa", "alpha"]
    assert overall.split()[-7:] == ["3", "3", "3", "2", "66.667", "0.400", "0.444"]
    assert len(codes) == 2
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 4
    assert main([*command, "--dataset", "gendre"]) == 2
    assert capsys.readouterr().err == '--dataset: the project has no dataset "gendre"; did you mean "gender"?\n'


@pytest.mark.slow
def test_docs_are_written_and_stale_ones_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--check", "--folder", str(tmp_path)]) == 1
    assert main(["docs", "--folder", str(tmp_path)]) == 0
    assert main(["docs", "--check", "--folder", str(tmp_path)]) == 0
    capsys.readouterr()
    (tmp_path / "README.md").write_text("written by hand")
    assert main(["docs", "--check", "--folder", str(tmp_path)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.slow
def test_neither_validating_nor_a_storage_on_disk_imports_what_others_need() -> None:
    script = (
        "import sys; from pipeline_lib.cli import main; main(['validate']);"
        "from pipeline_lib.storage import storage_at; storage_at('file:///data');"
        "sys.exit(','.join({'polars', 'airflow', 'pandas', 'fsspec'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.slow
def test_python_m_runs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_lib", "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "create-uuid-table" in done.stdout


@pytest.mark.slow
def test_what_cannot_be_printed_is_said_without_a_traceback() -> None:
    command = [sys.executable, "-m", "pipeline_lib", "validate", str(DEMO)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    options: dict[str, Any] = {"cwd": CHECKOUT, "stderr": subprocess.PIPE, "text": True}
    for environment, place in ((buffered, "standard output"), (buffered | {"PYTHONUNBUFFERED": "1"}, "this machine")):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(command, check=False, stdout=full, env=environment, **options)
        sentence = "its disk is full; make room there, then run again: what was published before is still there"
        assert (done.returncode, done.stderr) == (2, f"{place}: {sentence}\n")


@pytest.mark.slow
def test_whoever_reads_only_the_beginning_is_told_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pipeline_lib", "plan", str(DEMO)]
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(command, cwd=CHECKOUT, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")


@pytest.mark.parametrize("error", [KeyError("uid not found"), OSError("No username set")])
def test_a_user_without_a_name_goes_by_the_number(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", refuse)
    assert user_name() == f"uid {os.getuid()}"


def test_a_folder_that_may_not_be_written_in_is_a_sentence(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "a file").touch()
    assert main(["docs", "--folder", str(project / "a file" / "below")]) == 2
    assert capsys.readouterr().err.startswith(f"{project / 'a file' / 'below'}")
