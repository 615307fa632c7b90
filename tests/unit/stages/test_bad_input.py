"""Bad input is named by its place, and what was published before stays as it was."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.errors import ConfigError, DataError
from pipeline_lib.stages.all_stages import run_all
from pipeline_lib.stages.run import Run


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def fails(run_of: Callable[..., Run], demo: Path) -> Callable[..., str]:
    """Runs before and after a change of the world; the error's text, once it is sure that the outputs stayed."""

    def after(change: Callable[[], object], error: type[Exception]) -> str:
        run_all(run_of(), publish=False)
        outputs = demo.parents[2] / ".demo" / "data" / "demo" / "runs" / "today" / "Outputs"
        before = snapshot(outputs)
        change()
        with pytest.raises(error) as caught:
            run_all(run_of(), publish=False)
        assert snapshot(outputs) == before
        return str(caught.value)

    return after


def test_a_truncated_line_of_raw_data(fails: Callable[..., str], demo: Path) -> None:
    path = next((demo.parents[2] / ".demo" / "world" / "bucket").glob("*.jsonl"))
    count = len(path.read_bytes().splitlines())
    said = fails(lambda: path.write_bytes(path.read_bytes()[:-40]), DataError)
    assert f"{path.name}: line {count}" in said


def test_a_recovery_csv_without_a_column(fails: Callable[..., str], demo: Path) -> None:
    path = next((demo.parents[2] / ".demo" / "world" / "recovered").glob("*.csv"))
    said = fails(lambda: path.write_text(path.read_text().replace("ReceivedOn", "Received", 1)), DataError)
    assert path.name in said
    assert "ReceivedOn" in said


def test_dates_of_an_unknown_format(fails: Callable[..., str], demo: Path) -> None:
    path = next((demo.parents[2] / ".demo" / "world" / "recovered").glob("*.csv"))
    said = fails(lambda: path.write_text(path.read_text().replace("/", "~")), DataError)
    assert f"{path.name}: line 2" in said


def test_a_code_scheme_that_lacks_nr(fails: Callable[..., str], demo: Path) -> None:
    path = demo.parent / "code_schemes" / "gender.json"

    def without_nr() -> None:
        scheme = json.loads(path.read_text())
        scheme["Codes"] = [code for code in scheme["Codes"] if code.get("ControlCode") != "NR"]
        path.write_text(json.dumps(scheme))

    said = fails(without_nr, ConfigError)
    assert "gender" in said
    assert "NR" in said


def test_too_many_labels_whose_code_their_scheme_lacks(fails: Callable[..., str], demo: Path) -> None:
    path = next((demo.parents[2] / ".demo" / "world" / "coda").glob("*gender*.json"))

    def retire() -> None:
        messages = json.loads(path.read_text())
        for label in (label for message in messages for label in message["Labels"]):
            label["CodeID"] = "code-retired"
        path.write_text(json.dumps(messages))

    said = fails(retire, DataError)
    assert path.name in said
    assert "code-retired" in said


def test_a_label_file_that_is_not_json(fails: Callable[..., str], demo: Path) -> None:
    path = next((demo.parents[2] / ".demo" / "world" / "coda").glob("*gender*.json"))
    said = fails(lambda: path.write_text('[{"MessageID": "secret'), DataError)
    assert path.name in said
    assert "secret" not in said
