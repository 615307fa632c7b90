"""docs/drive.md says what the code does."""

import json
import re
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config.pipeline import DriveUpload
from pipeline_lib.delivery.drive_calls import RetryPolicy
from pipeline_lib.delivery.drive_client import DriveClient
from pipeline_lib.delivery.drive_errors import DRIVE_SCOPE
from pipeline_lib.delivery.drive_ids import DOCUMENT

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/drive.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline_lib").rglob("*.py"))
SAYINGS = re.findall(r"^\| `([^`]+)` \|", GUIDE.partition("## When it stops")[2], re.MULTILINE)


@pytest.mark.parametrize("saying", SAYINGS)
def test_every_saying_of_an_error_is_in_the_code(saying: str) -> None:
    assert saying in SOURCES


def test_the_guide_tells_of_every_way_to_stop() -> None:
    assert len(SAYINGS) == 20


def test_the_settings_that_are_shown_are_those_of_a_config() -> None:
    first, second = re.findall(r"```json\n(.*?)\n```", GUIDE, re.DOTALL)
    shown = json.loads("{" + first + "}")["DriveUpload"]
    settings = DriveUpload.model_validate(shown | json.loads("{" + second + "}"))
    assert [target.artifact for target in settings.targets()] == ["production", "messages", "individuals", "analysis"]
    for key in re.findall(r"`(\w+FolderID)`", GUIDE):
        assert key in {ids[0] for ids in settings.folder_ids()}


def test_the_command_has_the_options_that_it_is_shown_with(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["upload", "--help"])
    assert set(re.findall(r"--[a-z-]+", " ".join(re.findall(r"^python -m .*", GUIDE, re.MULTILINE)))) <= set(
        re.findall(r"--[a-z-]+", capsys.readouterr().out)
    )


def test_the_numbers_are_the_codes() -> None:
    assert (DriveClient.small_bytes, DriveClient.piece_bytes) == (5 * 2**20, 8 * 2**20)
    assert "Files above 5 MiB go in pieces of 8 MiB" in GUIDE
    assert RetryPolicy().most_tries == 7
    assert "tried again up to 7 times" in " ".join(GUIDE.split())
    assert DOCUMENT in GUIDE
    assert DRIVE_SCOPE in GUIDE
