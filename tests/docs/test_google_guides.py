"""docs/coda.md and docs/google.md say what the code does."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config.pipeline import FirestoreLabelStore
from pipeline_lib.exports import coding_progress_csv
from pipeline_lib.google_credentials import KEY_FILE_SETTING
from pipeline_lib.label_store import batches, layout, mirror, refresh_marker, snapshots
from pipeline_lib.orchestration import google_connection
from pipeline_lib.storage.base import CURRENT, VERSIONS

ROOT = Path(__file__).parents[2]
CODA = (ROOT / "docs" / "coda.md").read_text(encoding="utf-8")
GOOGLE = (ROOT / "docs" / "google.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline_lib").rglob("*.py"))
SAYINGS = [
    saying
    for guide in (CODA, GOOGLE)
    for saying in re.findall(r"^\| `([^`]+)` \|", guide.partition("## When it stops")[2], re.MULTILINE)
]
COMMANDS = re.findall(r"^python -m pipeline_lib ([^#\n]+)", CODA, re.MULTILINE)


def plain(guide: str) -> str:
    return " ".join(guide.split())


@pytest.mark.parametrize("saying", SAYINGS)
def test_every_saying_of_an_error_is_in_the_code(saying: str) -> None:
    assert saying in SOURCES


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_the_options_that_it_is_shown_with(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *arguments = command.split()
    with pytest.raises(SystemExit):
        main([name, "--help"])
    options = {argument for argument in arguments if argument.startswith("--")}
    assert options <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))


def test_the_guides_show_something_of_each() -> None:
    assert (len(SAYINGS), len(COMMANDS)) == (31, 7)


def test_the_settings_that_are_shown_are_those_of_a_config() -> None:
    (shown,) = re.findall(r"```json\n(.*?)\n```", CODA, re.DOTALL)
    assert FirestoreLabelStore.model_validate(json.loads("{" + shown + "}")["LabelStore"]).users[0].startswith("coder.")


def test_the_numbers_are_the_codes() -> None:
    assert timedelta(minutes=10) == snapshots.OVERLAP
    assert "The range begins ten minutes before the newest stamp" in plain(CODA)
    assert timedelta(hours=20) == mirror._COUNT_EVERY
    assert "Every twenty hours" in CODA
    assert timedelta(days=7) == mirror._RECONCILE_EVERY
    assert "every seven days in any case" in plain(CODA)
    assert (batches._MESSAGES, layout.SEGMENT_CAPACITY) == (480, 2500)
    assert "up to 480 messages at a time" in CODA
    assert "segments of at most 2,500" in CODA
    assert timedelta(hours=3) == refresh_marker._HOLDS
    assert "within three hours after a pull" in plain(CODA)
    assert timedelta(seconds=5) == snapshots._TIE
    assert "in the last five seconds" in plain(CODA)


def test_every_column_of_the_progress_is_told() -> None:
    (table,) = re.findall(r"^\| column \| counts \|\n.*?\n\n", CODA, re.MULTILINE | re.DOTALL)
    told = re.findall(r"`([a-z_]+)`", " ".join(line.split("|")[1] for line in table.splitlines() if line))
    assert ["dataset", *told] == list(coding_progress_csv._PROGRESS_COLUMNS)


def test_settings_and_folders_are_called_as_in_the_code() -> None:
    for name in (KEY_FILE_SETTING, google_connection.SETTING, google_connection.USUAL):
        assert f"`{name}`" in GOOGLE
    assert f"Outputs/{CURRENT}" in GOOGLE
    assert f"Outputs/{VERSIONS}/<token>/" in GOOGLE
