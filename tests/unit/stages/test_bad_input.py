"""Bad input is named by its place, and what was published before stays as it was."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.errors import ConfigError, DataError, FatalSourceError
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import Run

pytestmark = pytest.mark.slow


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def fails(run_of: Callable[..., Run], demo: Path, run_to_outputs_once: Callable[[Run], str]) -> Callable[..., str]:
    """Runs before and after a change of the world; the error's text, once it is sure that the outputs stayed."""

    def after(change: Callable[[], object], error: type[Exception]) -> str:
        run_to_outputs_once(run_of())
        outputs = demo.parents[2] / ".demo" / "data" / "demo" / "runs" / "today" / "Outputs"
        before = snapshot(outputs)
        change()
        with pytest.raises(error) as caught:
            run_to_outputs(run_of())
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


def test_a_missing_token_file_is_named_by_its_key(fails: Callable[..., str], demo: Path) -> None:
    said = fails((demo.parents[2] / ".demo" / "world" / "rapid_pro_token.txt").unlink, ConfigError)
    assert said.startswith("pipeline.json: RawDataSources[0].TokenFileURL: there is no such file")


def test_a_token_that_the_server_refuses(fails: Callable[..., str], demo: Path) -> None:
    token = "wrong" * 8
    path = demo.parents[2] / ".demo" / "world" / "rapid_pro_token.txt"
    said = fails(lambda: path.write_text(token), FatalSourceError)
    assert said.startswith("pipeline.json: RawDataSources[0].TokenFileURL: ")
    assert "refuses the token: it answered 403 to workspace" in said
    assert token not in said


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("Domain", "https://rapidpro.example.org/api/v2?token=secret", "Domain"),
        ("ActivationFlowNames", ["geedka_s01e01_activation"] * 2, "ActivationFlowNames[1]"),
        ("SurveyFlowNames", ["geedka_s01e01_activation"], "SurveyFlowNames[0]"),
        ("SurveyFlowNames", ["geedka_demgo"], "SurveyFlowNames: flow"),
    ],
)
def test_a_rapid_pro_source_that_is_wrong_is_named_by_its_key(
    fails: Callable[..., str], demo: Path, key: str, value: object, place: str
) -> None:
    def spoil() -> None:
        config = json.loads(demo.read_text(encoding="utf-8"))
        config["RawDataSources"][0][key] = value
        demo.write_text(json.dumps(config), encoding="utf-8")

    said = fails(spoil, ConfigError)
    assert f"pipeline.json: RawDataSources[0].{place}" in said
    assert "secret" not in said
