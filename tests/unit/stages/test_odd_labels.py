"""Odd messages in the label store stop no night, and too many of them say what would be right."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from tests.toy import change_config, write_toy

LABEL = {"SchemeID": "Scheme-show", "CodeID": "code-water", "Checked": True, "DateTimeUTC": "2026-01-02T00:00:00Z"}


def message(text: str, *labels: Any, **more: Any) -> dict[str, Any]:
    message_id = hashlib.sha256(text.encode()).hexdigest()
    base = {"MessageID": message_id, "Text": text, "CreationDateTimeUTC": "2026-01-01T00:00:00Z"}
    return {**base, "Labels": list(labels), **more}


BIYO = message("biyo", LABEL)
MANY = [message(f"text {number}") for number in range(300)]
ODD: list[Any] = [
    None,
    message("x", "no label"),
    {**message("half"), "Text": "half \ud83d"},
    message("y", Confidence=float("nan")),
    message("biyo", {**LABEL, "DateTimeUTC": "2026-01-01T00:00:00Z"}, Text="biyo"),
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    config = write_toy(tmp_path / "configs")
    change_config(config, DataRoot=(tmp_path / "data").as_uri())
    scheme = json.loads((config.parent / "code_schemes" / "show.json").read_text())
    code = next(code for code in scheme["Codes"] if code["CodeType"] == "Normal")
    LABEL.update(SchemeID=scheme["SchemeID"], CodeID=code["CodeID"])
    return config


def test_odd_messages_of_a_folder_cost_none_of_the_others_and_are_counted(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "coda" / "show.json").write_text(json.dumps([BIYO, *MANY, *ODD]))
    assert main(["run", "--config", str(config)]) == 0
    assert main(["coda-pull", "--config", str(config), "--coded", str(tmp_path / "coded")]) == 0
    out = capsys.readouterr().out
    assert "      303  show: messages\n" in out
    assert "        1  messages set aside, show: a message is not an object\n" in out
    assert "        1  messages set aside, show: Labels is not an object\n" in out
    assert "        2  messages mended, show: a message has half a character, or a number" in out
    assert "        1  messages mended, show: MessageID is also that of a message before it, which has" in out
    pulled = json.loads((tmp_path / "coded" / "show.json").read_text())
    assert [len(each["Labels"]) for each in pulled[:2]] == [2, 0]


def test_too_many_odd_messages_stop_a_pull_and_say_which_they_are_and_what_may_be(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "coda" / "show.json").write_text(json.dumps([BIYO, *MANY[:10], *ODD]))
    assert main(["coda-pull", "--config", str(config), "--coded", str(tmp_path / "coded")]) == 2
    assert capsys.readouterr().err.splitlines()[:3] == [
        'dataset "show": 2 of its 15 messages cannot be used; at most 1.0% may be (QuarantineShareLimit)',
        "show.json: [11]: is not an object; expected one",
        f"show.json: [12] (MessageID {message('x')['MessageID']}).Labels[0]: is not an object; expected one",
    ]


def test_processing_counts_odd_messages_of_a_folder_that_no_pull_has_written(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw_data, coded = tmp_path / "run" / "Raw Data", tmp_path / "coded"
    coded.mkdir()
    assert main(["fetch", "--config", str(config), "--raw-data", str(raw_data)]) == 0
    folders = ["--raw-data", str(raw_data), "--coded", str(coded), "--outputs", str(tmp_path / "outputs")]
    (coded / "show.json").write_text(json.dumps([BIYO, *MANY, *ODD]))
    assert main(["process", "--config", str(config), *folders]) == 0
    out = capsys.readouterr().out
    assert "        1  messages set aside, show.json: a message is no object\n" in out
    assert "        1  messages mended, show.json: a message repeats an earlier MessageID; the labels of" in out
    (coded / "show.json").write_text(json.dumps([BIYO, *ODD]))
    assert main(["process", "--config", str(config), *folders]) == 2
    assert "show.json: 2 of its 6 messages cannot be used; pull it again, or correct them; at" in (
        capsys.readouterr().err
    )
